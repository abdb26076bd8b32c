"""What init writes: nothing that decides about people is filled in, and all of it is TOML."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.cli.glimpse import Seen, Table
from affidavit.cli.starter import Known, config_text, declarations_text, toml_text
from affidavit.config import Declarations
from affidavit.errors import ConfigError
from affidavit.toml_reader import read_config, read_declarations


def seen(name: str, *values: str, unique: bool = False, numeric: bool = False) -> Seen:
    return Seen(name=name, values=values, is_unique=unique, is_numeric=numeric)


EVALUATION = Table(
    path="data/evaluation.csv",
    rows=100,
    columns=(
        seen("application_id", unique=True, numeric=True),
        seen("income", numeric=True),
        seen("debt", numeric=True),
        seen("deny", "no", "yes"),
        seen("Sex", "female", "male"),
    ),
)
PROTECTED = Table(
    path="data/protected.csv",
    rows=100,
    columns=(seen("application_id", unique=True), seen("applicant_age", numeric=True)),
)
KNOWN = Known(
    subject="models:/credit-risk/3",
    features=("income", "debt"),
    tables=(EVALUATION, PROTECTED),
    tracked=("data/evaluation.csv", "data/protected.csv"),
    thresholds=(("decision_threshold", "0.25"),),
)


def uncommented(text: str, *lines: str) -> str:
    """The file after a person has taken the # from some lines."""
    for line in lines:
        pattern = re.compile(rf"^# ({re.escape(line)})( +#.*)?$", re.MULTILINE)
        assert len(pattern.findall(text)) >= 1, f"{line!r} is no candidate in:\n{text}"
        text = pattern.sub(r"\1\2", text, count=1)
    return text


def filled(text: str) -> str:
    """The sample's choices, made."""
    text = uncommented(
        text, 'task = "binary"', 'id = "application_id"', 'kind = "past-decision"',
        'positive = "yes"', 'favourable = "no"', "threshold = 0.25", 'include = "embed"',
    )  # fmt: skip
    return uncommented(text, 'column = "deny"')


def test_with_the_choices_made_the_reader_takes_it() -> None:
    config = read_config(filled(config_text(KNOWN)).encode(), "affidavit.toml")

    assert (config.task, config.label.column, config.label.favourable) == ("binary", "deny", "no")
    assert (config.decision.threshold, config.rows.id) == (0.25, "application_id")
    assert {r: d.path for r, d in config.datasets.items()} == {"evaluation": "data/evaluation.csv"}


def test_as_written_the_reader_asks_for_every_choice() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(config_text(KNOWN).encode(), "affidavit.toml")

    asked = [line.partition(": ")[2] for line in caught.value.what.splitlines()[1:]]
    assert [a.partition(" is missing")[0] for a in asked] == [
        "task", "label.column", "label.kind", "datasets.evaluation.include",
    ]  # fmt: skip


def test_nothing_that_decides_about_people_is_filled_in() -> None:
    written = tomllib.loads(config_text(KNOWN))

    assert written == {
        "version": 1, "rows": {}, "label": {}, "decision": {},
        "datasets": {"evaluation": {"path": "data/evaluation.csv"}},
    }  # fmt: skip


def test_sensitive_candidates_are_blocks_that_can_be_taken_whole() -> None:
    text = filled(config_text(KNOWN))
    block = text[text.index("# [sensitive.applicant_age]") :].partition("\n\n")[0]
    taken = re.sub(r"^# ", "", block, flags=re.MULTILINE)

    asked = text.replace(block, taken)
    with pytest.raises(ConfigError, match=r"sensitive.applicant_age.source: expected"):
        read_config(asked.encode(), "x")
    config = read_config(asked.replace("<one of the three>", "observed").encode(), "x")

    age = config.sensitive["applicant_age"]
    assert (age.table, age.join_on) == ("data/protected.csv", "application_id")
    assert "# [sensitive.Sex]" in text
    assert "[sensitive.income]" not in text


def test_a_feature_that_looks_sensitive_is_pointed_out_and_not_offered() -> None:
    known = Known(subject="models:/x/1", features=("age", "income"), tables=(EVALUATION,))

    assert "takes columns with such a name itself: age." in config_text(known)
    assert "itself:" not in config_text(KNOWN)


def test_without_a_signature_the_features_are_asked_for() -> None:
    known = Known(subject="models:/x/1", features=(), tables=(EVALUATION,))
    text = config_text(known)
    block = text[text.index("# [features]") :].partition("\n\n")[0]
    taken = re.sub(r"^# ", "", block, flags=re.MULTILINE)

    features = tomllib.loads(text.replace(block, taken))["features"]

    assert features == {"columns": list(EVALUATION.names)}


def test_without_any_data_the_file_still_says_what_is_to_be_filled_in() -> None:
    text = config_text(Known(subject="models:/x/1", features=("a",)))

    assert tomllib.loads(text) == {"version": 1, "rows": {}, "label": {}, "decision": {}}
    made = uncommented(
        text, 'task = "regression"', 'kind = "outcome"', 'column = "<a column>"',
        "[datasets.evaluation]", 'path = "data/evaluation.csv"', 'include = "reference"',
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        read_config(made.encode(), "x")
    line = made.splitlines().index('column = "<a column>"') + 1
    assert caught.value.what.splitlines()[1:] == [
        f'line {line}: label.column is still the placeholder "<a column>"'
    ]
    assert read_config(made.replace("<a column>", "y").encode(), "x").task == "regression"


def test_hostile_names_stay_in_their_comment_and_are_written_exactly() -> None:
    name = 'x"\n[decision]\nthreshold = 0.5 #\u202e\x7f'
    table = Table(path=name, rows=1, columns=(seen(name, "a\nb = 1"), seen("race\n", "x\ny")))
    text = config_text(Known(subject="models:/x\nversion = 2/1", features=(), tables=(table,)))

    assert tomllib.loads(text)["decision"] == {}
    assert tomllib.loads(text)["datasets"]["x-decision-threshold-0"] == {"path": name}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_toml_text_reads_back_as_it_was(text: str) -> None:
    assert tomllib.loads(f"a = {toml_text(text)}") == {"a": text}


def test_roles_are_made_unique_and_portable() -> None:
    tables = tuple(
        Table(path=p, rows=1, columns=(seen("y", "0", "1"),))
        for p in ("a/Test Set.csv", "b/test set.parquet", "c/信用.csv")
    )
    text = config_text(Known(subject="models:/x/1", features=(), tables=tables))

    assert list(tomllib.loads(text)["datasets"]) == ["test-set", "test-set-2", "data"]


def test_declarations_ask_for_every_key_and_state_none() -> None:
    text = declarations_text(KNOWN)

    assert tomllib.loads(text) == {"version": 1}
    assert set(re.findall(r"^# (\w+) = ", text, re.MULTILINE)) == {
        k for k, f in Declarations.model_fields.items() if f.description
    } | {"about", "title", "version", "dated"}
    taken = re.sub(r"^# (\w+ = |\[\[)", r"\1", text, flags=re.MULTILINE)
    with pytest.raises(ConfigError, match='owner is still the placeholder "<text>"'):
        read_declarations(taken.encode(), "x")
    answered = re.sub(r"<\w+>", "an answer", re.sub(r"<day, as in ([0-9-]+)>", r"\1", taken))
    assert read_declarations(answered.encode(), "x").owner == "an answer"
