"""Stability indices follow from the bins beside them, and nothing else passes for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.bundles import BundleBuilder

from affidavit.evidence import Bins, Number, Report
from affidavit.places import PERIOD
from affidavit.stability import expected_stability, stability_id, stability_index
from affidavit.verify import Trust, verify_bundle
from affidavit.verify.stability import stability_faults

Change = Callable[[Report], Report]
REFERENCE = (40, 30, 30)
PERFORMANCE = Report(name="performance", role="training", n_rows=100, n_labelled=100)


def _index(
    column: str, found: tuple[int, ...], period: str = "", role: str = "evaluation"
) -> tuple[Number, Bins]:
    number_id = stability_id(role, column, period)
    number = Number(
        id=number_id,
        metric=f"{'characteristic' if column else 'population'}_stability_index",
        role=role,
        group={PERIOD: period} if period else None,
        n=sum(found),
        value=stability_index(REFERENCE, found),
        expected=expected_stability(REFERENCE, found),
        source="bins",
    )
    names = ("<=1", ">1", "(missing)")
    bins = Bins(number=number_id, column=column, names=names, reference=REFERENCE, found=found)
    return number, bins


def _report(**changes) -> Report:
    indices = [
        _index("", (20, 20, 10)),
        _index("", (12, 6, 2), "2025-Q1"),
        _index("", (8, 14, 8), "2025-Q2"),
        _index("income", (0, 25, 25)),
    ]
    base = Report(
        name="stability", role="evaluation", n_rows=50, n_labelled=50,
        numbers=tuple(n for n, _ in indices), bins=tuple(b for _, b in indices),
    )  # fmt: skip
    return base.model_copy(update=changes)


def _faults(report: Report) -> list[str]:
    reports = {"performance-training.json": PERFORMANCE, "stability.json": report}
    return [f.what for f in stability_faults(reports)]


def _number(place: int, **changes) -> Change:
    def change(report: Report) -> Report:
        numbers = list(report.numbers)
        numbers[place] = numbers[place].model_copy(update=changes)
        return report.model_copy(update={"numbers": tuple(numbers)})

    return change


def _bins(place: int, **changes) -> Change:
    def change(report: Report) -> Report:
        bins = list(report.bins)
        bins[place] = bins[place].model_copy(update=changes)
        return report.model_copy(update={"bins": tuple(bins)})

    return change


def _without(field: str, place: int) -> Change:
    def change(report: Report) -> Report:
        kept = tuple(v for i, v in enumerate(getattr(report, field)) if i != place)
        return report.model_copy(update={field: kept})

    return change


def test_what_follows_passes() -> None:
    assert _faults(_report()) == []


SCORE, INPUT = stability_id("evaluation"), stability_id("evaluation", "income")
FIRST = stability_id("evaluation", "", "2025-Q1")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_number(0, value=0.01), f"{SCORE}: value does not follow from the bins"),
        (_number(0, value=None, reason="forgotten"),
         f"{SCORE}: value does not follow from the bins"),
        (_number(3, expected=None), f"{INPUT}: expected does not follow from the bins"),
        (_number(3, expected=0.9), f"{INPUT}: expected does not follow from the bins"),
        (_number(0, n=49), f"{SCORE}: n is not what the bins give"),
        (_number(0, metric="characteristic_stability_index"),
         f"{SCORE}: metric is not what the bins give"),
        (_number(0, low=0.0, high=1.0), f"{SCORE}: has what no index has"),
        (_number(0, group={"sex": "f"}), f"{SCORE}: is of a group other than a period"),
        (_number(0, source="scores"), f"{SCORE}: does not come from bins"),
        (_bins(3, column="age"), f"{INPUT}: id is not what the bins give"),
        (_bins(3, found=(1, 25, 24)), f"{INPUT}: value does not follow from the bins"),
        (_bins(3, found=(0, 25, 26)), f"{INPUT}: its bins hold other rows than the report"),
        (_bins(3, found=(0, 25, 24)), f"{INPUT}: its bins hold other rows than the report"),
        (_bins(1, found=(12, 36, 12)), f"{FIRST}: its bins hold other rows than the report"),
        (_bins(1, found=(6, 12, 2)), f"{SCORE}: its periods do not add up to it"),
        (_bins(1, names=("<=2", ">2", "(missing)")), f"{FIRST}: has other bins than {SCORE}"),
        (_bins(3, names=("<=1", "<=1", "(missing)")),
         f"{INPUT}: its bins are not as many as their names, each once"),
        (_bins(3, reference=(40, 60)),
         f"{INPUT}: its bins are not as many as their names, each once"),
        (_bins(3, reference=(40, 30, 29)),
         "stability.json: the reference of its bins is not the rows of one role"),
        (_without("numbers", 3), f"{INPUT}: has bins, and no number from them"),
        (_without("bins", 3), f"{INPUT}: has no bins that it follows from"),
        (lambda r: r.model_copy(update={"bins": (*r.bins, r.bins[3])}), f"{INPUT}: has bins twice"),
    ],
)  # fmt: skip
def test_names_what_does_not_follow(change: Change, fault: str) -> None:
    assert fault in _faults(change(_report()))


def test_a_reference_larger_than_any_role_is_no_role_of_this_bundle() -> None:
    """All bins may agree with each other and still speak of rows that nobody has."""
    reports = {"stability.json": _report()}

    assert [f.what for f in stability_faults(reports)] == [
        "stability.json: the reference of its bins is not the rows of one role"
    ]


def _with_index(value: float | None) -> Callable[[dict], None]:
    """Adds an index and its bins to a report of a bundle, over the rows that it says it has."""

    def change(report: dict) -> None:
        n = report["n_rows"]
        reference, found = (n - n // 2, n // 2), (n - n // 3, n // 3)
        number_id = stability_id(report["role"])
        number = Number(
            id=number_id, metric="population_stability_index", role=report["role"], n=n,
            value=stability_index(reference, found) if value is None else value,
            expected=expected_stability(reference, found), source="bins",
        )  # fmt: skip
        bins = Bins(
            number=number_id, column="", names=("<=0.5", ">0.5"), reference=reference, found=found
        )
        report["numbers"] += [number.model_dump(mode="json", exclude_none=True)]
        report["bins"] += [bins.model_dump(mode="json")]

    return change


def test_a_bundle_is_held_against_its_bins(sealed: BundleBuilder, pinned: Trust) -> None:
    """Signed again by its own signer, so that digests and seal hold: arithmetic alone can tell."""
    path = "data/reports/performance.json"

    right = sealed.replace_json(path, _with_index(None), repair="resign")
    wrong = sealed.replace_json(path, _with_index(0.0001), repair="resign")
    good, bad = verify_bundle(right, trust=pinned), verify_bundle(wrong, trust=pinned)

    assert (good["stability"].status, good["stability"].found) == ("passed", "1 numbers")
    assert [c.what for c in good.failed] == []
    assert bad.exit_code == 1
    assert [(c.id, c.path) for c in bad.failed] == [("stability", path)]


def test_a_bundle_without_indices_has_no_such_check(sealed: BundleBuilder, pinned: Trust) -> None:
    checks = verify_bundle(sealed.path, trust=pinned).checks

    assert "stability" not in {c.id for c in checks}
