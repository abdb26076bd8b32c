"""The samples say of themselves what is true of them, at every version."""

import hashlib
import re
import tomllib
from importlib.metadata import version as installed
from pathlib import Path

import pytest
import yaml
from versions import CARD_DEFAULT, CREDIT_RISK, Edit, Sample, Version, write_version

from affidavit.toml_reader import read_config, read_declarations

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
EVERY = [(sample, version) for sample in (CREDIT_RISK, CARD_DEFAULT) for version in sample.versions]
IDS = [f"{sample.name}-{version.number}" for sample, version in EVERY]


def laid_out(sample: Sample, version: Version, folder: Path) -> Path:
    write_version(folder, SAMPLES / sample.name, version)
    return folder


def params_of(folder: Path) -> dict:
    return yaml.safe_load((folder / "params.yaml").read_text())


@pytest.mark.parametrize(("sample", "version"), EVERY, ids=IDS)
def test_every_version_has_configuration_that_the_product_reads(sample, version, tmp_path) -> None:
    folder = laid_out(sample, version, tmp_path)

    config = read_config((folder / "affidavit.toml").read_bytes(), "affidavit.toml")
    declared = read_declarations((folder / "declarations.toml").read_bytes(), "declarations.toml")

    assert config.decision.threshold == params_of(folder)["threshold"]
    assert declared.jurisdictions == ("US", "EU")
    assert "assumed for demonstration" in (declared.notes or "")
    assert declared.monitoring is None  # left out on purpose


@pytest.mark.parametrize("version", CREDIT_RISK.versions, ids=lambda v: v.number)
def test_no_mortgage_model_sees_race_marital_status_id_or_label(version, tmp_path) -> None:
    features = params_of(laid_out(CREDIT_RISK, version, tmp_path))["features"]

    assert not {"afam", "single", "application_id", "deny"} & set(features)
    assert len(features) == (11 if version.number == "1" else 10)


def test_only_version_1_reads_insurance_and_says_nothing_of_it(tmp_path) -> None:
    told = {}
    for version in CREDIT_RISK.versions:
        folder = tmp_path / version.number
        folder.mkdir()
        laid_out(CREDIT_RISK, version, folder)
        declared = tomllib.loads((folder / "declarations.toml").read_text())
        told[version.number] = (
            "insurance" in params_of(folder)["features"],
            "insurance" in declared["assumptions"],
        )

    assert told == {"1": (True, False), "2": (False, True), "3": (False, True)}


def test_a_history_that_has_drifted_from_its_sample_is_noticed(tmp_path) -> None:
    source = tmp_path / "sample"
    source.mkdir()
    (source / "params.yaml").write_text("kind: boosting\n")
    was = Version("1", "", "", (Edit("params.yaml", "kind: boosting", "kind: logistic"),))

    write_version(tmp_path, source, was)  # the twin
    assert (tmp_path / "params.yaml").read_text() == "kind: logistic\n"

    (source / "params.yaml").write_text("kind: trees\n")
    with pytest.raises(ValueError, match="should occur once"):
        write_version(tmp_path, source, was)


@pytest.mark.parametrize("sample", ["credit-risk", "card-default"])
def test_data_are_the_bytes_whose_sha256_their_readme_states(sample) -> None:
    data = SAMPLES / sample / "data"
    (table,) = data.glob("*.csv")

    (stated,) = re.findall(r"`([0-9a-f]{64})`", (data / "README.md").read_text())

    assert hashlib.sha256(table.read_bytes()).hexdigest() == stated


@pytest.mark.parametrize("sample", ["credit-risk", "card-default"])
def test_requirements_are_pinned_to_what_the_one_lock_installs(sample) -> None:
    lines = (SAMPLES / sample / "requirements.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]

    assert pins
    assert all(installed(name) == pinned for name, pinned in pins)


def test_the_card_tables_sexes_are_coded_as_its_readme_says() -> None:
    """Published: 18,112 women and 11,888 men (Yeh, Lien 2009); this edition recoded them."""
    text = (SAMPLES / "card-default/data/uci_credit_card_default.csv").read_text()
    rows = [line.split(",") for line in text.splitlines()[1:]]

    assert [sum(row[2] == code for row in rows) for code in ("1", "0")] == [18112, 11888]
