"""Encryption to readers: what they get back, who gets nothing, and what is left on the disk."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest
from tests.support.bundles import BundleBuilder

from affidavit import encrypting
from affidavit.bundle.archive_reader import open_archive
from affidavit.encrypting import decrypt, encrypt, parse_recipient, read_identities, read_recipients
from affidavit.errors import AffidavitError, BundleError, KeyProblem, UsageError

ROOT = Path(__file__).parents[1]
CONTENT = bytes(range(256)) * 1024  # four of age's chunks


class Reader:
    """A reader's pair of keys, the secret one in a file."""

    def __init__(self, folder: Path, name: str) -> None:
        key = pyrage.x25519.Identity.generate()
        self.public, self.secret = str(key.to_public()), str(key)
        self.file = folder / f"{name}.txt"
        self.file.write_text(f"# created: today\n# public key: {self.public}\n{key}\n")
        self.file.chmod(0o600)

    @property
    def recipient(self) -> encrypting.Recipient:
        return parse_recipient(self.public, "--to")


@pytest.fixture
def ada(tmp_path: Path) -> Reader:
    return Reader(tmp_path, "ada")


@pytest.fixture
def locked(tmp_path: Path, ada: Reader) -> Path:
    """A file that Ada can read, alone in its folder."""
    (tmp_path / "plain").write_bytes(CONTENT)
    (tmp_path / "in").mkdir()
    encrypt(tmp_path / "plain", [ada.recipient], tmp_path / "in/x.age")
    return tmp_path / "in/x.age"


def left(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir())


def test_each_reader_gets_the_very_bundle_and_it_is_theirs_alone_to_read(tmp_path: Path) -> None:
    bundle = BundleBuilder(tmp_path / "made").path
    readers = [Reader(tmp_path, "ada"), Reader(tmp_path, "ben")]

    size = encrypt(bundle, [r.recipient for r in readers], tmp_path / "b.age")

    assert (tmp_path / "b.age").stat().st_size == size
    for reader in readers:
        out = tmp_path / f"{reader.file.stem}.zip"
        assert decrypt(tmp_path / "b.age", read_identities(reader.file), out) == out.stat().st_size
        assert out.read_bytes() == bundle.read_bytes()
        assert out.stat().st_mode & 0o777 == 0o600
        open_archive(out).close()


def test_another_identity_opens_nothing_and_leaves_nothing(tmp_path: Path, locked: Path) -> None:
    other = Reader(tmp_path, "eve")

    with pytest.raises(KeyProblem, match="does not open") as refused:
        decrypt(locked, read_identities(other.file), locked.with_suffix(""))

    assert str(other.file) in refused.value.what
    assert left(locked) == ["x.age"]


@pytest.mark.parametrize("at", [0.01, 0.3, 0.999])
def test_a_file_cut_short_is_refused_and_nothing_plain_is_left(
    locked: Path, ada: Reader, at: float
) -> None:
    whole = locked.read_bytes()
    locked.write_bytes(whole[: int(len(whole) * at)])

    with pytest.raises(BundleError, match="cut short, or changed"):
        decrypt(locked, read_identities(ada.file), locked.with_suffix(""))
    assert left(locked) == ["x.age"]

    locked.write_bytes(whole)
    assert decrypt(locked, read_identities(ada.file), locked.with_suffix("")) == len(CONTENT)


def test_a_file_cut_between_two_chunks_is_refused(locked: Path, ada: Reader) -> None:
    whole = locked.read_bytes()
    header = re.match(rb"(?s).*?\n--- [^\n]*\n", whole)
    assert header is not None
    locked.write_bytes(whole[: header.end() + 16 + 2 * (65536 + 16)])

    with pytest.raises(BundleError, match="cut short"):
        decrypt(locked, read_identities(ada.file), locked.with_suffix(""))
    assert left(locked) == ["x.age"]


@pytest.mark.parametrize("at", [-1, -70_000, 30, 160])
def test_one_changed_byte_anywhere_is_refused(locked: Path, ada: Reader, at: int) -> None:
    content = bytearray(locked.read_bytes())
    content[at] ^= 1
    locked.write_bytes(content)

    with pytest.raises(AffidavitError, match=r"cut short, or changed|does not open"):
        decrypt(locked, read_identities(ada.file), locked.with_suffix(""))
    assert left(locked) == ["x.age"]


