"""prepare.py keeps protected attributes apart, and a correction moves no other row."""

import csv
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "credit-risk"
FAULTY = {290, 350, 1180, 1478, 1927, 308, 739, 1627, 1681, 1095, 320, 703, 1929}
Table = dict[str, dict[int, dict[str, str]]]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepared(folder: Path, monkeypatch: pytest.MonkeyPatch, *, leave_out_faulty: bool) -> Table:
    """The three tables as prepare.py writes them, by application id."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(SAMPLE / "data" / "hmda_boston_aer.csv", folder / "data")
    params = (SAMPLE / "params.yaml").read_text()
    wanted = f"leave_out_faulty: {str(leave_out_faulty).lower()}"
    (folder / "params.yaml").write_text(params.replace("leave_out_faulty: true", wanted))
    monkeypatch.chdir(folder)
    load(SAMPLE / "prepare.py").main()
    tables: Table = {}
    for name in ("train", "evaluation", "protected"):
        with (folder / "data" / "prepared" / f"{name}.csv").open(newline="") as file:
            tables[name] = {int(row["application_id"]): row for row in csv.DictReader(file)}
    return tables


def test_protected_attributes_are_in_their_own_table_and_nowhere_else(tmp_path, monkeypatch):
    tables = prepared(tmp_path, monkeypatch, leave_out_faulty=False)

    for name in ("train", "evaluation"):
        columns = next(iter(tables[name].values())).keys()
        assert not {"afam", "single", "rownames"} & set(columns)
    assert list(next(iter(tables["protected"].values()))) == ["application_id", "afam", "single"]
    assert tables["protected"].keys() == tables["train"].keys() | tables["evaluation"].keys()
    assert len(tables["train"]) + len(tables["evaluation"]) == 2380


def test_values_are_the_text_that_was_published(tmp_path, monkeypatch):
    tables = prepared(tmp_path, monkeypatch, leave_out_faulty=False)
    with (SAMPLE / "data" / "hmda_boston_aer.csv").open(newline="") as file:
        published = {int(row["rownames"]): row for row in csv.DictReader(file)}

    for row_id, row in (tables["train"] | tables["evaluation"]).items():
        assert {k: published[row_id][k] for k in row if k != "application_id"} == {
            k: v for k, v in row.items() if k != "application_id"
        }


def test_the_correction_leaves_out_13_rows_and_moves_no_other(tmp_path, monkeypatch):
    before = prepared(tmp_path / "before", monkeypatch, leave_out_faulty=False)
    after = prepared(tmp_path / "after", monkeypatch, leave_out_faulty=True)

    for name in ("train", "evaluation"):
        assert after[name].keys() == before[name].keys() - FAULTY
        assert all(after[name][row_id] == before[name][row_id] for row_id in after[name])
    assert before["protected"].keys() - after["protected"].keys() == FAULTY


def test_insurance_denied_all_but_gives_the_decision_away(tmp_path, monkeypatch):
    """The story of version 2: 44 of 48 whose mortgage insurance was denied were denied."""
    tables = prepared(tmp_path, monkeypatch, leave_out_faulty=False)
    rows = [*tables["train"].values(), *tables["evaluation"].values()]
    insured = [row for row in rows if row["insurance"] == "yes"]

    assert (len(insured), sum(row["deny"] == "yes" for row in insured)) == (48, 44)
