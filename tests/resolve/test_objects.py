"""A remote gives bytes, says that there are none, or is unreachable; and is never written to."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.support.s3_world import client_of

from affidavit.errors import SourceError, Unreachable
from affidavit.resolve.objects import Remote, open_remote
from affidavit.tracked.dvc_listing import parse_listing

KEY, CONTENT = "files/md5/ab/" + "c" * 30, bytes(range(256)) * 12_000  # 3 MB: more than one chunk
ABSENT = "files/md5/ff/" + "f" * 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "remote with space" / KEY
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    return tmp_path / "remote with space"


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; `/locked` is refused, `/broken` ends too early."""

    def do_GET(self) -> None:
        if self.path.startswith("/locked"):
            allowed = self.headers.get("Authorization") == "Basic Ym9iOnMzY3JldA=="
            if not allowed:
                self.send_error(403)
                return
            self.path = self.path.removeprefix("/locked")
        if self.path.startswith("/broken"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"short")
            self.close_connection = True
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def http_root(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def s3(s3_endpoint: str) -> str:
    """Its address, with the object in it."""
    client_of(s3_endpoint).put_object(Bucket="bank", Key=f"dvc/store/{KEY}", Body=CONTENT)
    return s3_endpoint


def _read(remote: Remote, key: str) -> bytes | None:
    chunks = remote.fetch(key)
    return None if chunks is None else b"".join(chunks)


def test_a_folder_by_path_and_by_url(folder: Path) -> None:
    for location in (str(folder), folder.as_uri()):
        remote = open_remote(location)

        assert _read(remote, KEY) == CONTENT
        assert remote.fetch(ABSENT) is None
        assert remote.where == str(folder)
        assert remote.location(KEY) == f"dvc-remote:{KEY}"  # no path of this machine


def test_chunks_stay_small(folder: Path) -> None:
    chunks = list(open_remote(str(folder)).fetch(KEY) or ())

    assert len(chunks) == 3
    assert max(map(len, chunks)) <= 1024 * 1024


def test_a_folder_that_is_not_there_is_unreachable_and_not_empty(folder: Path) -> None:
    with pytest.raises(Unreachable, match="no such folder"):
        open_remote(str(folder / "absent"))
    remote = open_remote(str(folder))
    folder.rename(folder.with_name("unmounted"))

    with pytest.raises(Unreachable, match="no such folder"):
        remote.fetch(KEY)


def test_what_is_no_file_is_refused_and_does_not_hang(folder: Path) -> None:
    pipe = folder / "files/md5/ab/pipe"
    os.mkfifo(pipe)

    with pytest.raises(SourceError, match="not a regular file"):
        open_remote(str(folder)).fetch("files/md5/ab/pipe")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_an_object_that_we_may_not_read_is_not_absent(folder: Path) -> None:
    (folder / KEY).chmod(0)

    with pytest.raises(Unreachable):
        open_remote(str(folder)).fetch(KEY)


def test_http(http_root: str) -> None:
    remote = open_remote(f"http://{http_root}/")

    assert _read(remote, KEY) == CONTENT
    assert remote.fetch(ABSENT) is None
    assert remote.location(KEY) == f"http://{http_root}/{KEY}"


def test_http_refused_is_unreachable_and_credentials_stay_unseen(http_root: str) -> None:
    with pytest.raises(Unreachable, match="403"):
        open_remote(f"http://{http_root}/locked").fetch(KEY)

    remote = open_remote(f"http://bob:s3cret@{http_root}/locked")
    assert _read(remote, KEY) == CONTENT
    assert "s3cret" not in remote.where + remote.location(KEY)


def test_http_that_ends_too_early_is_unreachable(http_root: str) -> None:
    chunks = open_remote(f"http://{http_root}/broken").fetch(KEY)

    assert chunks is not None
    with pytest.raises(Unreachable):
        list(chunks)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1/x"):
        open_remote("http://127.0.0.1:1/x").fetch(KEY)


def test_s3(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = open_remote("s3://bank/dvc/store", endpoint_url=s3)

    assert _read(remote, KEY) == CONTENT
    assert remote.fetch(ABSENT) is None
    assert remote.location(KEY) == f"s3://bank/dvc/store/{KEY}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    assert _read(open_remote("s3://bank/dvc/store/"), KEY) == CONTENT


def test_s3_without_the_bucket_is_unreachable_and_not_a_gap(s3: str) -> None:
    with pytest.raises(Unreachable, match="no bucket other"):
        open_remote("s3://other/dvc", endpoint_url=s3).fetch(KEY)


def test_s3_that_does_not_answer_is_unreachable(s3: str) -> None:
    with pytest.raises(Unreachable):
        open_remote("s3://bank/dvc", endpoint_url="http://127.0.0.1:1").fetch(KEY)


@pytest.mark.parametrize("location", ["gs://bucket/x", "ssh://host/x", "memory://x"])
def test_other_kinds_are_refused_by_name(location: str) -> None:
    with pytest.raises(SourceError, match="is not read"):
        open_remote(location)


def test_a_listing_is_read_as_dvc_writes_it() -> None:
    content = b'[{"md5": "%s", "relpath": "b/\\u00e9 x.csv"}, {"md5": "%s", "relpath": "a"}]'

    files = parse_listing(content % (b"1" * 32, b"2" * 32), "key")

    assert [(f.relpath, f.md5[0]) for f in files] == [("a", "2"), ("b/é x.csv", "1")]
    assert parse_listing(b"[]", "key") == ()
    for longest in ("a/" * 63 + "a", "a" * 1024):
        (file,) = parse_listing(
            b'[{"md5": "%s", "relpath": "%s"}]' % (b"1" * 32, longest.encode()), "key"
        )
        assert file.relpath == longest


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"md5": "x"}', "not a list"),
        (b"[1]", "not {md5, relpath}"),
        (b'[{"md5": "M", "relpath": "a", "more": 1}]', "not {md5, relpath}"),
        (b'[{"md5": "xyz", "relpath": "a"}]', "md5 is none"),
        (b'[{"md5": 1, "relpath": "a"}]', "md5 is none"),
        (b'[{"md5": "M", "relpath": "../a"}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": "/a"}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": "a//b"}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": "a/./b"}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": ""}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": "a\\u0000"}]', "not one within the folder"),
        (b'[{"md5": "M", "relpath": "a\\ud800"}]', "surrogate"),
        (b'[{"md5": "M", "relpath": "a"}, {"md5": "M", "relpath": "a"}]', "stands twice"),
        (b'[{"md5": "M", "relpath": "a"}, {"md5": "M", "relpath": "a/b"}]', "below a file"),
        (
            b'[{"md5":"M","relpath":"a"},{"md5":"M","relpath":"a!"},{"md5":"M","relpath":"a/b/c"}]',
            "'a/b/c' lies below a file",
        ),
        (b'[{"md5": "M", "relpath": "' + b"a/" * 80_000 + b'a"}]', "64 folders"),
        (b'[{"md5": "M", "relpath": "' + b"a/" * 64 + b'a"}]', "64 folders"),
        (b'[{"md5": "M", "relpath": "' + b"a" * 1025 + b'"}]', "1,024 characters"),
        (b'[{"md5": "M", "md5": "M", "relpath": "a"}]', "stands twice"),
        (b"[" * 100, "nested deeper"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_listing_that_dvc_would_not_write_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(SourceError, match="refused") as caught:
        parse_listing(content.replace(b'"M"', b'"%s"' % (b"1" * 32)), "key")

    assert why in caught.value.cause
