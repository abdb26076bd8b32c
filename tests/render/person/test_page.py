"""The page for the person concerned: what it says in each case, and what never stands on it."""

from __future__ import annotations

import html
import io
import itertools
import re
from datetime import UTC, datetime

import pytest
from tests.support.person import (
    INPUTS,
    LACKING,
    adverse,
    concerning,
    config,
    declared,
    favourable,
    other,
    protected,
)

from affidavit.config import Declarations
from affidavit.explanation_record import (
    Attribution,
    Change,
    Counterfactual,
    Input,
    Lacking,
    Reason,
    Reasons,
)
from affidavit.render.person import (
    Concerning,
    LoggedThen,
    Page,
    compose,
    page_html,
    page_pdf,
)

NOTHING = Declarations(version=1)
DIFFERS = LoggedThen(logged="0.6", now="0.73", is_same=False)


def text_of(about: Concerning) -> str:
    """All words of the page, as a person reads them."""
    body = page_html(compose(about)).partition("<body")[2].partition(">")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def section(about: Concerning, name: str) -> str:
    """One section's words."""
    page = compose(about)
    found = next(s for s in page.sections if s.id == name)
    parts = [p.text for p in (*found.before, *found.after)]
    return " ".join((*parts, *found.points))


def test_says_first_how_far_a_computer_decided_and_what_it_means() -> None:
    page = compose(concerning())

    assert page.deck == (
        "The model's answer is: deny = yes.", "It is not in your favour.",
        "A result in your favour means: the loan was not denied.",
        "This page does not know what was decided in the end.",
    )  # fmt: skip
    assert page.sections[0].title == "How far a computer decided"
    first, purpose, consequences, oversight = page.sections[0].before
    assert first.text == (
        "A computer worked out a score. The decision draws on that score. Your score is 0.73. "
        "From 0.5 up, the model's answer is: deny = yes."
    )
    assert [p.voice for p in (purpose, consequences, oversight)] == ["quoted"] * 3
    assert purpose.text.startswith("Ranks applications")


@pytest.mark.parametrize(
    ("automated", "said"),
    [("solely", "A computer made this decision alone."), ("advisory", "A person made the decision."),
     ("score-drawn-on", "The decision draws on that score.")],
)  # fmt: skip
def test_each_degree_has_its_words(automated: str, said: str) -> None:
    assert said in section(concerning(declarations=declared(automated=automated)), "decided")


def test_what_nobody_declared_is_said_to_be_missing_with_whom_to_ask() -> None:
    about = concerning(declarations=NOTHING)

    assert section(about, "decided").endswith(
        "The institution has not stated how far a computer decided, what the result is used for, "
        "what the result means for you or who can change or stop a result. Ask the office that told you the result."
    )
    contest = section(about, "contest")
    assert "has not stated how you can contest the result" in contest
    assert "has not stated who answers for this model" in contest
    stated = section(concerning(), "contest")
    assert "not stated" not in stated
    assert "appeals@bank.example" in stated
    assert "How we review a decision (2026-02-01), https://bank.example/review" in stated
    assert "ask Head of Mortgage Lending" in stated


def test_lists_every_input_the_main_ones_first_and_which_way_it_counted() -> None:
    facts = next(s for s in compose(concerning()).sections if s.id == "data").facts

    assert [(f.name, f.value, f.effect) for f in facts] == [
        ("debt to income", "0.46", "strongly against you"),
        ("credit history", "5", "strongly against you"),
        ("loan to value", "0.92", "against you"),
        ("income", "45,000", "in your favour"),
        ("unemployment rate", "3.9", "against you"),
        ("self employed", "no", "hardly counted"),
        ("region", "north", "hardly counted"),
        ("past default", "not known", "hardly counted"),
    ]
    assert "It was not given: sex, age." in section(concerning(), "data")


