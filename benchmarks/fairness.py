"""Group metrics with intervals from a Parquet file, beside fairlearn on columns in memory.

Eight metrics of the fifteen groups of two text columns (5 x 3). The values are asserted to be
fairlearn's in the same run. fairlearn runs up to a million rows; ten million are its time for one
million times ten.

Two ways lead from the file to the report. *As build does* runs the steps of `affidavit build`,
which keep the ids, labels and decisions that scoring and the prediction table need. *Streamed*
counts batch by batch (`count_parquet`, for files larger than memory); no command calls it yet.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.figures import Figure, at_most

ROOT = Path(__file__).resolve().parents[1]
AGES, SEXES = ("18-24", "25-34", "35-49", "50-64", "65 up"), ("female", "male", "unstated")
SMALL, LARGE, HUGE = 100_000, 1_000_000, 10_000_000
RUNS = 3
METRICS = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate",
    "true_negative_rate", "precision", "accuracy", "count",
)  # fmt: skip
Values = dict[str, dict[str, float | None]]


def measure() -> list[Figure]:
    ours = {n: _reported(n) for n in (SMALL, LARGE, HUGE)}
    built = {n: _fastest("build", n) for n in (SMALL, LARGE, HUGE)}
    theirs: dict[int, float] = {}
    for rows, runs in ((SMALL, RUNS), (LARGE, 1)):
        theirs[rows], values = _fairlearn(rows, runs)
        _require_equal(ours[rows]["values"], values)
        _require_equal(built[rows]["values"], values)
    figures = []
    for rows, peer, goal, note in (
        (SMALL, theirs[SMALL], None, f"fairlearn best of {RUNS}"),
        (LARGE, theirs[LARGE], 1 / 200, "fairlearn once"),
        (HUGE, 10 * theirs[LARGE], 1 / 200, "fairlearn not run: its time for 1 M times ten"),
    ):
        for way, found in (("as build does", built[rows]), ("streamed", ours[rows])):
            said = f"{note}; {peer / found['report_s']:,.0f} times; {found['numbers']} numbers"
            name = f"{_short(rows)} rows, Parquet to report, {way}"
            figures.append(at_most(name, "s", found["report_s"], goal, peer=peer, note=said))
    for way, found in (("as build does", built[HUGE]), ("streamed", ours[HUGE])):
        name = f"10 M rows, Parquet to report, {way}, alone"
        figures.append(at_most(name, "s", found["report_s"], 5))
    kernel, peer = ours[LARGE]["kernel_s"], theirs[LARGE]
    note = f"{peer / kernel:,.0f} times"
    figures += [
        at_most("1 M coded rows, counted", "s", kernel, 1 / 5000, peer=peer, note=note),
        at_most("10 M coded rows, counted", "s", ours[HUGE]["kernel_s"], 0.1),
        at_most("1 M weighted coded rows, counted", "s", ours[LARGE]["weighted_s"], None),
    ]
    for rows in (LARGE, HUGE):
        note = f"the file has {ours[rows]['file_mb']:.0f} MB"
        name = f"peak memory, {_short(rows)} rows, streamed"
        figures.append(at_most(name, "MB", _child("memory", rows)["peak_mb"], 64, note=note))
        name = f"peak memory, {_short(rows)} rows, as build does"
        peak = _child("build-memory", rows)["peak_mb"]
        figures.append(at_most(name, "MB", peak, None, note=note))
    return figures


def _short(rows: int) -> str:
    return f"{rows // 1_000_000} M" if rows >= LARGE else f"{rows // 1000} k"


def _data(rows: int) -> dict[str, Any]:
    chance = np.random.default_rng(7)
    age = chance.choice(5, rows, p=[0.05, 0.25, 0.4, 0.2, 0.1]).astype(np.int8)
    sex = chance.choice(3, rows, p=[0.48, 0.49, 0.03]).astype(np.int8)
    score = chance.random(rows)
    label = (chance.random(rows) < 0.15 + 0.5 * score * score + 0.02 * sex).astype(np.int8)
    return {"age": age, "sex": sex, "label": label, "decision": (score > 0.5).astype(np.int8)}


def _fairlearn(rows: int, runs: int) -> tuple[float, Values]:
    """Seconds, the best of some runs, and the values."""
    import fairlearn.metrics as fair
    import pandas as pd
    from sklearn.metrics import accuracy_score, precision_score

    data = _data(rows)
    sensitive = pd.DataFrame(
        {"age": np.array(AGES)[data["age"]], "sex": np.array(SEXES)[data["sex"]]}
    )
    metrics = {m: getattr(fair, m) for m in METRICS if hasattr(fair, m)}
    metrics |= {
        "accuracy": accuracy_score,
        "precision": lambda y, d: precision_score(y, d, zero_division=0),
    }

    def frame() -> Any:
        return fair.MetricFrame(
            metrics=metrics, y_true=data["label"], y_pred=data["decision"],
            sensitive_features=sensitive,
        ).by_group  # fmt: skip

    seconds, found = _best(frame, runs)
    values = {
        f"{age}, {sex}": {m: float(row[m]) for m in METRICS} for (age, sex), row in found.iterrows()
    }
    return seconds, values


def _require_equal(ours: Values, theirs: Values) -> None:
    """Fairlearn says 0 where a rate is undefined; there, ours has no value."""
    assert ours.keys() == theirs.keys(), (sorted(ours), sorted(theirs))
    for group, metrics in theirs.items():
        for metric, value in metrics.items():
            found = ours[group][metric]
            equal = value == 0 if found is None else abs(found - value) <= 1e-12 * abs(value)
            assert equal, f"{group}, {metric}: ours {found}, fairlearn {value}"


def _best(run: Callable[[], Any], runs: int) -> tuple[float, Any]:
    seconds, found = float("inf"), None
    for _ in range(runs):
        began = time.perf_counter()
        found = run()
        seconds = min(seconds, time.perf_counter() - began)
    return seconds, found


def _reported(rows: int) -> dict[str, Any]:
    return {**_child("kernel", rows), **_fastest("report", rows)}


def _fastest(way: str, rows: int) -> dict[str, Any]:
    """Of some processes: within one, what the first report found would be reused."""
    return min((_child(way, rows) for _ in range(RUNS)), key=lambda each: each["report_s"])


def _child(what: str, rows: int) -> dict[str, Any]:
    """One measurement in a process of its own, so that its memory is its own."""
    path = ROOT / "build" / "bench" / f"fairness-{rows}.parquet"
    orders = [what]
    if not path.exists():
        orders.insert(0, "write")
    answer = ""
    for order in orders:
        command = [sys.executable, "-m", "benchmarks.fairness", order, str(rows), str(path)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        answer = done.stdout
    return dict(json.loads(answer))


def _write(rows: int, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = _data(rows)
    texts = {
        name: pa.DictionaryArray.from_arrays(data.pop(name), values).cast(pa.string())
        for name, values in (("age", AGES), ("sex", SEXES))
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(pa.table({**texts, **data}), part)
    part.replace(path)


def _spec(*, weighted: bool = False) -> Any:
    from affidavit.evidence import AttributeSpec, CountSpec

    return CountSpec(
        role="evaluation", positive="1", favourable="1", weighted=weighted,
        attributes=(
            AttributeSpec(name="age", reference="35-49"),
            AttributeSpec(name="sex", reference="male"),
        ),
        intersections=(("age", "sex"),),
    )  # fmt: skip


def _report(path: Path) -> Any:
    from affidavit.evidence import Report
    from affidavit.rates import derive
    from affidavit.recompute.streaming import Columns, count_parquet

    columns = Columns(groups=("age", "sex"), label="label", decision="decision")
    table = count_parquet(path, columns, _spec())
    rows = sum(c.n for c in table.rows)
    return Report(
        name="fairness", role="evaluation", n_rows=rows, n_labelled=rows, counts=table.spec,
        numbers=derive(table),
    )  # fmt: skip


def _config() -> Any:
    from affidavit import config as c

    return c.Config(
        version=1, task="binary",
        label=c.Label(column="label", kind="outcome", positive="1", favourable="1"),
        decision=c.Decision(column="decision"),
        sensitive={
            "age": c.Sensitive(column="age", source="observed", reference="35-49"),
            "sex": c.Sensitive(column="sex", source="observed", reference="male"),
        },
        fairness=c.Fairness(intersections=(("age", "sex"),)),
        datasets={"evaluation": c.Dataset(path="evaluation.parquet", include="reference")},
    )  # fmt: skip


def _as_build(path: Path) -> Any:
    """The steps of `affidavit build` from the snapshot to the report, scoring apart."""
    from affidavit.recompute.count_tables import RoleCounts
    from affidavit.recompute.groups import group_rows
    from affidavit.recompute.predictions import predict
    from affidavit.recompute.report_files import Part, make_report
    from affidavit.recompute.rows import read_classes, read_rows
    from affidavit.recompute.table import TableFile, read_tables
    from affidavit.recompute.worker.scoring import Scores

    config = _config()
    table = read_tables([TableFile(path.name, path)], "dataset evaluation")
    rows = read_rows(table, "evaluation", config)
    classes = read_classes((rows,), config)
    scores = Scores(matrix=np.zeros((rows.n, 1)), classes=(), are_codes=False)
    found = predict(rows, scores, classes, config)
    groupings = group_rows(rows, config, {}).groupings
    counts = RoleCounts(found, classes, config, together=(("age", "sex"),), unit=None)
    counted = counts.count("main", groupings)
    part = Part(name="fairness", stem="fairness", numbers=counted.numbers, counts=counted.spec)
    return make_report(part, rows, config)


def _report_once(path: Path, report_of: Callable[[Path], Any]) -> dict[str, Any]:
    # Modules are loaded and Arrow is up, on another table of other sizes.
    warm = path.with_name("fairness-warm.parquet")
    _write(1000, warm)
    report_of(warm)
    seconds, report = _best(lambda: report_of(path), 1)
    values: Values = {}
    for number in report.numbers:
        group = number.group or {}
        if len(group) == 2 and number.against is None and number.metric in METRICS:
            values.setdefault(f"{group['age']}, {group['sex']}", {})[number.metric] = number.value
    return {
        "report_s": seconds, "values": values, "numbers": len(report.numbers),
        "file_mb": path.stat().st_size / 1e6,
    }  # fmt: skip


def _kernel(rows: int) -> dict[str, float]:
    from affidavit.recompute.coded import Coded
    from affidavit.recompute.counting import count

    data = _data(rows)
    names = {"age": AGES, "sex": SEXES, "label": ("0", "1"), "decision": ("0", "1")}
    age, sex, label, decision = (Coded(data[c].astype(np.int32), n) for c, n in names.items())
    ones = np.ones(rows)
    plain, _ = _best(lambda: count([age, sex], label, decision, ones, _spec()), RUNS)
    if rows > LARGE:
        return {"kernel_s": plain}
    weights = np.round(np.random.default_rng(8).gamma(2, 1, rows) + 1e-3, 9)
    spec = _spec(weighted=True)
    weighted, _ = _best(lambda: count([age, sex], label, decision, weights, spec), RUNS)
    return {"kernel_s": plain, "weighted_s": weighted}


def _memory(path: Path, report_of: Callable[[Path], Any]) -> dict[str, float]:
    import affidavit.rates
    import affidavit.recompute.count_tables
    import affidavit.recompute.streaming  # noqa: F401 - an idle process has its modules

    idle = _peak_mb()
    report_of(path)
    return {"peak_mb": _peak_mb() - idle}


def _peak_mb() -> float:
    """Of this process alone; getrusage would begin with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    order, size, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if order == "write":
        _write(size, file)
    else:
        run = {
            "report": lambda: _report_once(file, _report), "kernel": lambda: _kernel(size),
            "build": lambda: _report_once(file, _as_build),
            "memory": lambda: _memory(file, _report),
            "build-memory": lambda: _memory(file, _as_build),
        }[order]  # fmt: skip
        print(json.dumps(run()))
