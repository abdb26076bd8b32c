"""What a card costs, from the record to its files: the sample's, and a wide one.

The wide one has 200 columns and shifts of 200 inputs, one sensitive attribute of 40 groups in two
roles with every rate, comparison and summary, and three catalogs of 40 controls. Each runs in a
process of its own, timed without its start and without the import of Jinja; the PDF's process
counts whole, start and imports of WeasyPrint included, as for a user. Memory is the sum of both
peaks, which bounds what both have at one time.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.sample import sample_bundle

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, GROUPS, CATALOGS, CONTROLS = 200, 40, 3, 40


def measure() -> list[Figure]:
    bundle, _ = sample_bundle()
    figures = []
    for what, html_goal, pdf_goal in (("sample", 5, 15), ("wide", None, 60)):
        found = _child(what, bundle)
        cpu = f"processor {found['html_cpu_s']:.1f} s"
        figures.append(at_most(f"{what} card, HTML", "s", found["html_s"], html_goal, note=cpu))
        cpu = f"processor {found['pdf_cpu_s']:.1f} s, {found['pages']} pages"
        figures.append(at_most(f"{what} card, with PDF", "s", found["pdf_s"], pdf_goal, note=cpu))
        memory = f"{found['own_mb']:.0f} and {found['pdf_mb']:.0f} MB, at their highest"
        goal = 1000 if what == "wide" else None
        both = found["own_mb"] + found["pdf_mb"]
        figures.append(at_most(f"{what} card, both processes", "MB", both, goal, note=memory))
    return figures


def _child(what: str, bundle: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.card", what, str(bundle)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def _run(what: str, bundle: Path) -> dict[str, Any]:
    import jinja2  # noqa: F401 - a build has it long before the card
    import pikepdf

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        given = _sample(bundle, root) if what == "sample" else _wide(root)
        made = {"html": _timed(given, pdf=False), "pdf": _timed(given, pdf=True)}
        with pikepdf.open(given["work"].root / "data/card/model-card.pdf") as document:
            pages = len(document.pages)
    own, child = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    times = {f"{k}_{unit}": v for k, pair in made.items() for unit, v in pair.items()}
    return {**times, "own_mb": own, "pdf_mb": child, "pages": pages}


def _timed(given: dict[str, Any], *, pdf: bool) -> dict[str, float]:
    from affidavit.progress import Silent
    from affidavit.render import render

    wall, cpu = time.perf_counter(), _processor()
    render(**given, pdf=pdf, progress=Silent())
    return {"s": time.perf_counter() - wall, "cpu_s": _processor() - cpu}


def _processor() -> float:
    both = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in both)


def _sample(bundle: Path, root: Path) -> dict[str, Any]:
    """The record of the sample's bundle, and what `render` was given with it."""
    import hashlib

    from affidavit.evidence import Evidence
    from affidavit.standing import CatalogStanding
    from affidavit.toml_reader import read_config, read_declarations
    from affidavit.workspace import Workspace

    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(root)
    work = Workspace(next(root.iterdir()))
    data = work.root / "data"
    record = (data / "evidence.json").read_bytes()
    return {
        "evidence": Evidence.model_validate_json(record),
        "work": work,
        "evidence_id": hashlib.sha256(record).hexdigest(),
        "standings": tuple(
            CatalogStanding.model_validate_json(p.read_bytes())
            for p in sorted((data / "controls").glob("*.json"))
        ),
        "declarations": read_declarations((data / "config/declarations.toml").read_bytes(), ""),
        "config": read_config((data / "config/affidavit.toml").read_bytes(), ""),
    }