def test_the_way_turns_where_the_score_is_of_the_good_label() -> None:
    good = config(label={"column": "repaid", "kind": "outcome", "positive": "yes",
                         "favourable": "yes"})  # fmt: skip

    facts = next(
        s for s in compose(concerning(of="yes", config=good)).sections if s.id == "data"
    ).facts

    assert facts[0].effect == "strongly in your favour"
    assert facts[3].effect == "against you"


def test_of_three_classes_a_score_of_neither_the_decision_nor_the_good_one_says_nothing() -> None:
    three = config(task="multiclass", decision={}, label={
        "column": "grade", "kind": "outcome", "favourable": "low",
    })  # fmt: skip
    none = adverse(label="high", threshold=None, reasons=Reasons(status="none", method="m"))

    def first(of: str) -> tuple[str, str]:
        about = concerning(none, of=of, config=three)
        facts = next(s for s in compose(about).sections if s.id == "data").facts
        return facts[0].effect, section(about, "reasons").partition(".")[0]

    assert first("high") == (
        "strongly against you", "Next to an average case, none of your data counted against you",
    )  # fmt: skip
    assert first("low")[0] == "strongly in your favour"
    assert first("middle") == ("raised the score", "The reasons could not be worked out")


def test_without_a_good_label_it_says_what_the_score_did_and_no_more() -> None:
    none = config(label={"column": "deny", "kind": "outcome", "positive": "yes"})
    about = concerning(
        adverse(is_adverse=None, reasons=Reasons(status="none", method="m")), config=none
    )

    facts = next(s for s in compose(about).sections if s.id == "data").facts

    assert (facts[0].effect, facts[3].effect) == ("raised the score", "lowered the score")
    assert "Nobody has stated which result is good for you, so no reasons are listed." in section(
        about, "reasons"
    )
    assert "favour" not in text_of(about)


def test_columns_that_are_explained_together_share_what_they_did() -> None:
    grouped = config(explain={"groups": {"burden": ["debt_to_income", "loan_to_value"]}})
    decision = adverse(attributions=(Attribution(feature="burden", value=1.0),))

    facts = next(
        s for s in compose(concerning(decision, config=grouped)).sections if s.id == "data"
    ).facts

    assert [f.name for f in facts if f.effect == "strongly against you"] == [
        "debt to income", "loan to value",
    ]  # fmt: skip


def test_reasons_have_their_declared_words_and_the_values_they_speak_of() -> None:
    found = next(s for s in compose(concerning()).sections if s.id == "reasons")

    assert found.is_ranked
    assert found.points == (
        "Your debts are high for your income (code R05). Debt to income: 0.46",
        "Past payments were late (code R02). Credit history: 5",
        "loan to value: 0.92",
    )


def test_a_favourable_result_has_no_reasons_and_nothing_to_change() -> None:
    about = concerning(favourable())

    assert "so no reasons are listed" in section(about, "reasons")
    assert [s.id for s in compose(about).sections] == ["decided", "data", "reasons", "contest"]
    assert compose(about).deck == (
        "The model's answer is: the loan was not denied.", "It is in your favour.",
        "This page does not know what was decided in the end.",
    )  # fmt: skip


def test_a_protected_mover_gives_no_list_and_says_why() -> None:
    about = concerning(protected())
    found = next(s for s in compose(about).sections if s.id == "reasons")

    assert found.points == ()
    assert "A protected trait was a main cause of your score: age." in found.before[0].text
    assert "Ask Head of Mortgage Lending" in found.before[0].text
    text = text_of(about)
    assert "R05" not in text
    assert "How it counted" not in text
    assert "against you" not in text
    facts = next(s for s in compose(about).sections if s.id == "data").facts
    assert [f.name for f in facts] == [n.replace("_", " ") for n in INPUTS]  # in no order of theirs


def test_what_rules_or_people_decided_is_not_from_this_model() -> None:
    about = concerning(other())

    assert compose(about).deck[:2] == (  # the final one, which the model's own was not
        "The result is: deny = yes.", "It is not in your favour.",
    )  # fmt: skip
    assert "changed by rules or by a person" in section(about, "decided")
    assert "not from this model" in section(about, "reasons")
    assert "change" not in {s.id for s in compose(about).sections}


