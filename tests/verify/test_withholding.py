"""What is verified of a bundle from which files were withheld, and what is not checked then."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import PASSPHRASE, BundleBuilder

from affidavit.bundle import layout
from affidavit.cli.main import cli
from affidavit.cli.verdict_lines import verdict_lines, warning_lines
from affidavit.errors import UsageError
from affidavit.inspect import open_reading
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, examine, glance, read_trust, verify_bundle

DATASET = "data/dataset/evaluation/test.csv"
PREDICTIONS = "data/predictions/evaluation.csv"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("house"), is_told=True)


@pytest.fixture(scope="module")
def dora(house: BundleBuilder) -> LocalSigner:
    return house.other_signer()


@pytest.fixture(scope="module")
def trust(house: BundleBuilder, dora: LocalSigner) -> Trust:
    path = house.folder / "trust.toml"
    path.write_text(
        f'version = 1\n[[signer]]\nname = "release"\nkey = "{house.public_key}"\n'
        'roles = ["sealer"]\n[[signer]]\nname = "Dora"\n'
        f'key = """{dora.public.pem().decode()}"""\nroles = ["discloser"]\n'
    )
    return read_trust(path)


def told(verdict: Verdict) -> str:
    return " ".join(" ".join(verdict_lines(verdict)).split())


def not_run(verdict: Verdict) -> set[str]:
    return {c.id for c in verdict.not_run}


def test_what_is_left_is_verified_in_part(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    bundle = house.withhold(DATASET, PREDICTIONS, signer=dora)

    verdict = verify_bundle(bundle, trust=trust)

    assert (verdict.word, verdict.exit_code, verdict.failed) == ("VERIFIED IN PART", 0, ())
    assert [(w.path, w.reason, w.profile, w.by) for w in verdict.withheld] == [
        (DATASET, "personal data", "regulator", "Dora"),
        (PREDICTIONS, "personal data", "regulator", "Dora"),
    ]
    assert not_run(verdict) == {"prediction-tally", "commit"}  # no commit is in it
    assert verdict["arithmetic"].status == "passed"
    assert "VERIFIED IN PART" in verdict_lines(verdict)[0]
    assert f"withheld 2 files, by Dora, for regulator {DATASET}: personal data" in told(verdict)
    assert "not checked without them: prediction-tally" in told(verdict)
    assert "2 files are withheld" in " ".join(warning_lines(verdict))
    assert verify_bundle(house.path, trust=trust).word == "VERIFIED"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/reports/fairness.json", {"arithmetic", "stability", "hold", "favourable", "card"}),
        ("data/reports/counts/evaluation.csv", {"arithmetic", "hold", "card"}),
        (layout.CONFIG, {"arithmetic", "hold", "favourable", "logged-number", "card"}),
        (layout.CARD_JSON, {"card", "record"}),
        ("data/run/run.json", {"provenance-record", "logged-number", "record"}),
        ("data/run/metrics.json", {"provenance-record", "logged-number", "card"}),
        ("data/source/commit.json", {"provenance-record", "record"}),
    ],
)
def test_a_check_that_needs_a_withheld_file_is_not_run(
    house: BundleBuilder, dora: LocalSigner, trust: Trust, path: str, expected: set[str]
) -> None:
    verdict = verify_bundle(house.withhold(path, signer=dora), trust=trust)

    assert (verdict.word, verdict.failed) == ("VERIFIED IN PART", ())
    assert expected <= not_run(verdict)
    assert not any(c.required for c in verdict.not_run)
    assert not {c.id for c in verdict.checks if c.status == "passed"} & (expected - {"record"})


def test_each_file_that_may_be_withheld_can_be(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    payload = [n for n, _ in house.entries if n.startswith("data/")]
    kept = (layout.EVIDENCE, layout.ITEMS)
    free = [p for p in payload if p not in kept and not p.startswith(f"{layout.CONTROLS}/")]

    verdict = verify_bundle(house.withhold(*free, signer=dora), trust=trust)

    assert (verdict.word, verdict.failed) == ("VERIFIED IN PART", ())
    assert {w.path for w in verdict.withheld} == set(free)
    assert "arithmetic not checked: the files that it needs are withheld" in told(verdict)


def test_complete_refuses_what_is_withheld(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    bundle = house.withhold(DATASET, signer=dora)

    verdict = verify_bundle(bundle, trust=trust, complete=True)

    assert verdict.exit_code == 1
    assert [(c.id, c.path, c.found) for c in verdict.failed] == [("complete", DATASET, "withheld")]
    assert verify_bundle(house.path, trust=trust, complete=True).exit_code == 0


def test_without_trust_nobody_vouches_for_what_is_gone(
    house: BundleBuilder, dora: LocalSigner
) -> None:
    verdict = verify_bundle(house.withhold(DATASET, signer=dora), trust=None)

    assert (verdict.word, verdict.exit_code) == ("INTACT, SIGNER NOT TRUSTED", 3)
    assert verdict["withheld"].status == "not-run"
    assert "withheld 1 file, by whom was not checked, for regulator" in told(verdict)


def test_a_file_that_is_given_back_as_it_was_is_there_again(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    back = {DATASET: house.read(DATASET)}

    verdict = verify_bundle(house.withhold(DATASET, signer=dora, given_back=back), trust=trust)

    assert (verdict.word, verdict.withheld) == ("VERIFIED", ())
    assert "1 statement says that files were withheld, and none is missing" in told(verdict)


def test_a_glance_and_a_reader_know_what_is_withheld(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    bundle = house.withhold(DATASET, signer=dora)

    assert glance(bundle, trust=trust).word == "seal-holds"
    with open_reading(bundle, trust) as reading:
        assert reading.verdict.word == "VERIFIED IN PART"
        with pytest.raises(UsageError, match="is withheld, for regulator"):
            reading.find(DATASET)


def test_withheld_declarations_leave_nobody_who_is_apart_from_the_authors(
    house: BundleBuilder, dora: LocalSigner, trust: Trust, tmp_path: Path
) -> None:
    from affidavit.verify.verifying import about_records

    told_of = BundleBuilder(
        tmp_path / "told", is_told=True, extra={layout.DECLARATIONS: b"version = 1\n"}
    )
    path = tmp_path / "trust.toml"
    path.write_text(
        f'version = 1\n[[signer]]\nname = "r"\nkey = "{told_of.public_key}"\n'
        'roles = ["sealer", "discloser"]\n'
    )
    own = read_trust(path)
    whole = examine(told_of.path, trust=own).records
    cut = examine(told_of.withhold(layout.DECLARATIONS), trust=own).records

    assert whole is not None
    assert cut is not None
    assert about_records(whole, "2026-11-20").authors
    assert about_records(cut, "2026-11-20").authors == frozenset()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("recheck", "nothing was computed again"),
        ("update", "nothing was updated"),
        ("explain", "nothing was explained"),
    ],
)
def test_what_works_from_a_bundle_needs_all_of_it(
    house: BundleBuilder,
    dora: LocalSigner,
    trust: Trust,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    said: str,
) -> None:
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    bundle = house.withhold(DATASET, signer=dora)
    before = bundle.read_bytes()
    own = {"update": ["--in-place", "--signer", str(house.private_key)], "explain": ["--row", "1"]}
    more = own.get(command, [])

    done = CliRunner().invoke(
        cli, [command, str(bundle), "--trust", str(house.folder / trust.source), *more]
    )

    assert (done.exit_code, bundle.read_bytes()) == (4, before)
    assert said in " ".join(done.output.split())
    assert "ask for the whole bundle" in done.output


def test_an_explanation_needs_only_what_it_uses(
    house: BundleBuilder, dora: LocalSigner, trust: Trust
) -> None:
    """Without a dataset it refuses, above; without the run's parameters it goes on, to the model."""
    bundle = house.withhold("data/run/params.json", signer=dora)

    done = CliRunner().invoke(
        cli, ["explain", str(bundle), "--trust", str(house.folder / trust.source), "--row", "1"]
    )

    assert "withheld" not in done.output
    assert "MLmodel" in done.output  # which is no model in this bundle
