"""Bins cut by the reference, periods, and findings only where chance does not explain a shift."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recompute.case import binary_config

from affidavit.config import Dataset, Time
from affidavit.errors import ConfigError, SourceError
from affidavit.evidence import Bins, Report
from affidavit.recompute import stability_report as stability_module
from affidavit.recompute.binning import by_quantiles, of_column
from affidavit.recompute.coded import chosen, code
from affidavit.recompute.floats import rounded
from affidavit.recompute.periods import periods
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.stability_report import Stability, reference_role, stability
from affidavit.recompute.table import Table
from affidavit.verify.stability import stability_faults

CHANCE = np.random.RandomState(3)


def _rows(role: str, frame: pd.DataFrame, *, is_text: bool = False) -> Rows:
    n = len(frame)
    labels = np.where(np.arange(n) % 4 == 0, "yes", "no")
    whole = pd.DataFrame({"id": np.arange(n).astype(str), "y": labels, **frame})
    arrow = pa.Table.from_pandas(whole, preserve_index=False)
    return read_rows(Table(f"{role}.csv", arrow, is_text=is_text), role, _config())


def _config(**changes):
    datasets = {r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")}
    return binary_config(datasets=datasets, **changes)


def _predicted(role: str, score: np.ndarray, **columns) -> Predictions:
    rows = _rows(role, pd.DataFrame(columns, index=np.arange(len(score))))
    return Predictions(
        rows=rows, score=rounded(score), per_class=None, class_names=(),
        decision=chosen(score >= 0.5, "yes", "no"),
    )  # fmt: skip


def _report(role: str, n: int, found: Stability) -> Report:
    return Report(
        name="stability", role=role, n_rows=n, n_labelled=n, numbers=found.numbers,
        bins=found.bins,
    )  # fmt: skip


def _bins(found: Stability, place: str) -> Bins:
    return next(b for b in found.bins if b.number.endswith(place))


def test_an_evaluation_is_compared_with_training_and_verify_follows() -> None:
    training = _predicted("training", CHANCE.uniform(size=1000), x=CHANCE.normal(size=1000))
    other = _predicted("evaluation", CHANCE.uniform(size=300), x=CHANCE.normal(size=300) + 1)

    found = stability([training, other], ["x"], _config())

    assert list(found) == ["evaluation"]
    indices = {n.id: n for n in found["evaluation"].numbers}
    score = indices["stability/evaluation/population_stability_index"]
    assert score.n == 300
    assert score.expected == pytest.approx(9 * (1 / 1000 + 1 / 300))
    shifted = indices["stability/evaluation/characteristic_stability_index/x"]
    assert shifted.value is not None
    assert shifted.value > 0.5
    reports = {
        "p.json": Report(name="performance", role="training", n_rows=1000, n_labelled=1000),
        "s.json": _report("evaluation", 300, found["evaluation"]),
    }
    assert list(stability_faults(reports)) == []


def test_the_index_of_the_score_is_that_of_its_quantile_bins() -> None:
    """Against numpy's histogram over the reference's deciles, computed apart."""
    ours, theirs = CHANCE.beta(2, 5, size=997), CHANCE.beta(2, 4, size=403)

    found = stability(
        [_predicted("training", ours), _predicted("evaluation", theirs)], [], _config()
    )["evaluation"]

    edges = np.sort(rounded(ours))[np.ceil(np.arange(1, 10) * 99.7).astype(int) - 1]
    cuts = np.r_[-np.inf, np.nextafter(edges, np.inf), np.inf]
    e = np.histogram(rounded(ours), cuts)[0]
    a = np.histogram(rounded(theirs), cuts)[0]
    assert found.bins[0].reference == (*e, 0)
    assert found.bins[0].found == (*a, 0)
    expected = float(np.sum((a / 403 - e / 997) * np.log((a / 403) / (e / 997))))
    assert found.numbers[0].value == pytest.approx(expected, rel=1e-12)


def test_the_first_training_role_is_the_reference_else_the_first() -> None:
    assert reference_role(["evaluation", "training", "train_2"]) == "training"
    assert reference_role(["march", "april"]) == "march"
    assert stability([_predicted("training", CHANCE.uniform(size=50))], [], _config()) == {}


def test_ties_make_fewer_bins_and_missing_its_own() -> None:
    reference = np.r_[np.zeros(500), np.arange(1.0, 101.0), [np.nan] * 20]
    found = np.array([0.0, 0.5, 1000.0, -5.0, np.nan, np.inf])

    binning = by_quantiles(reference, found, np.ones(620, dtype=bool))

    assert binning.names == ("<=0", ">0 to 40", ">40", "(missing)")
    assert binning.sizes(binning.reference) == (500, 40, 60, 20)
    assert binning.sizes(binning.found) == (2, 1, 2, 1)


def test_many_ties_at_the_top_still_leave_a_bin_below() -> None:
    """Nine tenths have the largest value: an edge there would have nothing above it."""
    reference = np.r_[np.linspace(0, 0.5, 50), np.full(950, 0.9)]

    binning = by_quantiles(reference, np.array([0.9, 0.1]), np.ones(1000, dtype=bool))

    assert binning.names == ("<=0.5", ">0.5", "(missing)")
    assert binning.sizes(binning.reference) == (50, 950, 0)
    assert binning.sizes(binning.found) == (1, 1, 0)


def test_one_score_for_all_is_one_bin() -> None:
    binning = by_quantiles(np.full(40, 0.3), np.full(7, 0.3), np.ones(40, dtype=bool))

    assert binning.names == ("all", "(missing)")


def test_values_are_bins_where_they_are_few_and_rare_ones_are_not_named() -> None:
    reference = ["red"] * 40 + ["blue"] * 10 + ["Ada Lovelace"] * 9 + [None] * 5
    found = ["red"] * 3 + ["green"] * 2 + ["Ada Lovelace"]

    binning = of_column(pa.array(reference), pa.array(found), np.ones(64, dtype=bool))

    assert binning.names == ("blue", "red", "(other)", "(missing)")
    assert binning.sizes(binning.reference) == (10, 40, 9, 5)
    assert binning.sizes(binning.found) == (0, 3, 3, 0)


def test_twenty_values_are_named_and_the_rest_are_one_bin() -> None:
    reference = [f"v{i:02d}" for i in range(25) for _ in range(10 + i)]

    binning = of_column(pa.array(reference), pa.array(["v00"]), np.ones(len(reference), bool))

    assert binning.names == (*(f"v{i:02d}" for i in range(5, 25)), "(other)", "(missing)")
    assert binning.sizes(binning.found)[-2] == 1


def test_our_own_words_in_the_data_are_other_values() -> None:
    reference = ["(missing)"] * 20 + ["(other)"] * 20 + ["x" * 81] * 20 + ["a"] * 20

    binning = of_column(pa.array(reference), pa.array([None, "a"]), np.ones(80, dtype=bool))

    assert binning.names == ("a", "(other)", "(missing)")
    assert binning.sizes(binning.reference) == (20, 60, 0)


@pytest.mark.parametrize("is_text", [False, True])
def test_few_numbers_are_values_however_they_are_written(is_text: bool) -> None:
    """A constant that becomes another is seen: quantile bins would not show it."""
    reference = pa.array(["1"] * 30 if is_text else [1.0] * 30)
    found = pa.array(["2.0", "1.0", None] if is_text else [2, 1, None])

    binning = of_column(reference, found, np.ones(30, dtype=bool))

    assert binning.names == ("1", "(other)", "(missing)")
    assert binning.sizes(binning.found) == (1, 1, 1)


def test_codes_with_leading_zeros_are_text() -> None:
    reference = pa.array(["00501"] * 30 + ["501"] * 30)

    binning = of_column(reference, pa.array(["501"]), np.ones(60, dtype=bool))

    assert binning.names == ("00501", "501", "(other)", "(missing)")


FINITE = st.floats(-1e12, 1e12, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(FINITE | st.just(float("nan")), min_size=1, max_size=120), st.lists(FINITE))
def test_every_row_is_in_one_bin_and_every_bin_but_missing_holds_reference(ours, theirs) -> None:
    reference, found = rounded(np.array(ours)), rounded_or_empty(theirs)

    binning = by_quantiles(reference, found, np.ones(len(ours), dtype=bool))
    sizes = binning.sizes(binning.reference)

    assert sum(sizes) == len(ours)
    assert sum(binning.sizes(binning.found)) == len(theirs)
    assert len(set(binning.names)) == len(binning.names) <= 11
    assert sizes[-1] == int(np.isnan(reference).sum())
    assert all(sizes[:-1]) or len(sizes) == 2


def rounded_or_empty(values: list[float]) -> np.ndarray:
    return rounded(np.array(values, dtype=float))


def test_no_finding_without_a_shift_and_one_with() -> None:
    training = _predicted("training", CHANCE.uniform(size=4000), x=CHANCE.normal(size=4000))
    same = _predicted("evaluation", CHANCE.uniform(size=40), x=CHANCE.normal(size=40))
    moved = _predicted("evaluation", CHANCE.uniform(size=400) ** 3, x=CHANCE.normal(size=400) + 2)

    quiet = stability([training, same], ["x"], _config())["evaluation"]
    loud = stability([training, moved], ["x"], _config())["evaluation"]

    assert quiet.findings == ()
    assert [(f.id, f.kind) for f in loud.findings] == [
        ("recompute.stability.score.evaluation", "exception"),
        ("recompute.stability.inputs.evaluation", "exception"),
    ]
    assert "score 0." in str(loud.findings[0].found)
    assert "(chance: up to 0.05)" in str(loud.findings[0].found)


def test_between_a_tenth_and_a_quarter_is_no_finding() -> None:
    """It is in the report, beside what chance gives."""
    training = _predicted("training", np.linspace(0, 1, 10_000))
    moved = _predicted("evaluation", np.linspace(0, 1, 10_000) ** 1.45)

    found = stability([training, moved], [], _config())["evaluation"]

    value = found.numbers[0].value
    assert value is not None
    assert 0.1 < value < 0.25
    assert found.findings == ()


def test_a_quarter_that_few_rows_give_is_no_finding() -> None:
    """30 rows in ten bins: 0.3 is what chance alone gives on average."""
    training = _predicted("training", np.linspace(0, 1, 1000))
    few = _predicted("evaluation", np.linspace(0, 1, 30) ** 1.9)

    found = stability([training, few], [], _config())["evaluation"]

    value = found.numbers[0].value
    assert value is not None
    assert value > 0.25
    assert found.findings == ()


def test_of_many_inputs_one_will_look_shifted_by_chance() -> None:
    """0.82 from 30 rows: beyond chance as one of two indices, within it as one of 62."""
    ladder = np.arange(1000.0)
    shifted = np.repeat(np.arange(50.0, 1000.0, 100.0), [11, 6, 4, 2, 2, 1, 1, 1, 1, 1])
    quiet = {f"q{i}": np.ones(1000) for i in range(60)}
    training = _predicted("training", ladder / 1000, x=ladder, **quiet)
    other = _predicted(
        "evaluation", np.linspace(0, 1, 30), x=shifted, **{name: np.ones(30) for name in quiet}
    )

    alone = stability([training, other], ["x"], _config())["evaluation"]
    among = stability([training, other], ["x", *quiet], _config())["evaluation"]

    value = alone.numbers[1].value
    assert value is not None
    assert value == among.numbers[1].value
    assert [f.id for f in alone.findings] == ["recompute.stability.inputs.evaluation"]
    assert among.findings == ()


TIME = Time(column="when", by="quarter")


def test_periods_stand_beside_training_and_add_up() -> None:
    config = _config(time=TIME)
    old = ["2024-12-31"] * 600
    when = ["2025-01-15"] * 100 + ["2025-05-01"] * 100 + [None] * 10
    training = _predicted("training", CHANCE.uniform(size=600), when=old, x=np.arange(600.0))
    other = _predicted("evaluation", CHANCE.uniform(size=210), when=when, x=np.arange(210.0))

    found = stability([training, other], ["x"], config)

    assert list(found) == ["evaluation"]
    of_score = [n for n in found["evaluation"].numbers if n.metric.startswith("population")]
    assert [(n.id.partition("index")[2], n.group, n.n) for n in of_score] == [
        ("", None, 210),
        ("/period=2025-Q1", {"period": "2025-Q1"}, 100),
        ("/period=2025-Q2", {"period": "2025-Q2"}, 100),
        ("/period=(missing)", {"period": "(missing)"}, 10),
    ]
    reports = {
        "p.json": Report(name="performance", role="training", n_rows=600, n_labelled=600),
        "s.json": _report("evaluation", 210, found["evaluation"]),
    }
    assert list(stability_faults(reports)) == []


def test_periods_of_the_reference_stand_beside_its_first() -> None:
    when = ["2025-01-15"] * 300 + ["2024-05-01"] * 200
    training = _predicted("training", CHANCE.uniform(size=500), when=when, x=np.arange(500.0))

    found = stability([training], ["x"], _config(time=TIME))["training"]

    assert [n.id.rpartition("/")[2] for n in found.numbers] == ["period=2025-Q1"] * 2
    assert sum(found.bins[0].reference) == 200
    # Every value of the second period lies below those of the first.
    assert _bins(found, "/x/period=2025-Q1").found[0] == 300
    assert [f.id for f in found.findings] == ["recompute.stability.inputs.training"]
    assert "its first period" in found.findings[0].what
    reports = {"s.json": _report("training", 500, found)}
    assert list(stability_faults(reports)) == []


def test_too_many_periods_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability_module, "MAX_PERIODS", 2)
    when = ["2025-01-15", "2025-04-15", "2025-08-15"] * 100
    training = _predicted("training", CHANCE.uniform(size=300), when=when)
    other = _predicted("evaluation", CHANCE.uniform(size=300), when=when)

    found = stability([training, other], [], _config(time=TIME))

    assert [f.id for f in found["training"].findings] == ["recompute.periods.training"]
    assert [n.group for n in found["evaluation"].numbers] == [None]
    assert [(f.kind, f.found) for f in found["evaluation"].findings] == [("gap", "3")]


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability_module, "MAX_INDICES", 4)
    columns = {f"x{i}": np.arange(100.0) for i in range(6)}
    when = ["2025-01-15", "2025-04-15"] * 50
    training = _predicted("training", CHANCE.uniform(size=100), when=when, **columns)
    other = _predicted("evaluation", CHANCE.uniform(size=100), when=when, **columns)

    found = stability([training, other], list(columns), _config(time=TIME))["evaluation"]

    assert len(found.numbers) == 3 + 4
    assert found.notes[1:] == (
        "6 of 6 inputs are not compared by period.",
        "2 of 6 inputs are not compared at all.",
    )


def _periods(values, by: str = "quarter") -> list[str]:
    frame = pd.DataFrame({"when": values})
    found = periods(_rows("evaluation", frame), Time(column="when", by=by))
    return found.texts().tolist()


@pytest.mark.parametrize(
    ("by", "expected"),
    [("month", ["2025-01", "2025-12"]), ("quarter", ["2025-Q1", "2025-Q4"]),
     ("year", ["2025", "2025"])],
)  # fmt: skip
@pytest.mark.parametrize(
    "values",
    [
        ["2025-01-31", "2025-12-01"],
        ["2025-01", "2025-12"],
        ["2025-01-31T23:59:59Z", "2025-12-01 00:00:00.5+02:00"],
        ["20250131", "20251201"],
        [202501, 202512],
        [202501.0, 202512.0],
        [dt.date(2025, 1, 31), dt.date(2025, 12, 1)],
        pd.to_datetime(["2025-01-31 10:00", "2025-12-01 10:00"]),
    ],
)
def test_dates_become_periods(values, by: str, expected: list[str]) -> None:
    assert _periods(values, by) == expected


def test_a_timestamp_counts_on_the_day_of_its_own_zone() -> None:
    """Half past midnight in Athens is still the day before in UTC."""
    when = pa.array([dt.datetime(2025, 11, 30, 22, 30)], pa.timestamp("us", tz="Europe/Athens"))
    table = pa.table({"id": ["1"], "y": ["yes"], "when": when})
    rows = read_rows(Table("t.parquet", table, is_text=False), "evaluation", _config())

    assert periods(rows, Time(column="when", by="month")).texts().tolist() == ["2025-12"]


def test_a_year_alone_is_a_date_where_years_are_asked_for() -> None:
    assert _periods([2024, 2025], "year") == ["2024", "2025"]
    with pytest.raises(SourceError):
        _periods([2024, 2025], "quarter")


def test_missing_dates_are_a_period_of_their_own() -> None:
    assert _periods(["2025-01-31", None, ""]) == ["2025-Q1", "(missing)", "(missing)"]
    assert _periods([202501.0, np.nan]) == ["2025-Q1", "(missing)"]
    assert _periods([pd.NaT, pd.Timestamp("2025-07-01")]) == ["(missing)", "2025-Q3"]


@pytest.mark.parametrize(
    "bad",
    ["31/01/2025", "2025-13-01", "2025-02-30", "soon", "2025-01-01x", "010125", "010112", "999999"],
)
def test_what_is_no_date_is_named_by_column_and_row_and_never_shown(bad: str) -> None:
    with pytest.raises(SourceError) as error:
        _periods(["2025-01-31", None, bad, bad])

    said = str(error.value)
    assert "evaluation.csv: the time column 'when': row 3 holds no date; 2 in all do not" in said
    assert bad not in said


def test_a_time_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="the time column 'when'"):
        periods(_rows("evaluation", pd.DataFrame({"a": [1]})), TIME)


def test_a_multiclass_score_is_the_class_decided() -> None:
    def predicted(role: str, decided: list[str]) -> Predictions:
        n = len(decided)
        rows = _rows(role, pd.DataFrame(index=np.arange(n)))
        return Predictions(
            rows=rows, score=np.full(n, np.nan), per_class=None, class_names=(),
            decision=code(pa.array(decided)),
        )  # fmt: skip

    found = stability(
        [predicted("training", ["a"] * 60 + ["b"] * 40), predicted("evaluation", ["b"] * 50)],
        [], _config().model_copy(update={"task": "multiclass"}),
    )["evaluation"]  # fmt: skip

    assert found.bins[0].names == ("a", "b", "(other)", "(missing)")
    assert found.bins[0].found == (0, 50, 0, 0)
    assert found.notes[0].startswith("The classes decided")
