"""show prints the record for people, or any file, and heads what is not verified."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in
from tests.support.variants import fact, variant

from affidavit.cli.main import cli
from affidavit.inspect import open_reading

MODEL = "data/model/model.pkl"


def show(builder: BundleBuilder, bundle: Path, *arguments: str, key: bool = True):
    given = ["--key", str(builder.public_key)] if key else []
    return CliRunner().invoke(cli, ["show", str(bundle), *arguments, *given])


def test_prints_the_record_findings_first(sealed: BundleBuilder) -> None:
    bundle = variant(
        sealed,
        change=lambda e: (
            e["findings"].append(
                {"id": "code.commit", "kind": "gap", "stage": "resolve",
                 "what": "no commit was logged", "expected": None, "found": None,
                 "fix": "log it next time", "items": []}
            ),
            e["provenance"].append(fact("run.user", "run", "ana")),
        ),
    )  # fmt: skip

    result = show(sealed, bundle)

    output = result.output
    assert result.exit_code == 0
    assert "NOT VERIFIED" not in output
    assert output.index("no commit was logged") < output.index("Numbers") < output.index("Files")
    assert "fix: log it next time" in output
    assert "ana   claimed: a test" in output
    assert max(map(len, output.splitlines())) <= 80


def test_rounds_numbers_to_what_the_interval_supports(sealed: BundleBuilder) -> None:
    output = show(sealed, sealed.path).output

    (line,) = [x for x in output.splitlines() if x.strip().startswith("accuracy")]
    assert line.split() == ["accuracy", "0.793", "0.751", "to", "0.831", "n", "392"]


def test_gives_a_file_byte_for_byte(sealed: BundleBuilder) -> None:
    result = show(sealed, sealed.path, "model/model.pkl")

    assert result.exit_code == 0
    assert result.stdout_bytes == sealed.read(MODEL)


def test_writes_a_file_and_replaces_none(sealed: BundleBuilder, tmp_path: Path) -> None:
    out = tmp_path / "model.pkl"

    assert show(sealed, sealed.path, MODEL, "--out", str(out)).exit_code == 0
    assert out.read_bytes() == sealed.read(MODEL)
    assert show(sealed, sealed.path, "data/model/MLmodel", "--out", str(out)).exit_code == 2
    assert out.read_bytes() == sealed.read(MODEL)


def test_gives_no_byte_of_a_file_that_is_not_the_signed_one(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    bundle, out = sealed.flip_bit(MODEL), tmp_path / "model.pkl"

    result = show(sealed, bundle, MODEL)
    written = show(sealed, bundle, MODEL, "--out", str(out))

    assert (result.exit_code, result.stdout_bytes) == (1, b"")
    assert "is not the file that was signed" in result.stderr
    assert (written.exit_code, list(tmp_path.iterdir())) == (1, [])


def test_names_the_nearest_file(sealed: BundleBuilder) -> None:
    result = show(sealed, sealed.path, "model/model.pk")

    assert result.exit_code == 2
    assert "did you mean model/model.pkl?" in result.stderr


def test_heads_what_nobody_vouches_for(sealed: BundleBuilder) -> None:
    """Without a key, and with a root that was rewritten: both are not verified."""
    without = show(sealed, sealed.path, key=False)
    rewritten = sealed.replace("data/card/model-card.md", b"# Better\n", "checksums")
    refuted = show(sealed, rewritten)
    item = show(sealed, rewritten, "card/model-card.md")

    assert (without.exit_code, without.output.splitlines()[0][:38]) == (
        0, "NOT VERIFIED  no key was given, so nob",
    )  # fmt: skip
    assert refuted.exit_code == 1
    assert refuted.output.startswith("NOT VERIFIED  the tag manifest is not the one")
    assert (item.exit_code, item.stdout) == (1, "# Better\n")
    assert item.stderr.startswith("NOT VERIFIED  ")


def test_prints_the_whole_record_as_json(sealed: BundleBuilder) -> None:
    value = json.loads(show(sealed, sealed.path, "--json").output)

    assert value["verdict"]["word"] == "VERIFIED"
    assert value["evidence"]["subject"]["name"] == "credit-risk"
    assert set(value["reports"]) == {"data/reports/fairness.json", "data/reports/performance.json"}


def test_a_bundle_that_cannot_be_read_is_one_error(sealed: BundleBuilder) -> None:
    bundle = sealed.write_file(b"PK nothing")

    result = show(sealed, bundle)

    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


def test_reads_through_the_manifest_that_was_judged(sealed: BundleBuilder) -> None:
    with open_reading(sealed.path, trust_in(sealed)) as reading:
        assert reading.verdict.word == "VERIFIED"
        assert not reading.verdict.whole
        assert b"".join(reading.chunks(MODEL)) == sealed.read(MODEL)
