"""The interview, held with a person who types from a list: one test a branch, and any sequence."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.starting import BARE, EVALUATION, KNOWN, UNSIGNED, Person, seen

from affidavit.config import Config
from affidavit.errors import ConfigError
from affidavit.starting.about_data import roles
from affidavit.starting.about_people import attributes
from affidavit.starting.dialogue import SHOWN, Quit, interview
from affidavit.starting.known import Known
from affidavit.starting.question import Answer, Key
from affidavit.starting.questions import unasked
from affidavit.starting.writing import config_text
from affidavit.toml_reader import open_places, read_config

DAY = "2026-11-29"
# Column, task, kind, positive, favourable, its meaning, horizon, threshold, final decision, beside.
LABEL = ["deny", "", "past-decision", "yes", "no", "it was granted", "", "0.25", "", ""]
ENTERS = [""] * len(unasked(KNOWN))
CLASSES = replace(
    KNOWN,
    tables=(replace(EVALUATION, columns=(*EVALUATION.columns, seen("grade", "A", "B", "C"))),),
)


def held(known: Known, *lines: str) -> tuple[dict[Key, Answer], str]:
    person = Person(lines)
    return interview(known, person), person.screen


def read_back(known: Known, answers: dict[Key, Answer]) -> Config:
    return read_config(config_text(known, answers, day=DAY).encode(), "affidavit.toml")


def test_all_answered_the_file_reads_back_to_the_answers() -> None:
    answers, _ = held(
        KNOWN, *LABEL, "Sex, data/protected.csv:applicant_age", "self-reported", "male", "observed",
        "", "25, 60", "25-59", "", "", "email", "", "validation", "reference", "models:/x/1", "val@bank.example",
    )  # fmt: skip

    config = read_back(KNOWN, answers)

    assert (config.task, config.rows.id, config.rows.exclude) == (
        "binary", "application_id", ("email",),
    )  # fmt: skip
    label = config.label
    assert (label.column, label.kind, label.positive) == ("deny", "past-decision", "yes")
    assert (label.favourable, label.favourable_means) == ("no", "it was granted")
    assert config.decision.threshold == 0.25
    assert {n: s.model_dump(exclude_defaults=True) for n, s in config.sensitive.items()} == {
        "Sex": {"column": "Sex", "source": "self-reported", "reference": "male"},
        "applicant_age": {
            "column": "applicant_age", "source": "observed", "bands": (25.0, 60.0),
            "reference": "25-59", "table": "data/protected.csv", "join_on": "application_id",
        },
    }  # fmt: skip
    assert {r: (d.path, d.include) for r, d in config.datasets.items()} == {
        "validation": ("data/evaluation.csv", "reference")
    }
    assert config.challenger == "models:/x/1"
    assert (config.set_by, config.set_on) == ("val@bank.example", DAY)


def test_enter_alone_decides_nothing_about_people() -> None:
    answers, _ = held(KNOWN)

    assert {k for k, a in answers.items() if a is None} == {
        ("label", "column"), ("task",), ("label", "kind"), ("label", "positive"),
        ("label", "favourable"), ("decision", "threshold"), ("sensitive",),
        ("dataset", "data/evaluation.csv", "include"),
    }  # fmt: skip
    assert {k: a for k, a in answers.items() if a} == {
        ("rows", "id"): ("application_id",),
        ("datasets",): ("data/evaluation.csv",),
        ("dataset", "data/evaluation.csv", "role"): ("validation",),
    }


def test_counts_are_shown_and_nothing_of_a_personal_column() -> None:
    _, screen = held(KNOWN)

    assert "deny            no 100, yes 99" in screen
    assert "perhaps personal: its name speaks of an e-mail address" in screen


def test_a_question_mark_tells_more_and_asks_again() -> None:
    answers, screen = held(KNOWN, "?", "deny")

    assert "A column of the data that is no input, and is not listed, can be typed." in screen
    assert answers["label", "column"] == ("deny",)


def test_back_asks_the_question_before_and_what_hung_on_it_is_asked_anew() -> None:
    answers, screen = held(KNOWN, "back", "deny", "regression", "back", "binary", "outcome", "yes")

    assert "This is the first question." in screen
    assert answers["task",] == ("binary",)
    assert answers["label", "positive"] == ("yes",)
    assert screen.count("What does the model predict?") == 2


def test_quit_leaves_at_any_question_and_at_the_end() -> None:
    for lines in (["quit"], [*LABEL, "quit"], [*ENTERS, "what?", "quit"]):
        with pytest.raises(Quit):
            held(KNOWN, *lines)
    person = Person([*ENTERS, "what?"])
    interview(KNOWN, person)
    assert "Enter, back or quit." in person.screen


def test_back_at_the_end_asks_the_last_question_again() -> None:
    answers, screen = held(KNOWN, *ENTERS, "back", "me")

    assert screen.count("Who decides what stands in this file?") == 2
    assert answers["set_by",] == ("me",)


def test_a_candidate_is_named_by_its_number_and_a_value_that_is_a_number_is_itself() -> None:
    coded = replace(KNOWN, tables=(
        replace(EVALUATION, columns=(*EVALUATION.columns[:3], seen("bad", "0", "1"))),
    ))  # fmt: skip

    answers, screen = held(coded, "1", "1", "1", "1", "0")

    assert answers["label", "column"] == ("bad",)
    assert answers["task",] == ("binary",)
    assert answers["label", "positive"] == ("1",)
    assert answers["label", "favourable"] == ("0",)
    assert "    0  100 rows" in screen.splitlines()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["9"], "There is no 9 among them."),
        (["denny"], "No such column in the data: denny."),
        (["<a column>"], "A text in angle brackets is a place left open."),
        (["none"], "None is no answer here: Enter leaves it open."),
        (['"none"'], "No such column in the data: none."),
        (["deny", "binry"], "Binry is none of them; did you mean binary?"),
        ([*LABEL[:3], "maybe"], "Maybe is none of them."),
        ([*LABEL[:5], "x" * 201], "At most 200 characters, page one has no more room."),
        ([*LABEL[:7], "1.5"], "1.5 is not from 0 to 1."),
        ([*LABEL[:7], "a quarter"], "A quarter is not a number, as in 0.25."),
        ([*LABEL[:8], "deny"], "Deny is the label."),
        ([*LABEL, "Sex, Sex"], "Sex stands there twice."),
        ([*LABEL, "deny"], "Deny is the label."),
        ([*LABEL, "Sex", "", "", "deny"], "Deny is the label."),
        ([*LABEL, "none", "", "deny"], "Deny has another use."),
        ([*LABEL, "none", "", "", "deny"], "Deny has another use."),
        ([*LABEL, "none", "", "", "", "../x.csv"], "A path inside the repository is needed"),
        ([*LABEL, "none", "", "", "", "", "My Role"], "Small letters, digits, - and _"),
        ([*LABEL, "none", *[""] * 6, "credit/2"], "Write models:/<name>/<number> or"),
    ],
)
def test_what_cannot_be_taken_is_told_and_asked_again(lines: list[str], told: str) -> None:
    person = Person(lines)

    interview(KNOWN, person)

    assert told in person.screen.replace("\n  ", " ")


def test_what_decides_beside_the_model_is_written() -> None:
    nine = ", ".join("abcdefghi")
    answers, screen = held(KNOWN, *LABEL[:9], nine, "policy rules, models:/fraud/7")

    assert "At most 8, there is no more room." in screen
    assert answers["decision", "beside"] == ("policy rules", "models:/fraud/7")


def test_bands_have_to_increase() -> None:
    person = Person([*LABEL, "data/protected.csv:applicant_age", "", "", "60, 25", "25, 60"])

    answers = interview(KNOWN, person)

    assert "The numbers have to increase." in person.screen
    assert answers["sensitive", "applicant_age", "bands"] == ("25", "60")


def test_a_range_of_features_is_taken_and_what_the_model_must_not_get_is_refused() -> None:
    lines = [*LABEL, "none", "application_id", "", "", "deny", "1-99", "1-2"]
    person = Person(lines)

    answers = interview(UNSIGNED, person)

    assert "Deny is kept from the model." in person.screen
    assert "1-99 is no range" in person.screen
    assert answers["features", "columns"] == ("income", "debt")


def test_decisions_in_a_column_need_that_column() -> None:
    answers, _ = held(KNOWN, *LABEL[:7], "none", "")
    assert answers["decision", "column"] is None

    answers, _ = held(KNOWN, *LABEL[:7], "none", "final", "", "none", *[""] * 5, "embed")

    config = read_back(KNOWN, answers)
    assert (config.decision.threshold, config.decision.column) == (None, "final")


def test_regression_asks_for_no_values_and_no_decision() -> None:
    answers, _ = held(KNOWN, "income", "regression")

    assert not {("label", "positive"), ("label", "favourable")} & set(answers)
    assert ("decision", "threshold") not in answers


def test_classes_without_a_good_one_need_it_once_groups_are_compared() -> None:
    lines = ["grade", "multiclass", "outcome", "none", "", ""]
    answers, _ = held(CLASSES, *lines, "none", *[""] * 5, "embed")
    assert read_back(CLASSES, answers).label.favourable is None

    answers, _ = held(CLASSES, *lines, "Sex", "observed", *[""] * 6, "embed")
    text = config_text(CLASSES, answers, day=DAY)
    assert [p.key for p in open_places(text.encode(), "x")] == ["label.favourable"]


def test_a_long_list_is_cut_and_a_question_mark_shows_it_whole() -> None:
    many = replace(KNOWN, tables=(
        replace(EVALUATION, columns=(*EVALUATION.columns, *(seen(f"c{i}") for i in range(30)))),
    ))  # fmt: skip

    _, screen = held(many, "?", "30")

    assert f"and {5 + 30 - SHOWN} more: ? shows them" in screen
    assert re.search(r"^  34  c29 *$", screen, re.MULTILINE)


def test_no_line_is_wider_than_a_terminal() -> None:
    person = Person(["?"] * 3 + LABEL + ["Sex", "?"])

    interview(replace(KNOWN, thresholds=(("the run's parameter " + "x" * 30, "0.5"),)), person)

    assert max(map(len, person.shown)) <= 80


# ---- whatever is typed

TYPED = st.one_of(
    st.sampled_from([
        "", "", "", "?", "back", "open", "none", '"none"', "1", "2", "3", "1-2", "1, 2", "0.25",
        "0", "1.5", "25, 60", "yes", "no", "deny", "final", "Sex", "Sex, email", "income",
        "binary", "multiclass", "regression", "outcome", "embed", "observed", "a.csv, b.csv",
        "application_id", "data/protected.csv:applicant_age", "test", "<x>", "label", ",", '"',
    ]),
    st.text(max_size=12),
)  # fmt: skip


@given(st.sampled_from([KNOWN, UNSIGNED, BARE, CLASSES]), st.lists(TYPED, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_answers_give_a_file_that_reads_back_to_them_or_names_what_is_open(
    known: Known, lines: list[str]
) -> None:
    answers = interview(known, Person([line for line in lines if line.strip() != "quit"]))
    text = config_text(known, answers, day=DAY)

    places = open_places(text.encode(), "affidavit.toml")
    if places:
        with pytest.raises(ConfigError) as caught:
            read_config(text.encode(), "affidavit.toml")
        told = caught.value.what.splitlines()[1:]
        assert len(told) == len(places)
        assert all("is still the placeholder" in line for line in told)
    else:
        _require_same(known, answers, read_config(text.encode(), "affidavit.toml"))


def _require_same(known: Known, answers: dict[Key, Answer], config: Config) -> None:
    """Each answer stands in the file, and what has none is not there."""
    said = config.model_dump()
    for key, answer in answers.items():
        if key[0] in ("datasets", "dataset", "sensitive"):
            continue
        value: object = said
        for step in key:
            value = value[step] if isinstance(value, dict) else None
        if isinstance(value, tuple):
            assert value == answer, key
        elif isinstance(value, float):
            assert [value] == [float(v) for v in answer or ()], key
        else:
            assert (value,) == (answer or (None,)), key
    assert {r: (d.path, d.include) for r, d in config.datasets.items()} == {
        r.name: (r.path, (answers["dataset", r.path, "include"] or ("",))[0])
        for r in roles(known, answers)
    }
    chosen = attributes(known, answers)
    assert list(config.sensitive) == [a.name for a in chosen]
    assert len(chosen) == len(answers["sensitive",] or ())
    for one in chosen:
        found = config.sensitive[one.name]
        assert (found.column, found.table) == (one.column, one.table.path if one.table else None)
        assert (found.source,) == answers["sensitive", one.name, "source"]
