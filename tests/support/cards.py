"""A sample record rendered, for tests that look at the card; and one that has every report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from html.parser import HTMLParser

from tests.support.explanations import (
    Applicant,
    Setting,
    protected_finding,
    write_explanations,
)
from tests.support.records import CELLS, RecordBuilder, Sample, sample_counts

from affidavit.bundle.canonical import dumps
from affidavit.counts import Cell, CountTable, count_table
from affidavit.evidence import (
    AttributeSpec,
    Bins,
    CalibrationBin,
    ColumnProfile,
    CountSpec,
    GainsRow,
    Item,
    Number,
    Report,
)
from affidavit.intervals import Proportion, critical, wilson
from affidavit.progress import Silent
from affidavit.rates import derive
from affidavit.render import render
from affidavit.stability import expected_stability, stability_id, stability_index


@dataclass(frozen=True)
class Rendered:
    """A sample and what was made of it."""

    sample: Sample
    items: tuple[Item, ...]

    def read(self, suffix: str) -> bytes:
        return (self.sample.work.root / f"data/card/model-card.{suffix}").read_bytes()

    def text(self, suffix: str) -> str:
        return self.read(suffix).decode()


def render_sample(sample: Sample, *, pdf: bool = False) -> Rendered:
    """The stage itself, over a sample."""
    items = render(
        sample.evidence, sample.work, evidence_id=sample.evidence_id, standings=sample.standings,
        declarations=sample.declarations, config=sample.config, pdf=pdf, progress=Silent(),
    )  # fmt: skip
    return Rendered(sample, items)


def full_sample(builder: RecordBuilder) -> Sample:
    """The sample with every report that recompute can write: final decisions, intersections, …"""
    assert builder.config is not None
    builder.config = builder.config.model_copy(update={"unit": None})
    sample = builder.build()
    main = Report.model_validate_json(
        (sample.work.root / "data/reports/performance.json").read_bytes()
    )
    fair = _intersected()
    reports = {
        "performance.json": main.model_copy(
            update={"calibration": _bins(), "gains": _gains(), "counts": fair.counts,
                    "numbers": (*main.numbers, _calibration_error())}
        ),
        "performance-training.json": _of_training(main),
        "fairness.json": fair,
        "fairness-training.json": _of_training(fair),
        "final.json": _report("final", _table("final", _final_cells())),
        "segments.json": _report("segments", _segments()),
        "estimated.json": _report("estimated", _estimated()),
        "stability.json": _stability(),
        "data.json": Report(name="data", role="evaluation", n_rows=952, n_labelled=952,
                            columns=_columns()),
    }  # fmt: skip
    evidence = sample.evidence.model_copy(
        update={"items": tuple(i for i in sample.evidence.items if i.kind != "report")}
    )
    items = tuple(
        sample.work.write(
            f"data/reports/{name}", dumps(report.model_dump(mode="json")), kind="report",
            origin="recomputed", media_type="application/json", role=report.role,
        )
        for name, report in reports.items()
    )  # fmt: skip
    return replace(sample, evidence=evidence.adding(items=items))


def explained_sample(builder: RecordBuilder, *, embedded: bool = True) -> Sample:
    """The sample with every report, and with explanations of all kinds of decisions."""
    sample = full_sample(builder)
    statuses = ("issued", "favourable", "protected", "none", "other")
    chosen = [
        Applicant(row_id=f"secret-row-{i}", score=score, status=status, group="yes")
        for i, (status, score) in enumerate(zip(statuses, (0.6, 0.2, 0.9, 0.28, 0.5), strict=True))
    ]
    on = Setting(n_rows=952, attribute="afam", reference="no", other="yes")
    items = write_explanations(sample.work, chosen, on, embedded=embedded)
    evidence = sample.evidence.adding(items=tuple(items), findings=(protected_finding(),))
    return replace(sample, evidence=evidence)


def _report(name: str, table: CountTable, **more: object) -> Report:
    return Report(
        name=name, role=table.spec.role, n_rows=952, n_labelled=952, label_kind="past-decision",
        counts=table.spec, numbers=derive(table), **more,
    )  # fmt: skip


def _intersected() -> Report:
    """Fairness with an intersection, one of whose groups is too small, and a missing value."""
    cells = dict(CELLS)
    cells["(missing)", "no", "no", "no"] = 12
    cells["yes", "(missing)", "no", "no"] = 10
    cells["yes", "no", "no", "no"] -= 5
    table = sample_counts(cells)
    spec = table.spec.model_copy(update={"intersections": (("afam", "single"),), "small": 40})
    table = CountTable(spec=spec, rows=table.rows)
    counted = (n for n in derive(table) if n.id.startswith("fairness/"))
    numbers = (*counted, *_scored_by_group())
    return Report(name="fairness", role="evaluation", n_rows=969, n_labelled=969,
                  label_kind="past-decision", counts=spec, numbers=numbers)  # fmt: skip


def _scored_by_group() -> tuple[Number, ...]:
    """What scores give of two groups: their event is the label that is denied."""
    common = {"role": "evaluation", "source": "scores", "level": 0.95}
    yes, no = {"afam": "yes"}, {"afam": "no"}
    place = "afam=yes vs no"
    return (
        Number(id="fairness/evaluation/roc_auc/afam=yes", metric="roc_auc", group=yes, n=139,
               value=0.71, low=0.62, high=0.8, method="DeLong", **common),
        Number(id="fairness/evaluation/roc_auc/afam=no", metric="roc_auc", group=no, n=818,
               value=0.78, low=0.72, high=0.83, method="DeLong", **common),
        Number(id=f"fairness/evaluation/roc_auc_difference/{place}", metric="roc_auc_difference",
               group=yes, against=no, n=957, value=-0.07, low=-0.17, high=0.04, method="DeLong",
               **common),
        Number(id=f"fairness/evaluation/standardized_mean_difference/{place}", group=yes,
               metric="standardized_mean_difference", against=no, n=957, value=0.41, low=0.23,
               high=0.59, method="Hedges and Olkin", **common),
    )  # fmt: skip


def _of_training(report: Report) -> Report:
    numbers = tuple(
        n.model_copy(update={"id": n.id.replace("/evaluation/", "/training/"), "role": "training"})
        for n in report.numbers
    )
    spec = report.counts.model_copy(update={"role": "training"}) if report.counts else None
    return report.model_copy(
        update={"role": "training", "numbers": numbers, "counts": spec, "logged": ()}
    )


def _table(
    kind: str, cells: dict[tuple[str, ...], int], names: tuple[str, ...] = ("afam", "single")
) -> CountTable:
    source = None if kind == "segments" else "observed"
    spec = CountSpec(
        role="evaluation", table=kind, positive="yes", favourable="no",
        attributes=tuple(
            AttributeSpec(name=n, reference=None if kind == "segments" else "no", source=source)
            for n in names
        ),
    )  # fmt: skip
    return count_table(spec, (_cell(key, n, Decimal(n), Decimal(n)) for key, n in cells.items()))


def _cell(key: tuple[str, ...], n: int, weight: Decimal, squares: Decimal) -> Cell:
    return Cell(groups=key[:-2], label=key[-2], decision=key[-1], n=n, sum_w=weight,
                sum_w2=squares)  # fmt: skip


def _final_cells() -> dict[tuple[str, ...], int]:
    """Underwriters approve three of those whom the model would deny."""
    cells: dict[tuple[str, ...], int] = dict(CELLS)
    cells["yes", "no", "no", "yes"] -= 3
    cells["yes", "no", "no", "no"] += 3
    return cells


def _segments() -> CountTable:
    cells: dict[tuple[str, ...], int] = {}
    for place, (key, n) in enumerate(sorted(CELLS.items())):
        quarter = f"2026-Q{1 + place % 4}"
        cells["north" if place % 2 else "south", quarter, *key[2:]] = n
    return _table("segments", cells, ("region", "period"))


def _estimated() -> CountTable:
    spec = CountSpec(
        role="evaluation", table="estimated", positive="yes", favourable="no", weighted=True,
        mean_weight=1.0,
        attributes=(AttributeSpec(name="race", reference="white", source="estimated"),),
    )  # fmt: skip
    cells = []
    for label in ("no", "yes"):
        for decision, n, share in (("no", 400, "0.2"), ("yes", 76, "0.4")):
            for group, part in (("black", Decimal(share)), ("white", 1 - Decimal(share))):
                weight, squares = n * part, n * part * part
                cells.append(_cell((group, label, decision), n, weight, squares))
    return count_table(spec, cells)


def _bins() -> tuple[CalibrationBin, ...]:
    made = []
    for k, events in enumerate((3, 6, 9, 12, 17, 24, 33, 58)):
        low, high = wilson(Proportion(p=events / 119, n=119), critical(0.95))
        made.append(
            CalibrationBin(first=0.05 * k + 0.01, last=0.05 * k + 0.06, n=119,
                           mean_score=0.05 * k + 0.035, observed=events / 119, low=low, high=high)
        )  # fmt: skip
    return tuple(made)


def _gains() -> tuple[GainsRow, ...]:
    return tuple(
        GainsRow(share=k / 10, n=round(95.2 * k), gain=min(1.0, 0.35 * k**0.5 + 0.01 * k),
                 lift=(0.35 * k**0.5 + 0.01 * k) / (k / 10), low=1.0, high=4.5)
        for k in range(1, 10)
    )  # fmt: skip


def _calibration_error() -> Number:
    return Number(
        id="performance/evaluation/expected_calibration_error", role="evaluation", n=952,
        metric="expected_calibration_error", value=0.0312, low=0.0201, high=0.0498, level=0.95,
        method="bootstrap of rows", expected=0.0222, source="scores",
    )  # fmt: skip


def _stability() -> Report:
    """The score, one period, and fourteen inputs that shift more and more."""
    even = (100,) * 10
    numbers, bins = [], []

    def put(column: str, period: str, found: tuple[int, ...]) -> None:
        number_id = stability_id("evaluation", column, period)
        numbers.append(
            Number(
                id=number_id, role="evaluation", n=sum(found), source="bins",
                metric=number_id.split("/")[2], group={"period": period} if period else None,
                value=stability_index(even, found), expected=expected_stability(even, found),
            )
        )  # fmt: skip
        names = tuple(f"bin {k}" for k in range(1, 11))
        bins.append(Bins(number=number_id, column=column, names=names, reference=even, found=found))

    put("", "", (92, 98, 99, 101, 95, 94, 92, 97, 96, 88))
    put("", "2026-Q1", (22, 28, 29, 21, 25, 24, 22, 27, 26, 28))
    for place in range(14):
        put(f"input_{place:02d}", "", (100 + 10 * place, *(100,) * 9))
    return Report(name="stability", role="evaluation", n_rows=952, n_labelled=952,
                  numbers=tuple(numbers), bins=tuple(bins),
                  notes=("Rows count, not their weights.",))  # fmt: skip


def _columns() -> tuple[ColumnProfile, ...]:
    """Seventy columns: more than are shown."""
    rows = [
        ColumnProfile(role="evaluation", name="application_id", used_as="row id",
                      kind="whole number", n=952, missing=0, distinct=952),
        ColumnProfile(role="evaluation", name="deny", used_as="label", kind="yes/no", n=952,
                      missing=0, distinct=2),
        ColumnProfile(role="evaluation", name="last_name", used_as="unused", kind="text", n=952,
                      missing=3, distinct=811, hints=("the name says a person's name",)),
    ]  # fmt: skip
    rows += [
        ColumnProfile(role="evaluation", name=f"input_{k:02d}", used_as="input", kind="number",
                      n=952, missing=k, distinct=300 + k, low=-1.5 * k, high=10.0 * k)
        for k in range(67)
    ]  # fmt: skip
    return tuple(rows)


class Page(HTMLParser):
    """What a reader finds on the page: texts by section, numbers by id, ids, links, tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.sections: dict[str, str] = {}
        self._section = ""
        self._hidden = 0
        self._number: list[str] | None = None
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a":
            self.targets.append(given["href"])
        if tag == "section":
            self._section = given["aria-labelledby"]
        if tag in ("style", "title", "desc"):
            self._hidden += 1
        if self._number is not None and tag == "span":
            self._depth += 1
        if "data-number" in given:
            self._number, self._depth = [given["data-number"], ""], 1

    def handle_endtag(self, tag):
        if tag in ("style", "title", "desc"):
            self._hidden -= 1
        if self._number is not None and tag == "span":
            self._depth -= 1
            if self._depth == 0:
                self.numbers.append((self._number[0], self._number[1]))
                self._number = None

    def handle_data(self, data):
        if self._hidden:
            return
        if self._number is not None:
            self._number[1] += data
        self.sections[self._section] = self.sections.get(self._section, "") + data

    @property
    def text(self) -> str:
        return "".join(self.sections.values())
