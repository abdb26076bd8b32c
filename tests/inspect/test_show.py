"""show prints the record for people, or any file, and heads what is not verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.payloads import sha256_of
from tests.support.pinned import trust_in
from tests.support.variants import fact, variant

from affidavit.bundle import layout
from affidavit.cli.main import cli
from affidavit.inspect import open_reading
from affidavit.inspect import reading as reading_module

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
    names = ("data", "fairness", "performance")
    assert set(value["reports"]) == {f"data/reports/{name}.json" for name in names}


def test_a_bundle_that_cannot_be_read_is_one_error(sealed: BundleBuilder) -> None:
    bundle = sealed.write_file(b"PK nothing")

    result = show(sealed, bundle)

    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


def test_reads_through_the_manifest_that_was_judged(sealed: BundleBuilder) -> None:
    with open_reading(sealed.path, trust_in(sealed)) as reading:
        assert (reading.verdict.word, reading.verdict.whole) == ("VERIFIED", True)
        assert b"".join(reading.chunks(MODEL)) == sealed.read(MODEL)


# ---- no word that was not earned


def wrong_rate(builder: BundleBuilder) -> Path:
    """A rate that does not follow from its counts, signed with the right key."""

    def change(report: Any) -> None:
        number = next(n for n in report["numbers"] if n["metric"] == "accuracy")
        number["value"] = 0.99

    return builder.replace_json("data/reports/performance.json", change, "resign")


@pytest.mark.parametrize("tamper", [lambda b: b.flip_bit(MODEL), wrong_rate])
def test_calls_no_tampered_bundle_verified(
    sealed: BundleBuilder, tamper: Callable[[BundleBuilder], Path]
) -> None:
    twin = show(sealed, sealed.path, "--json")
    bundle = tamper(sealed)

    as_json, as_text = show(sealed, bundle, "--json"), show(sealed, bundle)

    assert (twin.exit_code, json.loads(twin.stdout)["verdict"]["word"]) == (0, "VERIFIED")
    assert (as_json.exit_code, as_text.exit_code) == (1, 1)
    assert json.loads(as_json.stdout)["verdict"]["word"] == "NOT VERIFIED"
    assert as_text.stdout.startswith("NOT VERIFIED  ")


def test_says_of_a_large_bundle_only_that_its_seal_holds(
    sealed: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "WHOLE_BELOW_BYTES", sealed.path.stat().st_size)

    as_text, as_json = show(sealed, sealed.path), show(sealed, sealed.path, "--json")
    item = show(sealed, sealed.path, MODEL, "--json")
    without = show(sealed, sealed.path, "--json", key=False)
    monkeypatch.setattr(reading_module, "WHOLE_BELOW_BYTES", sealed.path.stat().st_size + 1)
    smaller = show(sealed, sealed.path)

    verdict = json.loads(as_json.stdout)["verdict"]
    assert as_text.stdout.startswith("SEAL HOLDS  the digests of files that are not shown")
    assert "affidavit verify" in as_text.stdout.partition("\n\n")[0]
    assert (verdict["word"], verdict["exit_code"], verdict["whole"]) == ("SEAL HOLDS", 4, False)
    assert [c["id"] for c in verdict["checks"] if c["status"] == "not-run"] == [
        "payload-digest", "arithmetic",
    ]  # fmt: skip
    assert json.loads(item.stdout)["verdict"] == "SEAL HOLDS"
    assert json.loads(without.stdout)["verdict"]["word"] == "UNDECIDED"
    assert not any('VERIFIED"' in r.stdout for r in (as_text, as_json, item, without))
    assert "SEAL HOLDS" not in smaller.stdout


@pytest.mark.parametrize("limit", [0, 200_000_000])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_names_both_digests_of_an_item_that_is_not_the_signed_one(
    sealed: BundleBuilder, monkeypatch: pytest.MonkeyPatch, limit: int, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(reading_module, "WHOLE_BELOW_BYTES", limit)
    twin = show(sealed, sealed.path, MODEL, *options)
    bundle = sealed.flip_bit(MODEL)
    signed = sealed.read(MODEL)

    result = show(sealed, bundle, MODEL, *options)

    assert twin.exit_code == 0
    assert (result.exit_code, b"\x02\x03" in result.stdout_bytes) == (1, False)
    assert 'VERIFIED"' not in result.output
    assert hashlib.sha256(signed).hexdigest() in result.output
    assert hashlib.sha256(bytes([signed[0] ^ 1]) + signed[1:]).hexdigest() in result.output


def test_an_item_as_json_has_the_digest_that_is_listed(sealed: BundleBuilder) -> None:
    for path in (MODEL, layout.VERIFY_TXT, layout.MANIFEST, layout.TAG_MANIFEST):
        value = json.loads(show(sealed, sealed.path, path, "--json").stdout)

        assert value["verdict"] == "VERIFIED"
        assert value["sha256"] == value["listed_sha256"] == sha256_of(sealed.read(path))


def test_gives_no_tag_file_that_is_not_the_signed_one(sealed: BundleBuilder) -> None:
    twin = show(sealed, sealed.path, layout.VERIFY_TXT)

    result = show(sealed, sealed.flip_bit(layout.VERIFY_TXT), layout.VERIFY_TXT)

    assert (twin.exit_code, twin.stdout_bytes) == (0, sealed.read(layout.VERIFY_TXT))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "VERIFY.txt is not the file that was signed" in result.stderr


def test_gives_no_file_that_was_added(sealed: BundleBuilder) -> None:
    """In no list, so no digest says what it should be."""
    bundle = sealed.add("data/model/hook.py", b"import os")

    result = show(sealed, bundle, "model/hook.py")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "not in the manifest: it was added" in " ".join(result.stderr.split())
