"""worker.lock: what we write can be read, and nothing but pins and digests is taken from a stranger."""

from __future__ import annotations

import pytest

from affidavit.errors import SourceError
from affidavit.recompute.environments.lock import Entry, Lock, read_lock

LOCK = Lock(
    entries=(
        Entry("numpy", "2.4.6", ("0" * 64, "1" * 64)),
        Entry("torch", "2.5.0+cpu", ("2" * 64,)),
    ),
    about={"python": "3.11", "platform": "linux-x86_64", "environment": "built"},
)


def test_what_is_written_is_read_and_written_again_the_same() -> None:
    content = LOCK.render()

    found = read_lock(content)

    assert found == LOCK
    assert found.render() == content
    assert found.is_hashed
    assert content.startswith(b"# Affidavit worker.lock 1\n# python: 3.11\n")


def test_one_package_without_a_digest_leaves_the_lock_unhashed() -> None:
    found = read_lock(LOCK.render() + b"six==1.16.0\n")

    assert not found.is_hashed
    assert found.entries[1] == Entry("six", "1.16.0")


def test_names_are_taken_in_their_one_form_and_sorted() -> None:
    found = read_lock(b"Zope.Interface==1.0\nSix==1.16\n")

    assert [e.name for e in found.entries] == ["six", "zope-interface"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("--index-url https://evil.example/simple", "neither name==version nor a sha256"),
        ("six==1.16.0 --index-url https://evil.example", "neither name==version nor a sha256"),
        ("six @ https://evil.example/six.whl", "neither name==version nor a sha256"),
        ("git+https://evil.example/six", "neither name==version nor a sha256"),
        ("-e .", "neither name==version nor a sha256"),
        ("six>=1", "neither name==version nor a sha256"),
        ("six==1.*", "neither name==version nor a sha256"),
        ("six===1.16.0", "neither name==version nor a sha256"),
        ("six==1.16.0 ; python_version>'3'", "neither name==version nor a sha256"),
        ("six==1.16.0 --hash=md5:" + "0" * 32, "neither name==version nor a sha256"),
        ("six==1.16.0 --hash=sha256:00", "neither name==version nor a sha256"),
        ("-r==1.0", "neither name==version nor a sha256"),
        ("../x==1.0", "neither name==version nor a sha256"),
        ("\x1b[2Jsix", r"\x1b[2Jsix"),
        ("NumPy==2.4.5", "numpy twice"),
        ("sïx==1", "not ASCII"),
    ],
)
def test_refuses_a_line_that_is_more_than_a_pin(line: str, rule: str) -> None:
    with pytest.raises(SourceError, match="no lock of an environment") as caught:
        read_lock(LOCK.render() + line.encode() + b"\n")

    assert rule in caught.value.cause
    assert "\n" not in str(caught.value)
    assert "--model-env" in caught.value.fix


def test_refuses_more_than_anybody_has_installed() -> None:
    many = b"".join(b"p%d==1\n" % i for i in range(5001))

    with pytest.raises(SourceError, match="more than 5,000 packages"):
        read_lock(many)
    assert len(read_lock(many[: many.rindex(b"p5000")]).entries) == 5000