def test_changes_are_examples_and_no_promise() -> None:
    found = section(concerning(), "change")

    assert (
        "With debt to income 0.31 in place of 0.46, this version would have given: the loan was "
        "not denied." in found
    )
    assert "a change that would have turned the model's answer" in found
    assert "They are not a promise" in found


def test_where_no_change_is_there_a_person_is_not_told_of_rows_and_settings() -> None:
    none = adverse(counterfactuals=(), none_found="Of 40 generated rows none can be shown.")
    unasked = config(explain={"counterfactuals": {"most": 0}})
    failed = Lacking(part="counterfactuals", reason="the model failed", fix="look")

    assert section(concerning(none), "change") == (
        "No change was found that would have turned the result. That comes from a search, and does "
        "not prove that there is none."
    )
    assert section(concerning(none, config=unasked), "change").startswith(
        "No such change was looked for. Ask Head of Mortgage Lending"
    )
    assert section(concerning(none, lacking=(failed,)), "change").startswith(
        "This could not be worked out. Ask Head of Mortgage Lending"
    )


def test_the_models_answer_is_the_result_only_where_it_decides_or_the_end_is_known() -> None:
    alone = concerning(declarations=declared(automated="solely"))
    final = concerning(adverse(final="yes"))

    for about in (alone, final):
        assert compose(about).deck[0] == "The result is: deny = yes."
        assert "decided in the end" not in text_of(about)
    for automated in ("score-drawn-on", "advisory", None):
        page = compose(concerning(declarations=declared(automated=automated)))
        assert page.deck[0] == "The model's answer is: deny = yes."
        assert page.deck[-1] == "This page does not know what was decided in the end."


def test_cases_close_to_the_cut_are_not_called_average() -> None:
    text = text_of(concerning(is_near_cut=True))

    assert "how each fact counted, next to cases close to the cut." in text
    assert "Next to cases close to the cut, these counted most against you." in text
    assert "average" not in text
    assert "Next to an average case, these counted most" in text_of(concerning())


def test_a_change_is_told_in_full_since_a_rounded_one_may_not_turn_the_result() -> None:
    near = Counterfactual(
        changes=(Change(column="debt_to_income", was=0.460012, now=0.4600049),), score=0.4999,
        decision="no", distance=0.1,
    )  # fmt: skip

    assert "With debt to income 0.4600049 in place of 0.460012" in section(
        concerning(adverse(counterfactuals=(near,))), "change"
    )


def test_a_score_just_below_the_cut_does_not_read_as_on_it() -> None:
    below = favourable().model_copy(update={"score": 0.499999})

    assert "Your score is 0.499999. From 0.5 up" in section(concerning(below), "decided")
    assert "Your score is 0.73. From 0.5 up" in section(concerning(), "decided")


def test_a_main_reason_never_hardly_counted() -> None:
    moved = {"debt_to_income": 9.0, "loan_to_value": 0.1, "income": 0.1}
    decision = adverse(
        attributions=tuple(Attribution(feature=k, value=v) for k, v in moved.items())
    )

    facts = next(s for s in compose(concerning(decision)).sections if s.id == "data").facts

    assert {f.name: f.effect for f in facts if f.name in {"loan to value", "income"}} == {
        "loan to value": "a little against you", "income": "hardly counted",
    }  # fmt: skip


def test_facts_and_results_stand_in_the_words_that_were_declared() -> None:
    said = config(
        explain={"words": {"debt_to_income": "debts in relation to income", "age": "how old you are"}},
        label={"column": "deny", "kind": "past-decision", "positive": "yes", "favourable": "no",
               "unfavourable_means": "the loan was denied."},
    )  # fmt: skip
    text = text_of(concerning(config=said))

    assert "The model's answer is: the loan was denied. It is not in your favour." in text
    assert "With debts in relation to income 0.31 in place of 0.46" in text
    assert "Debts in relation to income: 0.46" in text
    assert "It was not given: sex, how old you are." in text
    assert "debt to income" not in text
    assert "learned from what was decided in past cases" in text
    assert "learned from how past cases turned out" in text_of(concerning())