def test_what_is_no_age_file_is_named_so(tmp_path: Path, locked: Path, ada: Reader) -> None:
    identities = read_identities(ada.file)
    endless = b"age-encryption.org/v1\n" + b"-> x\n\n" * 300_000
    locked.write_bytes(endless)
    (tmp_path / "text").write_bytes(pyrage.encrypt(b"a", [ada.recipient.key], armored=True))

    with pytest.raises(UsageError, match="plain is not an age file"):
        decrypt(tmp_path / "plain", identities, tmp_path / "out")
    with pytest.raises(BundleError, match="its header has no end"):
        decrypt(locked, identities, tmp_path / "out")
    with pytest.raises(UsageError, match="written as text"):
        decrypt(tmp_path / "text", identities, tmp_path / "out")
    with pytest.raises(UsageError, match="is not a plain file"):
        decrypt(tmp_path, identities, tmp_path / "out")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        decrypt(tmp_path / "none.age", identities, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_nothing_encrypted_twice(locked: Path, ada: Reader) -> None:
    out = locked.with_suffix("")
    out.write_bytes(b"mine")

    with pytest.raises(UsageError, match="x exists"):
        decrypt(locked, read_identities(ada.file), out)
    with pytest.raises(UsageError, match=r"x\.age exists"):
        encrypt(out, [ada.recipient], locked)
    with pytest.raises(UsageError, match="encrypted already"):
        encrypt(locked, [ada.recipient], locked.with_suffix(".2"))
    assert out.read_bytes() == b"mine"
    assert left(locked) == ["x", "x.age"]


def test_a_secret_key_is_no_recipient_and_is_not_repeated(tmp_path: Path, ada: Reader) -> None:
    with pytest.raises(KeyProblem, match="that is a secret key") as refused:
        parse_recipient(ada.secret, "--to")

    assert ada.secret not in "".join(map(str, refused.value.args))
    assert parse_recipient(ada.public, "--to").text == ada.public


@pytest.mark.parametrize("text", ["", "age1", "age1yubikey1qqqq", "ssh-ed25519 AAAA", "-----BEGIN"])
def test_what_is_no_recipient_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyProblem, match="is no recipient"):
        parse_recipient(text, "--to")


def test_a_slip_in_a_recipient_is_found(ada: Reader) -> None:
    slip = ada.public[:-1] + ("q" if ada.public[-1] != "q" else "p")

    with pytest.raises(KeyProblem, match="each as it was written"):
        parse_recipient(slip, "--to")


def test_a_file_of_recipients_is_read_line_by_line(tmp_path: Path, ada: Reader) -> None:
    file = tmp_path / "readers.txt"
    file.write_text(f"# the examiners\n\n{ada.public}\n")
    assert [r.text for r in read_recipients(file)] == [ada.public]

    file.write_text(f"{ada.public}\nage1nobody\n")
    with pytest.raises(KeyProblem, match=r"readers\.txt, line 2: 'age1nobody'"):
        read_recipients(file)
    file.write_text("# nobody yet\n")
    with pytest.raises(KeyProblem, match="names no recipient"):
        read_recipients(file)


def test_a_bad_identity_file_is_refused_and_never_shown(tmp_path: Path, ada: Reader) -> None:
    slip = ada.secret[:-1]
    ada.file.write_text(f"{slip}\n")
    with pytest.raises(KeyProblem, match="line 1: not a secret key") as refused:
        read_identities(ada.file)
    assert slip not in "".join(map(str, refused.value.args))

    for content, words in (
        (f"{ada.public}\n".encode(), "found a public one"),
        (b"# nothing\n", "holds no secret key"),
        (b"\xff\xfe", "is not text"),
        (b"age-encryption.org/v1\n-> scrypt x 18\n", "is encrypted itself"),
    ):
        ada.file.write_bytes(content)
        with pytest.raises(KeyProblem, match=words):
            read_identities(ada.file)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, True), (0o644, True)])
def test_an_identity_that_others_can_read_is_warned_of(
    locked: Path, ada: Reader, mode: int, warns: bool
) -> None:
    ada.file.chmod(mode)

    done = affidavit("decrypt", str(locked), "--identity", str(ada.file))

    assert done.returncode == 0, done.stderr
    assert ("warning: others on this machine may read" in done.stderr) is warns
    assert locked.with_suffix("").read_bytes() == CONTENT
    assert ada.secret not in done.stdout + done.stderr


