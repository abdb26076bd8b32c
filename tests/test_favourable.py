"""Which way round fairness is read: said in a sentence, and asked where it reads upside down."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.recompute.case import binary_config, sensitive

from affidavit.config import Config, Label
from affidavit.evidence import Finding
from affidavit.favourable import direction, favourable_findings

SAMPLES = Path(__file__).parents[1] / "samples"


def _favourable(column: str, favourable: str | None) -> tuple[Finding, ...]:
    return favourable_findings(binary_config(label=_label(column, favourable)))


def _label(column: str, favourable: str | None, means: str | None = None) -> Label:
    return Label(
        column=column, kind="outcome", positive="1", favourable=favourable, favourable_means=means
    )


def _grouped(label: Label, **changes: object) -> Config:
    return binary_config(label=label, sensitive={"sex": sensitive(column="sex")}, **changes)


@pytest.mark.parametrize(
    ("column", "good", "adverse"),
    [
        ("deny", "no", "yes"), ("default-payment-next-month", "0", "1"), ("is_fraud", "F", "T"),
        ("approved", "yes", "no"), ("loanGranted", "true", "false"), ("class", "good", "bad"),
        ("status", "Fully Paid", "Charged Off"), ("status", "approved", "not approved"),
        ("status", "repaid", "unpaid"), ("outcome", "non-default", "default"),
        ("not_delinquent", "y", "n"), ("arrears_90d", "0", "1"), ("declined", "0", "1"),
        ("chargeoff", "0", "1"), ("decision", "accepted", "REJECTED"), ("hired", "1", "0"),
    ],
)  # fmt: skip
def test_words_tell_a_favourable_value_that_is_upside_down(
    column: str, good: str, adverse: str
) -> None:
    assert _favourable(column, good) == ()

    (found,) = _favourable(column, adverse)

    assert (found.id, found.kind) == ("recompute.favourable", "exception")
    assert f"'{column} = {adverse}' is declared good for the person" in found.what


@pytest.mark.parametrize(
    ("column", "favourable"),
    [("y", "yes"), ("target", "1"), ("approved_or_denied", "1"), ("denied_or_approved", "1"), ("deny", "maybe"),
     ("deny", None), ("defaulted", "2"), ("badge", "1"), ("grading", "0")],
)  # fmt: skip
def test_words_of_no_sense_or_of_both_say_nothing(column: str, favourable: str | None) -> None:
    assert _favourable(column, favourable) == ()


@pytest.mark.parametrize(("sample", "flipped"), [("credit-risk", "yes"), ("card-default", "1")])
def test_the_samples_are_read_right_and_flipped_ones_are_seen(sample: str, flipped: str) -> None:
    declared = tomllib.loads((SAMPLES / sample / "affidavit.toml").read_text())["label"]
    label = Label(**declared)

    assert favourable_findings(binary_config(label=label)) == ()
    turned = label.model_copy(update={"favourable": flipped})
    assert len(favourable_findings(binary_config(label=turned))) == 1


@pytest.mark.parametrize("favourable", ["0", "1", "true", "B", "yes", "-1", "2.0"])
def test_a_code_that_nobody_has_put_into_words_is_a_gap(favourable: str) -> None:
    (found,) = favourable_findings(_grouped(_label("y", favourable)))

    assert (found.id, found.kind) == ("recompute.favourable-meaning", "gap")
    assert found.what.startswith(f"what 'y = {favourable}' means for the person is not said")
    said = _label("y", favourable, "the loan was repaid")
    assert favourable_findings(_grouped(said)) == ()


@pytest.mark.parametrize(
    ("column", "favourable"), [("y", "genehmigt"), ("deny", "0"), ("status", "approved")]
)
def test_a_value_in_words_needs_no_more(column: str, favourable: str) -> None:
    assert favourable_findings(_grouped(_label(column, favourable))) == ()


def test_where_no_groups_are_compared_a_code_is_no_gap() -> None:
    assert favourable_findings(binary_config(label=_label("y", "1"))) == ()


@pytest.mark.parametrize(
    "means", ["the loan was repaid", "not denied", "the client didn't default", "no arrears"]
)
def test_good_words_of_the_meaning_are_no_exception(means: str) -> None:
    assert favourable_findings(_grouped(_label("y", "1", means))) == ()


@pytest.mark.parametrize("means", ["the client defaulted", "application rejected", "not repaid"])
def test_a_meaning_in_adverse_words_is_an_exception(means: str) -> None:
    (found,) = favourable_findings(_grouped(_label("y", "1", means)))

    assert (found.id, found.kind) == ("recompute.favourable", "exception")
    assert f"what it is said to mean is adverse: {means}" in found.what


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        (
            _label("y", "1"),
            (
                "y = 1 is taken as good for the person; the score is the probability of y = 1, so a "
                "higher score is better for the person."
            ),
        ),
        (
            _label("y", "0", "the loan was repaid."),
            (
                "y = 0 is taken as good for the person (declared: the loan was repaid); the score is "
                "the probability of y = 1, so a higher score is worse for the person."
            ),
        ),
    ],
)
def test_the_sentence_says_what_is_good_and_which_way_the_score_goes(
    label: Label, sentence: str
) -> None:
    assert direction(binary_config(label=label)) == sentence


def test_of_more_classes_the_sentence_says_that_the_rest_is_not_good() -> None:
    label = Label(column="grade", kind="outcome", favourable="A")

    assert direction(binary_config(task="multiclass", label=label)) == (
        "grade = A is taken as good for the person, every other value as not."
    )


def test_a_regression_has_no_sentence() -> None:
    label = Label(column="amount", kind="outcome", favourable="1")

    assert direction(binary_config(task="regression", label=label)) == ""