def _wide(root: Path) -> dict[str, Any]:
    """The made record of the tests with wide reports in place of its own."""
    from tests.support.cards import full_sample
    from tests.support.records import RecordBuilder

    from affidavit.bundle.canonical import dumps

    sample = full_sample(RecordBuilder(root))
    reports = {"data": _data(), "stability": _shifts(), **_fairness()}
    kept = [i for i in sample.evidence.items if Path(i.path).stem not in reports]
    for stem, report in reports.items():
        (root / f"data/reports/{stem}.json").unlink(missing_ok=True)
        content = dumps(report.model_dump(mode="json"))
        kept.append(
            sample.work.write(
                f"data/reports/{stem}.json", content, kind="report", origin="recomputed",
                media_type="application/json", role=report.role,
            )
        )  # fmt: skip
    evidence = sample.evidence.model_copy(update={"items": ()}).adding(items=tuple(kept))
    standings = tuple(
        sample.standings[0].model_copy(
            update={"catalog": f"catalog-{n}", "assessments": _controls(sample.standings[0], n)}
        )
        for n in range(CATALOGS)
    )
    return {
        "evidence": evidence, "work": sample.work, "evidence_id": sample.evidence_id,
        "standings": standings, "declarations": sample.declarations, "config": sample.config,
    }  # fmt: skip


def _controls(standing: Any, catalog: int) -> tuple[Any, ...]:
    given = standing.assessments
    return tuple(
        given[k % len(given)].model_copy(update={"control": f"C{catalog}-{k:02d}"})
        for k in range(CONTROLS)
    )


def _data() -> Any:
    from affidavit.evidence import ColumnProfile, Report

    columns = tuple(
        ColumnProfile(role="evaluation", name=f"a_column_of_the_application_{k:03d}", n=100_000,
                      used_as="input", kind="number", missing=k, distinct=300 + k, low=-1.5 * k,
                      high=10.0 * k)
        for k in range(COLUMNS)
    )  # fmt: skip
    return Report(name="data", role="evaluation", n_rows=100_000, n_labelled=100_000,
                  columns=columns)  # fmt: skip


def _shifts() -> Any:
    from affidavit.evidence import Bins, Number, Report
    from affidavit.stability import expected_stability, stability_id, stability_index

    even, numbers, bins = (100,) * 10, [], []
    for k in range(COLUMNS):
        column, found = f"a_column_of_the_application_{k:03d}", (100 + k, *even[1:])
        number_id = stability_id("evaluation", column, "")
        numbers.append(Number(
            id=number_id, role="evaluation", n=sum(found), source="bins",
            metric=number_id.split("/")[2], value=stability_index(even, found),
            expected=expected_stability(even, found),
        ))  # fmt: skip
        names = tuple(f"bin {b}" for b in range(1, 11))
        bins.append(Bins(number=number_id, column=column, names=names, reference=even, found=found))
    return Report(name="stability", role="evaluation", n_rows=100_000, n_labelled=100_000,
                  numbers=tuple(numbers), bins=tuple(bins))  # fmt: skip


def _fairness() -> dict[str, Any]:
    from decimal import Decimal

    from affidavit.counts import Cell, count_table
    from affidavit.evidence import AttributeSpec, CountSpec, Report
    from affidavit.rates import derive

    made = {}
    for role in ("evaluation", "training"):
        spec = CountSpec(
            role=role, positive="yes", favourable="no",
            attributes=(AttributeSpec(name="region", reference="region 00", source="observed"),),
        )  # fmt: skip
        cells = []
        for place in range(4 * GROUPS):
            group, rest = divmod(place, 4)
            n = 300 + 37 * place % 211
            cells.append(Cell(groups=(f"region {group:02d}",), label=("no", "yes")[rest // 2],
                              decision=("no", "yes")[rest % 2], n=n, sum_w=Decimal(n),
                              sum_w2=Decimal(n)))  # fmt: skip
        numbers = derive(count_table(spec, cells))
        made["fairness" if role == "evaluation" else f"fairness-{role}"] = Report(
            name="fairness", role=role, n_rows=100_000, n_labelled=100_000, counts=spec,
            label_kind="outcome", numbers=tuple(n for n in numbers if n.id.startswith("fairness/")),
        )  # fmt: skip
    return made


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], Path(sys.argv[2]))))