def test_what_the_result_means_for_the_person_is_declared_or_owed() -> None:
    told = compose(concerning()).sections[0].before
    owed = section(concerning(declarations=declared(consequences=None)), "decided")

    paragraph = next(p for p in told if "can be made again" in p.text)
    assert (paragraph.head, paragraph.voice) == ("What the result means for you", "quoted")
    assert "has not stated what the result means for you. Ask" in owed


def test_a_decision_that_was_changed_is_not_said_to_be_a_computers_alone() -> None:
    changed = section(concerning(other(), declarations=declared(automated="solely")), "decided")

    assert "No person took part" not in changed
    assert "Then the result was changed by rules or by a person." in changed
    twin = section(concerning(declarations=declared(automated="solely")), "decided")
    assert "No person took part in it." in twin


def test_what_could_not_be_worked_out_is_named() -> None:
    bare = adverse(attributions=(), counterfactuals=(), reasons=Reasons(status="none", method="m"))
    about = concerning(bare, lacking=(LACKING,))

    assert "The reasons could not be worked out." in section(about, "reasons")
    assert "How it counted" not in text_of(about)
    assert "Not worked out: anchors (alibi is not installed)." in text_of(about)


def test_another_score_than_the_logged_one_comes_before_everything() -> None:
    text = text_of(concerning(logged=DIFFERS))

    assert text.index("This page may not be about the decision") < text.index("How far a computer")
    assert "The score logged with the decision is 0.6. This version now gives 0.73." in text
    assert "So another version decided, or the facts were other ones." in text
    assert "may not be about" not in text_of(concerning())


def test_a_version_registered_after_the_decision_is_cautioned_of() -> None:
    late = concerning(decided="2026-01-01", registered_later="2026-03-02")

    assert "put on record on 2026-03-02" in compose(late).cautions[0].text


def test_a_regression_tells_the_estimate() -> None:
    amounts = config(task="regression", label={"column": "loss", "kind": "outcome"}, decision={})
    decision = adverse(score=1234.5, label="", is_adverse=None, threshold=None, counterfactuals=(),
                       reasons=Reasons(status="none", method="m"))  # fmt: skip

    page = compose(concerning(decision, of="loss", config=amounts))

    assert page.deck == ("The estimate in your case is 1,234.5.",)
    assert "change" not in {s.id for s in page.sections}


def test_it_is_one_page_without_script_or_address_that_is_asked_for() -> None:
    page = page_html(compose(concerning(logged=DIFFERS)))

    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=", page)
    assert "default-src 'none'" in page
    assert page.count("<h1>") == 1
    assert page.count("<h2 ") == 6
    headings = [int(n) for n in re.findall(r"<h([1-6])", page)]
    assert headings == [1, *[2] * 6]


def test_names_and_declared_words_cannot_act_in_it() -> None:
    evil = '<script>alert("x")</script> \u202edab'
    about = concerning(
        adverse(inputs=(Input(column=evil, value=evil),), attributions=()),
        declarations=declared(owner=evil, purpose=evil, title=evil), name=evil,
    )  # fmt: skip

    page = page_html(compose(about))

    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def every_case() -> list[Concerning]:
    decisions = (adverse(), favourable(), protected(), other())
    says = (declared(), NOTHING, declared(automated="solely", safeguards=None))
    return [
        concerning(decision, declarations=said, logged=logged, lacking=(LACKING,))
        for decision, said, logged in itertools.product(decisions, says, (None, DIFFERS))
    ]


def test_our_own_sentences_ask_for_eight_years_of_school_at_most() -> None:
    grades = [float(re.search(r"ask for (-?[\d.]+) years", " ".join(compose(a).about))[1])
              for a in every_case()]  # fmt: skip

    assert len(grades) == 24
    assert min(grades) > 1
    assert max(grades) <= 8


