"""What a card and page one say of a challenger: whom the intervals favour, and no small cell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from affidavit.agreement import compare_counts, joint_spec
from affidavit.challenger_record import (
    ChallengerReport,
    ChallengerRole,
    ComparedNumber,
)
from affidavit.challenger_short import card_challenger, challenger_row, shown_numbers
from affidavit.counts import Cell, count_table
from affidavit.evidence import AttributeSpec, CountSpec, Evidence, Fact, Subject

MAIN = CountSpec(
    role="evaluation", positive="yes", favourable="no", attributes=(AttributeSpec(name="sex"),)
)
Rows = Mapping[tuple[str, str, str, str], int]  # sex, label, ours, theirs
LARGE: Rows = {
    ("f", "no", "no", "no"): 80, ("f", "no", "yes", "no"): 20, ("f", "yes", "yes", "no"): 15,
    ("f", "yes", "yes", "yes"): 40, ("m", "no", "no", "no"): 90, ("m", "no", "no", "yes"): 12,
    ("m", "yes", "yes", "yes"): 50, ("m", "yes", "no", "yes"): 14,
}  # fmt: skip


def report_of(rows: Rows, *more: ComparedNumber) -> ChallengerReport:
    table = count_table(joint_spec(MAIN), [
        Cell(groups=(sex, theirs), label=label, decision=ours, n=n, sum_w=Decimal(n),
             sum_w2=Decimal(n))
        for (sex, label, ours, theirs), n in rows.items()
    ])  # fmt: skip
    n = sum(rows.values())
    role = ChallengerRole(role="evaluation", n_rows=n, n_labelled=n, counts=table.spec,
                          numbers=(*more, *compare_counts(table)))  # fmt: skip
    return ChallengerReport(name="risk", model_version="2", task="binary", roles=(role,))


def evidence(asked: str = "models:/risk@champion") -> Evidence:
    said = (("asked", asked, "declared"), ("version", "models:/risk/2", "claimed"))
    return Evidence(subject=Subject(name="risk", version="3")).adding(
        facts=tuple(
            Fact(id=f"challenger.{i}", kind="model", value=v, basis=b, source="--challenger")
            for i, v, b in said
        )
    )


def area(low: float, high: float, **more: str) -> ComparedNumber:
    return ComparedNumber(
        id="challenger/evaluation/roc_auc", metric="roc_auc", n=321, subject=0.8, challenger=0.81,
        difference=-0.01, low=low, high=high, source="scores", **more,
    )  # fmt: skip


def printed(report: ChallengerReport, masked: tuple[str, ...] = ()) -> set[str]:
    ids = (n.id for n in shown_numbers(report, report.roles[0], masked))
    return {i.removeprefix("challenger/evaluation/") for i in ids}


def test_page_one_says_first_in_what_the_challenger_is_better() -> None:
    better = report_of(LARGE, area(-0.02, -0.005, favours="challenger"))

    said = challenger_row(evidence(), better, ())

    assert said == (
        "risk, version 2, asked for as models:/risk@champion (declared); on the same 321 rows of "
        "evaluation it is better in area under the ROC curve; not told apart in accuracy"
    )


def test_page_one_says_that_it_is_not_compared_and_nothing_where_nobody_asked() -> None:
    assert challenger_row(evidence(), None, ()).endswith("it is not compared, and a gap says why")
    nobody = Evidence(subject=Subject(name="risk", version="3"))
    assert challenger_row(nobody, None, ()) == ""


def test_large_cells_are_printed_whole() -> None:
    report = report_of(LARGE)

    assert printed(report) == {
        "selection_rate", "accuracy", "true_positive_rate", "false_positive_rate",
        "selection_rate/sex=f", "selection_rate/sex=m", "demographic_parity_difference/sex",
    }  # fmt: skip
    assert card_challenger(report, ()).masked == 0


def test_a_group_of_whom_either_model_decides_few_so_hides_all_groups_of_its_attribute() -> None:
    """The challenger alone decides 7 women as `no`; with the men's share they would follow."""
    rows = {**LARGE, ("f", "no", "no", "no"): 7, ("f", "no", "yes", "no"): 0,
            ("f", "no", "no", "yes"): 80, ("f", "yes", "yes", "no"): 0}  # fmt: skip
    report = report_of({k: n for k, n in rows.items() if n})

    assert not [p for p in printed(report) if "sex" in p]
    assert "selection_rate" in printed(report)
    assert card_challenger(report, ()).masked == 3


def test_what_the_printed_groups_leave_of_all_rows_is_no_small_cell_either() -> None:
    rest: Rows = {**LARGE, ("(missing)", "no", "no", "no"): 4}

    assert not [p for p in printed(report_of(rest)) if "sex" in p]


def test_what_the_reports_mask_is_masked_here() -> None:
    report = report_of(LARGE)

    one = printed(report, ("fairness/evaluation/selection_rate/sex=f",))
    whole = printed(report, ("performance/evaluation/accuracy",))

    assert not [p for p in one if "sex" in p]
    assert "accuracy" not in whole
    assert "accuracy" not in challenger_row(
        evidence(), report, ("performance/evaluation/accuracy",)
    )
