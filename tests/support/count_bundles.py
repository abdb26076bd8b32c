"""A sealed bundle with every kind of count table: main, final, segments, estimated."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.payloads import as_csv, write_records
from tests.support.raw_archives import read_entries
from tests.support.scores import beside, data_report, with_scores
from tests.support.suites import Checks, data_checks
from tests.support.what_if import what_if_csv

from affidavit.bundle import canonical, layout
from affidavit.counts import Cell, CountTable, count_table, write_counts
from affidavit.evidence import (
    AttributeSpec,
    Bins,
    ConfigurationRecord,
    CountSpec,
    EffectiveRows,
    Evidence,
    Item,
    Number,
    Report,
    Subject,
)
from affidavit.rates import derive
from affidavit.seal.keys import generate_key, load_signer
from affidavit.stability import expected_stability, stability_id, stability_index
from affidavit.workspace import Workspace

TOML = """\
version = 1
task = "binary"
{unit}
[rows]
id = "id"

[label]
column = "deny"
kind = "outcome"
positive = "yes"
favourable = "no"

[decision]
threshold = 0.5
column = "final_decision"

[sensitive.group]
column = "group"
source = "self-reported"
reference = "a"

[sensitive.sex]
column = "sex"
source = "observed"
reference = "f"

[sensitive.origin]
source = "estimated"
reference = "x"
probabilities = {{ x = "p_x", y = "p_y" }}

[fairness]
smallest_group = 20
intersections = [["group", "sex"]]

[intervals]
rates = "clopper-pearson"

[segments.region]
column = "region"

[time]
column = "day"

