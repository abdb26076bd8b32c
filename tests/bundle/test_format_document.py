"""docs/bundle-format.md against the code: places, kinds, fields, digests, how numbers are written."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel
from tests.recompute.case import binary_config
from tests.support.bundles import BundleBuilder
from tests.support.format_page import coded, names, section, table

from affidavit import run_record
from affidavit.bundle import layout
from affidavit.commit_record import (
    COMMIT_JSON,
    PACK,
    CommitRecord,
    FileSaid,
    PersonSaid,
    SignatureSaid,
    SubmoduleSaid,
    TagSaid,
)
from affidavit.evidence import (
    AttributeSpec,
    Bins,
    CalibrationBin,
    ColumnProfile,
    CountSpec,
    EffectiveRows,
    Evidence,
    GainsRow,
    Item,
    ItemKind,
    Logged,
    Number,
    Report,
    ReportName,
    Significance,
)
from affidavit.recompute.predictions import predict, write_predictions
from affidavit.recompute.report_files import report_name
from affidavit.recompute.rows import read_classes, read_rows
from affidavit.recompute.stage import main_role
from affidavit.recompute.table import Table
from affidavit.recompute.threshold_curve import COLUMNS
from affidavit.recompute.worker.scoring import Scores
from affidavit.render.rendering import CARD, FIGURES
from affidavit.resolve.artifacts import FOLDER, listing_digest
from affidavit.resolve.environment import SBOM
from affidavit.workspace import Workspace

RECORDS = (
    Number, Significance, Logged, CountSpec, AttributeSpec, EffectiveRows, CalibrationBin, GainsRow,
    Bins, ColumnProfile,
)  # fmt: skip


def places() -> dict[str, str]:
    """The paths below data/ that section 8 names, as patterns, with their kind."""
    found = {}
    for cells in table(section("8. The payload"), "path below `data/`")[1:]:
        for place in coded(cells[0]):
            pattern = re.escape(place).replace(r"\*", "[^/]+")
            pattern = pattern.replace("<table\\ path>", ".+")
            pattern = re.sub(r"<\w+>", "[^/]+", pattern) + (".+" if place.endswith("/") else "")
            found[pattern] = coded(cells[1])[0]
    return found


def kind_of(path: str) -> str | None:
    """The kind that the page gives to a path, None where it knows no such path."""
    below = path.removeprefix("data/")
    return next((k for p, k in places().items() if re.fullmatch(p, below)), None)


def test_every_kind_of_item_has_a_place() -> None:
    assert set(places().values()) == set(get_args(ItemKind)) - {"record"}  # the two tables


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (layout.CONFIG, "configuration"), (layout.DECLARATIONS, "declarations"),
        (layout.CARD_JSON, "card"), (f"{CARD}.pdf", "card"), (f"{CARD}.html", "card"),
        (f"{layout.COUNTS}/evaluation.csv", "counts"),
        (f"{layout.COUNTS}/evaluation.estimated.age.csv", "counts"),
        (f"{layout.REPORTS}/thresholds/evaluation.csv", "report"),
        (f"{layout.EXPECTATIONS}evaluation.json", "run"),
        (f"{layout.SUITES}/evaluation.json", "source"),
        (f"{layout.SUITE_RESULTS}/evaluation.json", "checks"),
        (f"{FIGURES}/fairness-evaluation-1.svg", "figure"),
        (f"{layout.CONTROLS}/gdpr.yaml", "catalog"), (f"{layout.CONTROLS}/gdpr.csv", "controls"),
        (report_name("fairness", "training", "evaluation"), "report"),
        (report_name("estimated.age", "training", "evaluation"), "report"),
        (report_name("data", "evaluation", "evaluation"), "report"),
        (PACK, "source"), (COMMIT_JSON, "source"), (run_record.METRICS, "run"),
        (f"{FOLDER}/MLmodel", "model"), (SBOM, "environment"),
        ("data/protected/data/prepared/protected.csv", "protected-table"), ("data/other/x", None),
    ],
)  # fmt: skip
def test_places_are_those_of_the_code(path: str, kind: str | None) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize("which", ["main", "final", "segments", "estimated"])
def test_count_tables_are_where_the_page_says(
    which: Literal["main", "final", "segments", "estimated"],
) -> None:
    rows = {coded(r[0])[0]: r for r in table(section("8.3 Counts"), "`table`")[1:]}
    spec = CountSpec(
        role="R", table=which, positive="y", favourable="y", attributes=(AttributeSpec(name="A"),)
    )

    assert coded(rows[which][1]) == [spec.file]
    assert set(coded(rows[which][4])) <= set(get_args(ReportName))


def test_thresholds_have_the_columns_on_the_page() -> None:
    assert ", ".join(COLUMNS) in " ".join(section("8.5 Thresholds").split())


def test_the_items_of_a_sealed_bundle_are_where_the_page_says(sealed: BundleBuilder) -> None:
    for item in (*sealed.evidence.items, *sealed.derived):
        assert kind_of(item.path) == item.kind, item.path


def test_names_every_field_of_the_records() -> None:
    report = section("8.4 Reports")
    prose = " ".join(report.split())

    record, item = section("6. evidence.json").split("An **item** has")

    assert names(record, "field") | {"schema", "version"} == fields_of(Evidence)
    assert names(item, "field") == fields_of(Item)
    assert names(report, "field") | {"schema", "version"} == fields_of(Report)
    assert names(report, "field of `counts`") == fields_of(CountSpec)
    for record in RECORDS:
        for name, field in record.model_fields.items():
            assert f"`{field.alias or name}`" in prose, name


def test_the_model_digest_is_that_of_the_listing_on_the_page() -> None:
    long = "é" * 200
    stored = f"{FOLDER}/_names/{hashlib.sha256(long.encode()).hexdigest()}"
    items = [model_item(stored, "a", long), model_item(f"{FOLDER}/b/c", "b"), model_item(f"{FOLDER}/B", "c")]  # fmt: skip

    lines = sorted((i.original_name or i.path[len("data/model/") :], i.sha256) for i in items)
    expected = hashlib.sha256("".join(f"{s}  {p}\n" for p, s in lines).encode()).hexdigest()

    assert [p for p, _ in lines] == ["B", "b/c", long]
    assert listing_digest(tuple(items)).value == expected


def model_item(path: str, digit: str, original: str | None = None) -> Item:
    return Item(
        path=path, sha256=digit * 64, size_bytes=1, media_type="text/plain", kind="model",
        origin="collected", sensitivity="confidential", original_name=original,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "main"),
    [
        (["training", "evaluation", "later"], "evaluation"), (["training", "test", "train2"], "test"),
        (["train", "training"], "training"),
    ],
)  # fmt: skip
def test_the_main_role_has_the_plain_file_name(roles: list[str], main: str) -> None:
    found = main_role(roles)

    assert found == main
    assert report_name("fairness", main, found) == "data/reports/fairness.json"
    assert report_name("fairness", "train", "test") == "data/reports/fairness-train.json"


def test_commit_json_has_the_fields_on_the_page() -> None:
    said = {r[0]: set(coded(r[1])) for r in table(section("8.1 The source"), "field")[1:]}
    fields = {n for cell in said for n in coded(cell)} | {"schema", "version"}

    assert fields == fields_of(CommitRecord)
    assert set(PersonSaid.model_fields) <= said["`author`, `committer`"]
    assert set(SignatureSaid.model_fields) <= said["`signature`"]
    assert set(TagSaid.model_fields) <= said["`tags`"]
    assert set(FileSaid.model_fields) <= said["`files`"]
    assert {*said["`submodules`"], "commit"} == set(SubmoduleSaid.model_fields)


def test_the_run_files_have_the_fields_on_the_page() -> None:
    said = {coded(r[0])[0]: coded(r[1]) for r in table(section("8.1 The source"), "file")[1:]}
    words = {"active", "deleted"}  # of run.json's lifecycle

    assert {f"data/run/{name}" for name in said} == set(run_record.FILES)
    for path, model in run_record.FILES.items():
        inner = {n for f in model.model_fields.values() for n in inner_fields(f.annotation)}
        expected = (fields_of(model) - {"schema", "version"}) | inner
        assert set(said[Path(path).name]) - words == expected, path


def fields_of(model: type[BaseModel]) -> set[str]:
    return {f.alias or n for n, f in model.model_fields.items()}


def inner_fields(annotation: object) -> set[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return fields_of(annotation)
    return {name for inner in get_args(annotation) for name in inner_fields(inner)}


def test_predictions_are_written_as_the_page_says(tmp_path: Path) -> None:
    columns = {"id": ['a,"b"', "c"], "y": ["yes", None]}
    config, data = binary_config(), Table("t.csv", pa.table(columns), is_text=False)
    rows = read_rows(data, "evaluation", config)
    scores = Scores(matrix=np.array([[0.25], [1e-05]]), classes=(), are_codes=False)
    found = predict(rows, scores, read_classes((rows,), config), config)

    write_predictions(found, Workspace(tmp_path), embedded=True)

    stem = tmp_path / "data" / "predictions" / "evaluation"
    page = " ".join(section("8.2 Predictions").split())
    content = stem.with_suffix(".csv").read_bytes().decode()
    header = coded(page)[0].split(", ")
    assert content.splitlines() == [
        ",".join(header),
        '"a,""b""",yes,0.25,no,1.0,evaluation',
        "c,,1e-05,no,1.0,evaluation",
    ]
    assert {"`0.25`", "`1.0`", "`1e-05`"} <= {f"`{c}`" for c in coded(page)}
    assert content.endswith("\n")
    assert len(list(csv.reader(io.StringIO(content)))) == 3
    parquet = pq.read_table(stem.with_suffix(".parquet"))
    assert parquet.column_names == header
    assert parquet.column("label").to_pylist() == ["yes", None]


def test_final_decisions_and_classes_follow_the_columns_on_the_page(tmp_path: Path) -> None:
    config, data = (
        binary_config(),
        Table("t.csv", pa.table({"id": ["a"], "y": ["yes"]}), is_text=False),
    )
    rows = read_rows(data, "evaluation", config)
    scores = Scores(matrix=np.array([[0.25]]), classes=(), are_codes=False)
    found = predict(rows, scores, read_classes((rows,), config), config)
    both = replace(
        found, final=found.decision, per_class=np.array([[0.25, 0.75]]), class_names=("yes", "no")
    )

    write_predictions(both, Workspace(tmp_path), embedded=True)

    said = coded(section("8.2 Predictions"))
    header = [*said[0].split(", "), *said[1:2], "score_yes", "score_no"]
    stem = tmp_path / "data" / "predictions" / "evaluation"
    assert (said[1], said[2]) == ("final_decision", "score_<class>")
    assert stem.with_suffix(".csv").read_text("utf-8").splitlines()[0] == ",".join(header)
    assert pq.read_table(stem.with_suffix(".parquet")).column_names == header
