"""`affidavit keygen`, as a person runs it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.bundle.public_key import load_public
from affidavit.seal.keys import load_signer

RUN = [sys.executable, "-m", "affidavit", "keygen"]


def run(
    folder: Path, *arguments: str, passphrase: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AFFIDAVIT_")}
    if passphrase is not None:
        environment["AFFIDAVIT_KEY_PASSPHRASE"] = passphrase
    return subprocess.run(
        [*RUN, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_makes_a_pair_that_signs_and_says_where_it_is(tmp_path: Path) -> None:
    done = run(tmp_path, passphrase="four words are better")

    assert done.returncode == 0, done.stderr
    public = load_public(tmp_path / "keys/affidavit.pub")
    signer = load_signer(tmp_path / "keys/affidavit.pem", "four words are better")
    assert signer.fingerprint() == public.fingerprint
    assert public.kind == "ed25519"
    for words in ("keys/affidavit.pem", "keys/affidavit.pub", public.fingerprint, "secret"):
        assert words in done.stdout
    assert "four words" not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["p256", "ml-dsa-65"])
def test_makes_the_kind_asked_for_and_keeps_dots_in_the_name(tmp_path: Path, kind: str) -> None:
    done = run(tmp_path, "--type", kind, "--out", "release.v2", "--no-passphrase")

    assert done.returncode == 0, done.stderr
    assert load_public(tmp_path / "release.v2.pub").kind == kind
    assert "not encrypted" in done.stdout
    load_signer(tmp_path / "release.v2.pem")


def test_takes_the_first_line_of_a_file_as_passphrase(tmp_path: Path) -> None:
    (tmp_path / "pass.txt").write_text("a secret\nnotes\n", encoding="utf-8")

    done = run(tmp_path, "--passphrase-file", "pass.txt", "--out", "k", passphrase="another")

    assert done.returncode == 0, done.stderr
    load_signer(tmp_path / "k.pem", "a secret")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no passphrase was given, and nobody can be asked here"),
        (("--passphrase-file", "absent"), "absent cannot be read"),
        (("--passphrase-file", "x", "--no-passphrase"), "exclude each other"),
    ],
)
def test_refuses_without_writing(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(tmp_path, *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_never_overwrites_a_key(tmp_path: Path) -> None:
    assert run(tmp_path, "--out", "k", passphrase="passphrase").returncode == 0
    before = (tmp_path / "k.pem").read_bytes()

    done = run(tmp_path, "--out", "k", passphrase="passphrase")

    assert done.returncode == 2
    assert "k.pem exists" in done.stderr
    assert (tmp_path / "k.pem").read_bytes() == before


@pytest.mark.parametrize("name", ["k8", "k8.pem", "k8.pub"])
def test_an_ending_that_is_added_anyway_may_be_given(name: str, tmp_path: Path) -> None:
    done = run(tmp_path, "--out", name, "--no-passphrase")

    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["k8.pem", "k8.pub"]


@pytest.mark.parametrize(("passphrase", "words"), [("1234567", "has 7 of at least 8 characters")])
def test_refuses_a_short_passphrase(passphrase: str, words: str, tmp_path: Path) -> None:
    done = run(tmp_path, "--out", "k", passphrase=passphrase)

    assert done.returncode == 2
    assert words in done.stderr
    assert "can try every short one" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_fits_eighty_columns(tmp_path: Path) -> None:
    done = run(tmp_path, "--out", "k", "--no-passphrase")

    assert max(map(len, done.stdout.splitlines())) <= 80


def on_a_terminal(folder: Path, *answers: bytes) -> tuple[int, bytes]:
    """Type each answer where the next question stands; the exit code and all that was shown."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AFFIDAVIT_")}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, [*RUN, "--out", "k"], environment)
    shown, left = b"", list(answers)
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the terminal of a process that has ended
            break
        if not piece:
            break
        shown += piece
        if left and shown.endswith(b": "):
            os.write(terminal, left.pop(0) + b"\n")
    _, status = os.waitpid(pid, 0)
    assert left == []
    return os.waitstatus_to_exitcode(status), shown


def test_asks_twice_on_a_terminal_and_shows_nothing_that_is_typed(tmp_path: Path) -> None:
    code, shown = on_a_terminal(tmp_path, b"from a person", b"from a person")

    assert code == 0, shown
    load_signer(tmp_path / "k.pem", "from a person")
    assert b"from a person" not in shown


def test_says_why_it_asks_again(tmp_path: Path) -> None:
    code, shown = on_a_terminal(tmp_path, b"", b"short", b"long enough", b"long enough")

    assert code == 0, shown
    assert b"the passphrase is empty: choose one of several words" in shown
    assert b"the passphrase has 5 of at least 8 characters" in shown
    load_signer(tmp_path / "k.pem", "long enough")


def test_does_not_ask_for_ever(tmp_path: Path) -> None:
    code, shown = on_a_terminal(tmp_path, b"", b"first one", b"second one", b"")

    assert code == 2
    assert b"the two differ" in shown
    assert b"no passphrase was chosen in 3 tries" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_there_is_said_before_anybody_is_asked(tmp_path: Path) -> None:
    assert run(tmp_path, "--out", "k", "--no-passphrase").returncode == 0

    code, shown = on_a_terminal(tmp_path)

    assert code == 2
    assert b"k.pem exists" in shown
    assert b"Passphrase" not in shown