[datasets.evaluation]
path = "data/test.csv"
include = "embed"
"""
_ROLE = "evaluation"
_EFFECTIVE = (
    EffectiveRows(metric="selection_rate", event="no", group={"group": "a"}, n=90.0, units=70),
    EffectiveRows(metric="selection_rate", event="no", group={"group": "b"}, n=60.0, units=40),
    EffectiveRows(metric="accuracy", n=150.0, units=120),
)
_ATTRIBUTES = (
    AttributeSpec(name="group", reference="a", source="self-reported"),
    AttributeSpec(name="origin", reference="x", source="estimated"),
    AttributeSpec(name="sex", reference="f", source="observed"),
)


def people() -> list[dict[str, str]]:
    """400 applications; those of group b are approved less often, and overrides add to it."""
    draw = random.Random(20261124)
    rows = []
    for number in range(400):
        group, sex = draw.choice("aab"), draw.choice("fm")
        score = round(min(1.0, draw.random() * (1.0 if group == "a" else 1.3)), 6)
        decision = "yes" if score >= 0.5 else "no"
        overridden = draw.random() < (0.02 if group == "a" else 0.15)
        rows.append({
            "row_id": f"row-{number:04d}", "group": group, "sex": sex, "score": repr(score),
            "label": "" if number % 40 == 3 else ("yes" if draw.random() < score / 2 else "no"),
            "decision": decision, "weight": "1", "role": _ROLE, "final_decision": "yes" if overridden else decision,
            "region": draw.choice(["north", "south", "(missing)"]),
            "period": f"2026-Q{draw.choice('12')}",
            "p_x": f"{draw.random():.3f}",
        })  # fmt: skip
    return rows


def spec_of(table: str, attributes: Sequence[AttributeSpec], **fields: Any) -> CountSpec:
    """As the configuration above says."""
    return CountSpec.model_validate({
        "role": _ROLE, "table": table, "positive": "yes", "favourable": "no", "small": 20,
        "rates": "clopper-pearson", "attributes": tuple(attributes), **fields,
    })  # fmt: skip


def tallied(spec: CountSpec, rows: Iterable[tuple[tuple[str, ...], str, str, str]]) -> CountTable:
    """Groups, label, decision and weight of each row."""
    n: Counter[tuple[tuple[str, ...], str, str]] = Counter()
    w: dict[tuple[tuple[str, ...], str, str], tuple[Decimal, Decimal]] = {}
    for *key, weight in rows:
        at, one = tuple(key), Decimal(weight)
        n[at] += 1
        total, squared = w.get(at, (Decimal(0), Decimal(0)))
        w[at] = (total + one, squared + one * one)
    return count_table(spec, (
        Cell(groups=g, label=y, decision=d, n=c, sum_w=w[g, y, d][0], sum_w2=w[g, y, d][1])
        for (g, y, d), c in n.items()
    ))  # fmt: skip


def tables(*, is_by_unit: bool = False) -> dict[str, CountTable]:
    """The four tables, by the name of their report (fairness stands for main)."""
    rows, together = people(), (("group", "sex"),)
    unit: dict[str, Any] = {"unit": "person"} if is_by_unit else {}
    worth: dict[str, Any] = {"effective": _EFFECTIVE} if is_by_unit else {}
    main = spec_of("main", _ATTRIBUTES, intersections=together, **unit, **worth)
    final = spec_of("final", _ATTRIBUTES, intersections=together, **unit, **worth)
    names = ("region", "period")
    segments = spec_of("segments", [AttributeSpec(name=n) for n in names], **unit)
    estimated = spec_of("estimated", _ATTRIBUTES[1:2], weighted=True, mean_weight=1.0, **unit)
    return {
        "fairness": tallied(main, (
            ((r["group"], _by_rule(r), r["sex"]), r["label"], r["decision"], "1") for r in rows)),
        "final": tallied(final, (
            ((r["group"], _by_rule(r), r["sex"]), r["label"], r["final_decision"], "1") for r in rows)),
        "segments": tallied(segments, (
            ((r["region"], r["period"]), r["label"], r["decision"], "1") for r in rows)),
        "estimated": tallied(estimated, (
            ((g,), r["label"], r["decision"], str(p))
            for r in rows
            for g, p in (("x", Decimal(r["p_x"])), ("y", 1 - Decimal(r["p_x"])))
            if p > 0)),
    }  # fmt: skip


def _by_rule(row: dict[str, str]) -> str:
    """The group whose probability is at least a half."""
    return "x" if Decimal(row["p_x"]) >= Decimal("0.5") else "y"


class CountedBuilder(BundleBuilder):
    """The builder of such a bundle; what it does to it is the same."""

    def __init__(self, folder: Path, *, is_by_unit: bool = False, is_checked: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.public_key, self.private_key = folder / "release.pub", folder / "release.pem"
        generate_key("ed25519", self.private_key, self.public_key, PASSPHRASE)
        self.signer = load_signer(self.private_key, PASSPHRASE)
        self.work = Workspace(root=folder / "work")
        self.evidence, self.derived = _payload(
            self.work, is_by_unit=is_by_unit, is_checked=is_checked
        )
        self.path = folder / "bundle.evidence.zip"
        self.sealed = self.seal_to(self.path)
        self.folder_name, self.entries = read_entries(self.path)
        self._made = 0


def _payload(
    work: Workspace, *, is_by_unit: bool, is_checked: bool
) -> tuple[Evidence, tuple[Item, ...]]:
    rows = people()
    checks = data_checks(work) if is_checked else Checks()
    columns = ["row_id", "label", "score", "decision", "weight", "role", "final_decision"]
    unit = 'unit = "person"\n' if is_by_unit else ""
    toml = (TOML.format(unit=unit) + checks.toml).encode()
    data = data_report(_ROLE, rows).model_copy(update={"notes": checks.notes})
    items = [
        work.write(
            layout.CONFIG, toml, kind="configuration",
            origin="collected", media_type="application/toml",
        ),
        work.write(
            f"data/predictions/{_ROLE}.csv", as_csv(columns, [[r[c] for c in columns] for r in rows]),
            kind="predictions", origin="recomputed", media_type="text/csv", role=_ROLE,
        ),
        *_reports(work, tables(is_by_unit=is_by_unit), rows, toml),
        *beside(work, _ROLE, [_moved(rows), data], _what_if(rows)),
        *checks.items,
    ]  # fmt: skip
    evidence = Evidence(
        subject=Subject(name="credit-risk", version="3"),
        configuration=ConfigurationRecord(items=(layout.CONFIG,), given="commit"),
    ).adding(items=tuple(items), facts=checks.facts, findings=checks.findings)
    return evidence, write_records(work, evidence)


def _reports(
    work: Workspace, counted: dict[str, CountTable], rows: list[dict[str, str]], toml: bytes
) -> Iterable[Item]:
    for table in counted.values():
        yield work.write(
            f"{layout.COUNTS}/{table.spec.file}", write_counts(table), kind="counts",
            sensitivity="personal-data",
            origin="recomputed", media_type="text/csv", role=_ROLE,
        )  # fmt: skip
    for name, table in (("performance", counted["fairness"]), *counted.items()):
        report = Report.model_validate({
            "name": name, "role": _ROLE, "n_rows": len(rows),
            "n_labelled": sum(r["label"] != "" for r in rows), "label_kind": "outcome",
            "counts": table.spec,
            "numbers": tuple(n for n in derive(table) if n.id.startswith(f"{name}/")),
        })  # fmt: skip
        report = with_scores(report, table, toml)
        yield work.write(
            f"{layout.REPORTS}/{name}.json", canonical.record_bytes(report), kind="report",
            origin="recomputed", media_type="application/json", role=_ROLE,
        )  # fmt: skip


def _what_if(rows: list[dict[str, str]]) -> bytes:
    told = [{**r, "origin": _by_rule(r)} for r in rows]
    sets = [("group",), ("origin",), ("sex",), ("group", "sex")]
    return what_if_csv(told, sets, in_force=0.5)


def _moved(rows: list[dict[str, str]]) -> Report:
    """The scores of the second period beside those of the first, in two bins."""
    sides = [
        [sum(r["period"] == p and (float(r["score"]) < 0.5) is low for r in rows) for low in (True, False)]
        for p in ("2026-Q1", "2026-Q2")
    ]  # fmt: skip
    reference, found = (tuple(side) for side in sides)
    number_id = stability_id(_ROLE, "", "2026-Q2")
    number = Number(
        id=number_id, metric="population_stability_index", role=_ROLE, group={"period": "2026-Q2"},
        n=sum(found), value=stability_index(reference, found),
        expected=expected_stability(reference, found), source="bins",
    )  # fmt: skip
    bins = Bins(
        number=number_id, column="", names=("<0.5", ">=0.5"), reference=reference, found=found
    )
    return data_report(_ROLE, rows).model_copy(
        update={"name": "stability", "numbers": (number,), "bins": (bins,)}
    )
