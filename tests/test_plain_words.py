"""Text for people has no word of the signature's format: a signer, a file, unchanged, withheld.

Two nets: every sentence in the sources, and what the commands really print. JSON, and the stock
commands that VERIFY.txt prints to be typed, name the fields of the format, and have to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.attested import AttestedWorld
from tests.support.bundles import PASSPHRASE, BundleBuilder

from affidavit.cli import options
from affidavit.cli.main import COMMANDS, cli
from affidavit.forgeries.sample import SAMPLE, SAMPLE_KEY
from affidavit.seal.instructions import verify_text

SOURCES = Path(__file__).resolve().parents[1] / "src" / "affidavit"
JARGON = re.compile(r"dsse|envelope|predicate|\bpayload ?type\b|\bsubjects?\b", re.IGNORECASE)
ALLOWED = (
    "SUBJECT",  # the model version that a command is asked for, in its usage
    "subject alternative name",  # of a certificate: the name of its field, for whoever issues it
    "Subject of the commit",  # its first line, as Git calls it
)
# A field of evidence.json, where a malformed one is told by its place in the file.
FIELD = re.compile(r":\s+subject(?=[.:])")


def jargon(text: str) -> list[str]:
    """Each place where a word of the format is said."""
    text = FIELD.sub("", text)
    for words in ALLOWED:
        text = text.replace(words, "")
    return [text[max(0, m.start() - 40) : m.end() + 40] for m in JARGON.finditer(text)]


@pytest.mark.parametrize(
    "text", ["the seal's predicate", "a DSSE envelope", "its subject is another", "dsseEnvelope"]
)
def test_the_net_holds_what_it_is_for(text: str) -> None:
    assert jargon(text)
    assert not jargon("affidavit build SUBJECT: signed by nobody, no subject alternative name")


# ---- every sentence in the sources


def _is_command(node: ast.FunctionDef) -> bool:
    return any("command(" in ast.unparse(d) for d in node.decorator_list)


def _docstrings(tree: ast.AST) -> set[ast.AST]:
    """Docstrings are for programmers, but those of commands, which are their help."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            is_help = isinstance(node, ast.FunctionDef) and _is_command(node)
            if isinstance(first, ast.Expr) and not is_help:
                found.add(first.value)
    return found


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Text of more than one word, also within f-strings."""
    tree = ast.parse(path.read_text())
    left_out = _docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in left_out
            and re.search(r"\S .*\S| \w", node.value)
        ):
            yield node.lineno, node.value


def test_no_sentence_in_the_sources_says_one() -> None:
    said = [
        f"{path.relative_to(SOURCES)}:{line}: {words}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.name != "instructions.py"  # VERIFY.txt, looked at below
        for line, text in _sentences(path)
        for words in jargon(text)
    ]

    assert said == []


def test_the_instructions_say_one_only_in_what_is_typed() -> None:
    """Commands are indented; what is not is read."""
    lines = verify_text("credit-risk-3").decode().splitlines()
    commands = [line for line in lines if line.startswith("  ")]

    assert jargon("\n".join(line for line in lines if line not in commands)) == []
    assert jargon("\n".join(commands))


# ---- what the commands print


def run(*words: object) -> str:
    """All that a person sees; no traceback is part of it."""
    result = CliRunner().invoke(cli, [str(w) for w in words], env={"COLUMNS": "80"})
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


@pytest.mark.parametrize("command", [entry.name for entry in COMMANDS])
def test_no_help_says_one(command: str) -> None:
    text = run(command, "--help")

    assert len(text) > 200
    assert jargon(text) == []


def test_no_verdict_on_a_good_bundle_says_one(sealed: BundleBuilder) -> None:
    key = ("--key", sealed.public_key)

    for words in (
        ("verify", sealed.path, *key), ("verify", sealed.path), ("show", sealed.path, *key),
        ("show", sealed.path), ("diff", sealed.path, sealed.path, *key),
    ):  # fmt: skip
        text = run(*words)
        assert text.startswith(("VERIFIED", "INTACT", "NOT VERIFIED", "credit-risk"))
        assert jargon(text) == []


def test_no_refusal_says_one(sealed: BundleBuilder) -> None:
    name = next(n for n, _ in sealed.entries if n.startswith("signatures/"))
    seal = sealed.read(name)
    broken = [
        seal.replace(b'"payloadType"', b'"payloadtype"'),
        seal.replace(b'"dsseEnvelope"', b'"envelope"'),
        seal.replace(b"vnd.in-toto+json", b"json"),
        seal[:-1],
    ]
    forged = [
        *(sealed.replace(name, content) for content in broken), sealed.unsigned(),
        sealed.resign(sealed.other_signer()), sealed.resign(predicate={"schema": "nothing"}),
        sealed.add_statement("approval", {}), sealed.add_statement("recheck", {"x": 1}),
        sealed.add_statement("attestation", {}, subject=("data/evidence.json", "0" * 64)),
        sealed.replace_json("data/evidence.json", lambda e: e.update(subject=None), "resign"),
        sealed.rename("data/model/MLmodel", "data/model/other"),
    ]  # fmt: skip

    for bundle in forged:
        for words in (("verify", bundle, "--key", sealed.public_key), ("verify", bundle)):
            assert jargon(run(*words)) == []


def test_no_word_of_attest_and_approve_says_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = AttestedWorld(tmp_path / "world")
    monkeypatch.setattr(options, "today", lambda: "2026-11-01")
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    signed = ("--signer", world.folder / "vera.pem", "--trust", world.trust, "--yes")
    decision = ("approve", world.path, "--as", "approver", "--decision", "approve")

    text = run(*decision, *signed)
    text += run("attest", world.path, "--control", world.validated, "--as", "validator", "--answer", "yes",
                "--because", "I looked", *signed)  # fmt: skip
    text += run("questions", world.path) + run("verify", world.path, "--trust", world.trust)
    text += run("trust", "show", "--trust", world.trust) + run("trust", "show")
    text += run(*decision, "--signer", tmp_path / "none.pem")

    assert text.count("signed, and added to") == 2, text
    assert jargon(text) == []


def test_no_forgery_on_show_says_one() -> None:
    text = run("demo-forgeries")

    assert text.count("REFUSED") > 12
    assert jargon(text) == []
    assert SAMPLE_KEY.is_file()
    assert jargon(run("show", SAMPLE, "--key", SAMPLE_KEY)) == []
