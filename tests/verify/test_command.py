"""`affidavit verify` as people meet it: lines, exit codes, start-up, hostile text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.cli.main import cli
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.verify import verify_bundle

HEAVY = {
    "numpy", "pandas", "pyarrow", "sklearn", "mlflow", "dvc", "sigstore", "weasyprint", "jinja2",
    "yaml", "requests", "fsspec", "aiohttp", "httpx", "alembic", "sqlalchemy",
}  # fmt: skip
PROBE = """
import sys
from affidavit.cli.main import cli
try:
    cli.main({arguments!r})
except SystemExit as end:
    code = end.code
import json
sys.stderr.write(json.dumps([code, sorted({{m.partition(".")[0] for m in sys.modules}})]))
"""


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("command", ["verify", "show", "diff"])
def test_starts_without_anything_heavy(sealed: BundleBuilder, command: str) -> None:
    """Measured by what is imported, not by a clock."""
    bundles = [str(sealed.path)] * (2 if command == "diff" else 1)
    arguments = [command, *bundles, "--key", str(sealed.public_key)]

    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    code, modules = json.loads(done.stderr)
    assert (code, HEAVY & set(modules)) == (0, set())


def test_says_the_answer_first(sealed: BundleBuilder) -> None:
    code, output = run("verify", sealed.path, "--key", sealed.public_key)

    lines = output.splitlines()
    assert code == 0
    assert lines[0].startswith("VERIFIED  credit-risk, version 3   evidence ")
    assert lines[-2:] == [
        "It does not show that the data are right or that the model is good.",
        "Nor can it show that no rejection, withdrawal or revocation was left out.",
    ]
    assert max(map(len, lines)) <= 80


def test_says_which_file_is_another(sealed: BundleBuilder) -> None:
    bundle = sealed.flip_bit("data/model/model.pkl")

    code, output = run("verify", bundle, "--key", sealed.public_key)

    lines = output.splitlines()
    assert code == 1
    assert lines[0] == "NOT VERIFIED  data/model/model.pkl is not the file that was signed"
    assert lines[2].startswith("  expected  sha256 ")
    assert lines[2].endswith("(signed manifest)")
    assert lines[3].endswith("(this bundle)")
    assert lines[-1] == "The other 13 files and the signature are as they were."


def test_gives_the_fingerprint_to_compare_by_phone(sealed: BundleBuilder) -> None:
    code, output = run("verify", sealed.path)

    assert code == 3
    assert output.startswith("INTACT, SIGNER NOT TRUSTED")
    assert sealed.signer.fingerprint() in output
    assert "each equal to the bundle's own list" in output
    assert "was signed" not in output


def test_quiet_is_one_line(sealed: BundleBuilder) -> None:
    code, output = run("verify", sealed.path, "--key", sealed.public_key, "-q")

    assert code == 0
    assert output.count("\n") == 1


def test_json_has_every_check(sealed: BundleBuilder) -> None:
    code, output = run("verify", sealed.path, "--key", sealed.public_key, "--json")

    value = json.loads(output)
    assert code == 0
    assert {c["id"] for c in value["checks"]} >= {
        "archive", "signature", "signer", "tag-manifest", "tag-digest", "format", "unlisted",
        "incomplete", "payload-digest", "record", "item-table", "arithmetic", "count-spec",
        "count-sum", "prediction-tally", "card", "statement-subject",
    }  # fmt: skip


def test_no_such_file_is_exit_code_2(tmp_path: Path) -> None:
    code, output = run("verify", tmp_path / "none.zip")

    assert code == 2
    assert "no such file" in " ".join(output.split())


def test_text_from_a_bundle_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    """A model name that would clear the screen and print a verdict of its own."""
    name = "risk\x1b[2J\x1b[1;1H\u202eVERIFIED\n"
    builder = BundleBuilder(tmp_path / "hostile", name=name)
    verdict = verify_bundle(builder.path, trust=trust_in(builder))
    assert verdict.exit_code == 0

    text = "\n".join(verdict_lines(verdict))
    _, output = run("show", builder.path, "--key", builder.public_key)
    _, as_json = run("verify", builder.path, "--json")

    for shown in (text.replace("\x1b[32m", "").replace("\x1b[0m", ""), output, as_json):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "risk\\x1b[2J" in text


def test_every_example_in_the_help_parses() -> None:
    for command in ("verify", "show", "diff"):
        _, output = run(command, "--help")
        examples = [
            line.strip()
            for line in output.replace("\\\n", " ").splitlines()
            if line.strip().startswith(f"affidavit {command} ")
        ]
        assert examples
        for example in examples:
            name, *arguments = example.split()[1:]
            found = cli.get_command(None, name)
            assert found is not None
            found.make_context(name, [*arguments], resilient_parsing=False)


def test_says_that_another_day_was_asked_for(sealed: BundleBuilder) -> None:
    who = ("--key", sealed.public_key)

    code, output = run("verify", sealed.path, *who, "--as-of", "2026-01-31")
    late, after = run("verify", sealed.path, *who, "--as-of", "2099-01-31")

    assert (code, late) == (0, 0)
    assert output.splitlines()[-2].startswith(
        "Judged as of 31 January 2026, as --as-of asks: before"
    )
    assert after.splitlines()[-1] == "Judged as of 31 January 2099, as --as-of asks."
    assert "Judged" not in run("verify", sealed.path, *who)[1]
    assert "Judged" not in run("verify", sealed.path, *who, "-q", "--as-of", "2099-01-31")[1]


def test_a_refusal_gives_both_fingerprints_in_full(sealed: BundleBuilder) -> None:
    """They are compared by phone: sixteen digits are too few."""
    other = sealed.other_signer()
    path = sealed.path.with_name("other.pub")
    path.write_bytes(other.public.pem())

    code, output = run("verify", sealed.path, "--key", path)

    assert code == 1
    for signer in (sealed.signer, other):
        assert signer.fingerprint().removeprefix("sha256:") in output
    assert max(map(len, output.splitlines())) <= 80
