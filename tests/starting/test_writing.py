"""What init writes: nothing that decides about people is filled in, and all of it is TOML."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.starting import BARE, EVALUATION, KNOWN, UNSIGNED, seen

from affidavit.errors import ConfigError
from affidavit.starting.glimpse import Table
from affidavit.starting.known import Known
from affidavit.starting.questions import unasked
from affidavit.starting.toml_lines import toml_text
from affidavit.starting.writing import config_text
from affidavit.toml_reader import open_places, read_config

DAY = "2026-11-29"
OPEN = [
    "task", "label.column", "label.kind", "label.positive", "label.favourable",
    "decision.threshold", "datasets.validation.include", "sensitive.attribute.column",
    "sensitive.attribute.source",
]  # fmt: skip


def unanswered(known: Known) -> str:
    return config_text(known, unasked(known), day=DAY)


def test_nothing_that_decides_about_people_is_filled_in() -> None:
    text = unanswered(KNOWN)

    assert [p.key for p in open_places(text.encode(), "x")] == OPEN
    written = tomllib.loads(text)
    assert written["rows"] == {"id": "application_id"}
    assert written["datasets"]["validation"]["path"] == "data/evaluation.csv"
    assert set(written) == {
        "version", "task", "rows", "label", "decision", "datasets", "sensitive",
    }  # fmt: skip


def test_a_build_refuses_each_open_place_by_its_line_and_nothing_else() -> None:
    text = unanswered(KNOWN)

    with pytest.raises(ConfigError) as caught:
        read_config(text.encode(), "affidavit.toml")

    told = caught.value.what.splitlines()[1:]
    places = open_places(text.encode(), "x")
    assert [t.partition(" is still the placeholder")[0] for t in told] == [
        f"line {p.line}: {p.key}" for p in places
    ]
    lines = text.splitlines()
    assert all("<" in lines[p.line - 1] for p in places)


def test_candidates_stand_above_the_place_as_whole_lines() -> None:
    lines = unanswered(KNOWN).splitlines()

    assert '#   column = "deny"' in lines
    assert '#   positive = "yes"  # seen in deny, final' in lines
    assert "#   threshold = 0.25  # the run's parameter decision_threshold" in lines
    assert '#   table = "data/protected.csv"' in lines
    assert "99" not in "".join(lines).replace("-11-29", "")  # counts are for the screen


def test_every_key_is_explained_in_80_columns() -> None:
    text = unanswered(KNOWN)

    assert max(map(len, text.splitlines())) <= 80
    for block in text.split("\n\n"):
        keys = [k for k in block.splitlines() if " = " in k and not k.startswith("#")]
        assert not keys or block.startswith(("#", "[", "version = 1")), block


def test_with_every_place_filled_in_the_reader_takes_it() -> None:
    text = unanswered(KNOWN)
    for place, answer in (
        ("<binary, multiclass or regression>", "binary"), ("<outcome, past-decision or proxy>", "outcome"),
        ('"<a probability from 0 to 1>"', "0.25"), ("<embed or reference>", "embed"),
        ("<self-reported, observed or estimated>", "observed"),
    ):  # fmt: skip
        text = text.replace(place, answer)
    text = text.replace('column = "<a column>"\n\n', 'column = "deny"\n\n', 1)
    text = text.replace('column = "<a column>"\nsource', 'column = "Sex"\nsource', 1)
    text = text.replace('positive = "<a value of the label>"', 'positive = "yes"', 1)
    text = text.replace('favourable = "<a value of the label>"', 'favourable = "no"', 1)

    config = read_config(text.encode(), "affidavit.toml")

    assert (config.task, config.label.column, config.label.favourable) == ("binary", "deny", "no")
    assert (config.decision.threshold, config.rows.id) == (0.25, "application_id")


def test_a_feature_that_looks_sensitive_is_pointed_out() -> None:
    known = replace(KNOWN, features=("age", "income"))

    assert "Inputs of the model with such a name: age." in unanswered(known)
    assert "Inputs of the model with such a name" not in unanswered(KNOWN)


def test_without_a_signature_the_features_are_asked_for() -> None:
    text = unanswered(UNSIGNED)

    assert tomllib.loads(text)["features"] == {"columns": ["<a column>"]}
    assert '#   "income",' in text.splitlines()


def test_without_any_data_the_file_still_says_what_is_to_be_filled_in() -> None:
    text = unanswered(BARE)

    assert tomllib.loads(text)["datasets"] == {
        "evaluation": {"path": "<the path of the data>", "include": "<embed or reference>"}
    }


def test_hostile_names_stay_in_their_comment_and_are_written_exactly() -> None:
    name = 'x"\n[decision]\nthreshold = 0.5 #\u202e\x7f'
    table = Table(path=name, rows=1, columns=(seen(name, "a\nb = 1"), seen("race\n", "x\ny")))
    text = unanswered(Known(subject="models:/x\nversion = 2/1", features=(), tables=(table,)))

    written = tomllib.loads(text)
    assert written["decision"] == {"threshold": "<a probability from 0 to 1>"}
    assert written["datasets"]["x-decision-threshold-0"]["path"] == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_toml_text_reads_back_as_it_was(text: str) -> None:
    assert tomllib.loads(f"a = {toml_text(text)}") == {"a": text}


def test_roles_are_made_unique_and_portable() -> None:
    tables = tuple(
        Table(path=p, rows=1, columns=EVALUATION.columns)
        for p in ("a/Test Set.csv", "b/test set.parquet", "c/信用.csv", "d/con.csv")
    )
    text = unanswered(Known(subject="models:/x/1", features=(), tables=tables))

    assert list(tomllib.loads(text)["datasets"]) == ["test-set", "test-set-2", "data", "con-data"]


def test_where_code_must_make_the_inputs_it_says_so_and_takes_what_the_run_read() -> None:
    known = replace(KNOWN, features=("ratio",))

    text = unanswered(known)

    assert '# adapter = "<module:function>"' in text
    assert 'path = "data/evaluation.csv"' in text
    assert [t.path for t in known.apart] == ["data/protected.csv"]
    assert "adapter" not in unanswered(KNOWN)