def long_page() -> Page:
    """33 inputs with long names, four reasons, three ways out, long declarations, a caution."""
    names = [f"feature_with_a_long_name_{i}" for i in range(33)]
    words = "A long sentence that somebody wrote about this, with many words in it. " * 4
    reasons = tuple(
        Reason(code=f"R{i}", text="The balance was low for a long time", features=(n,), value=0.1,
               share=0.2) for i, n in enumerate(names[:4])
    )  # fmt: skip
    ways = tuple(
        Counterfactual(changes=tuple(Change(column=n, was=1.0, now=2.0) for n in names[:k]),
                       score=0.4, decision="no", distance=1.0) for k in (1, 2, 3)
    )  # fmt: skip
    decision = adverse(
        inputs=tuple(Input(column=n, value=i * 1.37) for i, n in enumerate(names)),
        attributions=tuple(Attribution(feature=n, value=1 / (i + 1)) for i, n in enumerate(names)),
        reasons=Reasons(status="issued", method="m", reasons=reasons), counterfactuals=ways,
    )  # fmt: skip
    said = declared(purpose=words, oversight=words, safeguards=words)
    return compose(concerning(decision, declarations=said, logged=DIFFERS, decided="2026-01-01"))


def test_many_inputs_are_all_there() -> None:
    found = next(s for s in long_page().sections if s.id == "data")

    assert len(found.facts) == 16
    assert "feature with a long name 32: 43.84" in found.after[0].text


@pytest.mark.slow  # a process of WeasyPrint
def test_a_long_page_fits_two_sheets() -> None:
    from pypdf import PdfReader

    content = page_pdf(long_page(), datetime(2026, 11, 29, tzinfo=UTC))

    read = PdfReader(io.BytesIO(content))
    assert len(read.pages) == 2
    assert "How to contest the result" in read.pages[1].extract_text()
    assert read.trailer["/Root"]["/Lang"] == "en"


@pytest.mark.parametrize("column", INPUTS)
def test_no_input_is_left_out(column: str) -> None:
    assert column.replace("_", " ") in text_of(concerning())


def test_a_score_below_the_threshold_is_not_shown_as_the_threshold() -> None:
    near = concerning(favourable().model_copy(update={"score": 0.499998}))

    said = section(near, "decided")

    assert "Your score is 0.499998." in said
    assert "From 0.5 up" in said
    assert "Your score is 0.73." in section(concerning(adverse()), "decided")


def test_a_change_is_shown_with_the_digits_that_turn_the_result() -> None:
    way = Counterfactual(
        changes=(
            Change(column="debt_to_income", was=0.46, now=0.459996),
            Change(column="loan_to_value", was=0.923456789, now=0.8),
        ),
        score=0.499, decision="no", distance=0.01,
    )  # fmt: skip

    said = section(concerning(adverse(counterfactuals=(way,))), "change")

    assert "debt to income 0.459996 in place of 0.46 " in said
    assert "loan to value 0.8 in place of 0.9235," in said


@pytest.mark.parametrize(
    "race",
    [
        {"source": "estimated", "probabilities": {"a": "region", "b": "income"}},
        {"source": "observed", "table": "apart.csv", "join_on": "id", "column": "region"},
    ],
)
def test_an_attribute_that_an_input_holds_is_not_said_to_be_unseen(race: dict[str, object]) -> None:
    sensitive = {"sex": {"column": "sex", "source": "observed"}, "race": race}

    said = section(concerning(adverse(), config=config(sensitive=sensitive)), "data")

    assert "It was not given: sex." in said


def test_an_input_by_the_name_of_an_attribute_is_not_said_to_be_unseen() -> None:
    region = {"region": {"column": "code", "source": "observed"}}

    said = section(concerning(adverse(), config=config(sensitive=region)), "data")

    assert "not given" not in said