def test_the_commands_say_what_was_written_and_what_comes_next(tmp_path: Path, ada: Reader) -> None:
    (tmp_path / "b.zip").write_bytes(CONTENT)
    (tmp_path / "to.txt").write_text(ada.public)

    done = affidavit(
        "encrypt", str(tmp_path / "b.zip"), "--to", ada.public,
        "--recipients-file", str(tmp_path / "to.txt"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "to 1 reader)" in said
    assert "affidavit decrypt b.zip.age --identity FILE" in said
    nobody = affidavit("encrypt", str(tmp_path / "b.zip"))
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "nobody is named" in nobody.stderr
    unnamed = affidavit("decrypt", str(tmp_path / "b.zip"), "--identity", str(ada.file))
    assert unnamed.returncode == 2
    assert "--out FILE" in unnamed.stderr


def affidavit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "affidavit", *arguments], capture_output=True, text=True, check=False,
    )  # fmt: skip


# ---- interrupted; memory


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_interrupted_midway_nothing_plain_is_left(
    tmp_path: Path, locked: Path, ada: Reader, name: str, code: int
) -> None:
    script = f"""
import os, signal
from affidavit import encrypting
from affidavit.cli import main
written = encrypting._Watched.write
def write(self, content):
    written(self, content)
    os.kill(os.getpid(), signal.{name})
    return len(content)
encrypting._Watched.write = write
main.main()
"""
    spare = tmp_path / "tmp"
    spare.mkdir()

    done = subprocess.run(
        [sys.executable, "-c", script, "decrypt", locked, "--identity", ada.file],
        env={**os.environ, "TMPDIR": str(spare)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert left(locked) == ["x.age"]
    assert not any(spare.iterdir())


def test_what_kill_9_left_is_readable_by_its_owner_alone_and_removed_by_the_next_run(
    tmp_path: Path, locked: Path, ada: Reader
) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom affidavit import encrypting as e\n"
        "w = e._Watched.write\n"
        "e._Watched.write = lambda s, c: (w(s, c), os.kill(os.getpid(), signal.SIGKILL))\n"
        "e.decrypt(Path(sys.argv[1]), e.read_identities(Path(sys.argv[2])), Path(sys.argv[3]))"
    )
    out = locked.with_suffix("")
    killed = subprocess.run([sys.executable, "-c", script, locked, ada.file, out], check=False)
    assert killed.returncode == -signal.SIGKILL
    (partial,) = locked.parent.glob(".x.partial-*")
    assert partial.stat().st_mode & 0o777 == 0o600

    decrypt(locked, read_identities(ada.file), out)

    assert left(locked) == ["x", "x.age"]


def test_a_full_disk_is_told_as_such_and_nothing_is_left(
    locked: Path, ada: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: object, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    broken = type("Full", (encrypting.FileIO,), {"write": full})
    monkeypatch.setattr("affidavit.bundle.atomic.FileIO", broken)

    with pytest.raises(AffidavitError, match="No space left") as refused:
        decrypt(locked, read_identities(ada.file), locked.with_suffix(""))
    assert "free some space" in refused.value.fix
    assert left(locked) == ["x.age"]


MEASURE = r"""
import re, sys
from pathlib import Path
import pyrage
from affidavit.encrypting import Identities, decrypt, encrypt, parse_recipient

folder, size = Path(sys.argv[1]), int(sys.argv[2])
key = pyrage.x25519.Identity.generate()
with (folder / "a").open("wb") as file:
    file.truncate(size)
encrypt(folder / "a", [parse_recipient(str(key.to_public()), "")], folder / "a.age")
decrypt(folder / "a.age", Identities(folder, (key,), False), folder / "b")
assert (folder / "b").stat().st_size == size
for name in ("a", "a.age", "b"):
    (folder / name).unlink()
print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def _peak_kib(folder: Path, size: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, folder, str(size)], check=True, capture_output=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is Linux's to say")
def test_a_file_of_2_mb_and_one_of_128_mb_take_the_same_memory(tmp_path: Path) -> None:
    small, large = _peak_kib(tmp_path, 2 * 2**20), _peak_kib(tmp_path, 128 * 2**20)

    assert large - small < 4 * 1024


@pytest.mark.slow
def test_2_gb_take_no_more_memory_than_2_mb(tmp_path: Path) -> None:
    small, large = _peak_kib(tmp_path, 2 * 2**20), _peak_kib(tmp_path, 2 * 2**30)

    assert large - small < 4 * 1024
