"""Every fault of a file at once, each with its line, and never a traceback."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.config import Config, Declarations
from affidavit.errors import ConfigError
from affidavit.toml_reader import read_config, read_declarations

GOOD = """\
version = 1
task = "binary"
unit = "one application"

[rows]
id = "application_id"
exclude = ["name"]

[label]
column = "deny"
kind = "past-decision"
positive = "yes"
favourable = "no"

[decision]
threshold = 0.25

[[decision.segment]]
column = "product"
value = "card"
threshold = 0.5

[features]
columns = ["income", "debt"]

[sensitive.age]
column = "age"
source = "self-reported"
bands = [25, 60]
table = "data/protected.csv"
join_on = "application_id"

[datasets.evaluation]
path = "data/evaluation.csv"
include = "embed"

[[hold]]
metric = "roc_auc"
min = 0.75
max = 1
set_by = "validation@bank.example"
set_on = "2026-09-01"

[worker]
memory_mb = 512
"""


def faults(text: str | bytes, read=read_config) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text.encode() if isinstance(text, str) else text, "affidavit.toml")
    assert caught.value.exit_code == 2
    head, *lines = caught.value.what.split("\n")
    count = len(lines)
    assert head == f"affidavit.toml has {count} fault{'s' if count > 1 else ''}"
    return lines


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_reads_a_good_file_into_the_record() -> None:
    config = read_config(GOOD.encode(), "affidavit.toml")

    assert isinstance(config, Config)
    assert (config.label.favourable, config.decision.threshold) == ("no", 0.25)
    assert config.sensitive["age"].bands == (25, 60)
    assert config.decision.segment[0].value == "card"
    assert config.hold[0].max == 1.0
    assert config.worker.memory_mb == 512


def test_a_date_may_stand_without_quotes() -> None:
    config = read_config(changed('"2026-09-01"', "2026-09-01").encode(), "x")

    assert config.hold[0].set_on == "2026-09-01"


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    content = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()

    assert read_config(content, "x") == read_config(GOOD.encode(), "x")


def test_lines_are_counted_alike_with_windows_line_ends() -> None:
    text = changed("threshold = 0.25", "threshold = 2")

    assert faults(text) == faults(text.replace("\n", "\r\n"))


def test_tells_every_fault_at_once_in_the_order_of_the_lines() -> None:
    text = (
        changed('task = "binary"', 'task = "binry"')
        .replace("exclude =", "exlude =")
        .replace("threshold = 0.25", 'threshold = "0.25"')
        .replace('include = "embed"', 'include = "embedd"')
        .replace('set_on = "2026-09-01"', 'set_on = "September"')
    )

    assert faults(text) == [
        'line 2: task: expected "binary", "multiclass" or "regression", found "binry"; did you mean "binary"?',
        'line 7: rows.exlude is not a known key; did you mean "exclude"?',
        'line 16: decision.threshold: expected a number, found "0.25"',
        'line 35: datasets.evaluation.include: expected "embed" or "reference", found "embedd"; did you mean "embed"?',
        'line 42: hold[1].set_on: expected a day, as in "2026-11-01", found "September"',
    ]


SHAPE = [
    ("version = 1", "version = 2", "line 1: version: expected 1, found 2; a newer file needs a newer Affidavit"),
    ("version = 1", "version = true", "line 1: version: expected 1, found true; a newer file needs a newer Affidavit"),
    ("version = 1\n", "", "line 1: version is missing: write version = 1 as the first line"),
    ('unit = "one application"', "threshold = 0.5", "line 3: threshold is not a known key here; it belongs in [decision]"),
    ('id = "application_id"', 'favourable = "no"', "line 6: rows.favourable is not a known key here; it belongs in [label]"),
    ('id = "application_id"', 'task = "binary"', "line 6: rows.task is not a known key here; it belongs in the top of the file"),
    ('id = "application_id"', 'zzz = "x"', "line 6: rows.zzz is not a known key; known in rows: id, weight, exclude"),
    ('id = "application_id"', "id = 7", 'line 6: rows.id: expected text in quotes, found 7; write "7"'),
    ('exclude = ["name"]', 'exclude = "name"', 'line 7: rows.exclude: expected a list, as in ["a", "b"], found "name"'),
    ('exclude = ["name"]', 'exclude = ["name", 3]', 'line 7, column 20: rows.exclude[2]: expected text in quotes, found 3; write "3"'),
    ("threshold = 0.25", "threshold = true", "line 16: decision.threshold: expected a number, found true"),
    ("memory_mb = 512", "memory_mb = 512.5", "line 45: worker.memory_mb: expected a whole number, found 512.5"),
    ("memory_mb = 512", "memory_mb = 16", "line 45: worker.memory_mb: expected at least 256, found 16"),
    ('column = "deny"\n', "", "line 9: label.column is missing: it is required"),
    ('column = "deny"', 'colum = "deny"', 'line 10: label.colum is not a known key; did you mean "column"?'),
    ('[features]\ncolumns = ["income", "debt"]', "[explain]\nmethod = 1", 'line 24: explain.method: expected "exact" or "sampled", found 1'),
    ('include = "embed"\n', "", 'line 33: datasets.evaluation.include is missing: state "embed" (the rows travel in the bundle) or "reference" (only digests do); there is no default'),
    ('set_by = "validation@bank.example"\n', "", "line 37: hold[1].set_by is missing: a threshold counts only with who set it"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), SHAPE, ids=[s[2][:50] for s in SHAPE])
def test_a_wrong_key_type_or_word_is_told_with_what_was_expected(
    old: str, new: str, told: str
) -> None:
    assert faults(changed(old, new)) == [told]


RULES = [
    ('positive = "yes"\n', "", "line 9: label.positive is missing: the value of the label whose probability is the score; it is never guessed"),
    ('favourable = "no"\n', "", "line 9: label.favourable is missing: the value of the label that is good for the person; it is never guessed"),
    ("threshold = 0.25", "threshold = 1.5", "line 16: decision.threshold: expected a probability from 0 to 1, found 1.5"),
    ("threshold = 0.25", "threshold = -0.1", "line 16: decision.threshold: expected a probability from 0 to 1, found -0.1"),
    ("threshold = 0.25", "threshold = nan", "line 16: decision.threshold: expected a number, found nan"),
    ("threshold = 0.5", "threshold = 5", "line 21: decision.segment[1].threshold: expected a probability from 0 to 1, found 5"),
    ("bands = [25, 60]", "bands = [60, 25]", "line 29, column 14: sensitive.age.bands[2]: expected more than 60, found 25: bands increase"),
    ("bands = [25, 60]", "bands = [25, 25]", "line 29, column 14: sensitive.age.bands[2]: expected more than 25, found 25: bands increase"),
    ('join_on = "application_id"\n', "", "line 26: sensitive.age has a table, and no join_on: the column it joins by"),
    ('table = "data/protected.csv"\n', "", "line 26: sensitive.age has join_on, and no table to join"),
    ("[sensitive.age]", "[sensitive.label]", "line 26: sensitive.label cannot be a name here: letters, digits, - and _, at most 40, and not decision, label, n, sum_w, sum_w2"),
    ("[datasets.evaluation]", "[datasets.'a/b']", 'line 33: datasets."a/b" cannot be a role, it names files: small letters, digits, - and _, at most 40'),
    ("[datasets.evaluation]", "[datasets.con]", "line 33: datasets.con cannot be a role, it names files: small letters, digits, - and _, at most 40"),
    ('path = "data/evaluation.csv"\n', "", "line 33: datasets.evaluation has neither path (in the repository) nor uri"),
    ('path = "data/evaluation.csv"', 'path = "../x.csv"', 'line 34: datasets.evaluation.path: expected a path inside the repository, with /, found "../x.csv"'),
    ('path = "data/evaluation.csv"', 'path = "/x.csv"', 'line 34: datasets.evaluation.path: expected a path inside the repository, with /, found "/x.csv"'),
    ("min = 0.75\nmax = 1\n", "", "line 37: hold[1] has neither min nor max"),
    ("min = 0.75", 'min = 0.75\ngroup = { agee = "<25" }', "line 40, column 11: hold[1].group.agee names no attribute: [sensitive.agee] is needed"),
    ("min = 0.75", "min = 1.5", "line 39: hold[1].min: expected at most max (1), found 1.5"),
    ('set_on = "2026-09-01"', 'set_on = "01.09.2026"', 'line 42: hold[1].set_on: expected a day, as in "2026-11-01", found "01.09.2026"'),
    ('set_on = "2026-09-01"', 'set_on = "2026-02-30"', 'line 42: hold[1].set_on: expected a day, as in "2026-11-01", found "2026-02-30"'),
    ('unit = "one application"', 'set_on = "today"', 'line 3: set_on: expected a day, as in "2026-11-01", found "today"'),
    ('set_by = "validation@bank.example"', 'set_by = " "', "line 41: hold[1].set_by is empty; leave the key out, so that it shows as missing"),
    ('set_by = "validation@bank.example"', 'set_by = "<who>"', 'line 41: hold[1].set_by is still the placeholder "<who>"'),
    ('columns = ["income", "debt"]', 'columns = ["income", "deny"]', 'line 24, column 22: features.columns[2] is "deny", which label.column keeps from the model'),
    ('columns = ["income", "debt"]', 'columns = ["age", "debt"]', 'line 24, column 12: features.columns[1] is "age", which sensitive.age keeps from the model'),
    ('columns = ["income", "debt"]', 'columns = ["name", "debt"]', 'line 24, column 12: features.columns[1] is "name", which rows.exclude keeps from the model'),
    ('columns = ["income", "debt"]', 'columns = ["debt", "debt"]', 'line 24, column 20: features.columns[2] names "debt" again'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), RULES, ids=[r[2][:50] for r in RULES])
def test_what_is_asked_for_is_never_guessed(old: str, new: str, told: str) -> None:
    assert faults(changed(old, new)) == [told]


OTHER = """\
version = 1
task = "multiclass"
[label]
column = "grade"
kind = "outcome"
favourable_means = "the loan was repaid"
[datasets.evaluation]
path = "e.csv"
include = "embed"
"""


def test_what_the_favourable_value_means_is_said_in_few_words_and_of_a_value() -> None:
    long = changed('favourable = "no"', f'favourable = "no"\nfavourable_means = "{"x" * 201}"')
    regression = OTHER.replace("multiclass", "regression")

    stated = OTHER.replace("favourable_means", 'favourable = "A"\nfavourable_means')
    twin = read_config(stated.encode(), "affidavit.toml")

    assert twin.label.favourable_means == "the loan was repaid"
    assert faults(long) == [
        "line 14: label.favourable_means has 201 characters; page one has room for 200"
    ]
    assert faults(OTHER) == [
        "line 6: label.favourable_means says what favourable means, and favourable is not there"
    ]
    assert faults(regression) == [
        'line 6: label.favourable_means has no meaning where task is "regression"'
    ]


def test_what_the_other_value_means_is_said_where_there_is_one_other() -> None:
    key = "favourable_means"
    binary = changed('favourable = "no"', f'favourable = "no"\nun{key} = "the loan was denied"')
    several = OTHER.replace(key, f'favourable = "A"\nun{key}')

    assert read_config(binary.encode(), "x").label.unfavourable_means == "the loan was denied"
    assert faults(several) == [
        'line 7: label.unfavourable_means has no meaning where task is "multiclass"'
    ]


def test_a_binary_task_needs_a_decision() -> None:
    text = re.sub(r"\[decision\].*?\[features\]", "[features]", GOOD, flags=re.DOTALL)

    assert faults(text) == [
        "line 1: decision is missing: a threshold, [[decision.segment]] or the column of the final decision; it is never guessed"
    ]


@pytest.mark.parametrize(
    "decision", ['column = "final"', '[[decision.segment]]\ncolumn="a"\nvalue="b"\nthreshold=0']
)
def test_a_decision_may_be_a_column_or_segments(decision: str) -> None:
    text = re.sub(
        r"\[decision\].*?\[features\]", f"[decision]\n{decision}\n[features]", GOOD, flags=re.DOTALL
    )

    assert read_config(text.encode(), "x").decision.threshold is None


def test_other_tasks_have_no_positive_value_and_no_threshold() -> None:
    told = faults(changed('task = "binary"', 'task = "regression"'))

    assert [line.partition(" has no")[0] for line in told] == [
        "line 12: label.positive", "line 16: decision.threshold", "line 18: decision.segment",
    ]  # fmt: skip


def test_groups_are_compared_only_with_a_favourable_outcome_stated() -> None:
    text = re.sub(r"\[decision\].*?\[features\]", "[features]", GOOD, flags=re.DOTALL)
    text = text.replace('"binary"', '"multiclass"').replace('positive = "yes"\n', "")
    assert read_config(text.encode(), "x").task == "multiclass"

    assert faults(text.replace('favourable = "no"\n', "")) == [
        "line 9: label.favourable is missing: the value of the label that is good for the person; it is never guessed"
    ]


def test_a_sensitive_column_is_not_the_label() -> None:
    text = re.sub(r'column = "age"', 'column = "deny"', GOOD)
    assert read_config(text.encode(), "x").sensitive["age"].column == "deny"  # in its own table

    apart = text.replace('table = "data/protected.csv"\njoin_on = "application_id"\n', "")

    assert faults(apart) == ['line 27: sensitive.age.column is the label column, "deny"']


def test_a_group_of_a_declared_attribute_is_held() -> None:
    text = changed("min = 0.75", 'min = 0.75\ngroup = { age = "<25" }')

    assert read_config(text.encode(), "x").hold[0].group == {"age": "<25"}


def test_two_segments_do_not_name_the_same_rows() -> None:
    twice = '[[decision.segment]]\ncolumn = "product"\nvalue = "card"\nthreshold = 0.5\n'

    told = faults(changed("[features]", f"{twice}\n[features]"))

    assert told == ["line 23: decision.segment[2] names the rows of an earlier segment"]


def test_at_least_one_dataset_is_named() -> None:
    text = GOOD.replace("[datasets.evaluation]", "[datasets]")
    text = text.replace('path = "data/evaluation.csv"\ninclude = "embed"\n', "")

    assert faults(text) == ["line 33: datasets names no dataset; one [datasets.<role>] is needed"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version = 1\ntask = binary\n", "line 2, column 8: not TOML: Invalid value"),
        (b'a = "x', "line 1: not TOML: "),
        (b"a = 1\n\nb = \xff\n", "line 3: not UTF-8; save the file so"),
        (b"a = 1\nb = 2\na = 3\n", "line 3: a is given twice; first in line 1"),
        (b"[t]\nx = 1\n[t]\ny = 1\n", "line 3: t is given twice; first in line 1"),
        (b"a = " + b"[" * 5000, "line 1, column 38: nested too deep"),
        (b"a = " + b"9" * 5000, "line 1: not TOML: "),
        (b"a = 1\nb = 1\x00", "line 2, column 6: not TOML: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(content: bytes, told: str) -> None:
    (fault,) = faults(content)

    assert fault.startswith(told)


def test_a_file_above_one_megabyte_is_not_parsed() -> None:
    at_limit = b"#" * (1_000_000 - len(GOOD) - 1) + b"\n" + GOOD.encode()
    assert read_config(at_limit, "x").task == "binary"  # the twin

    with pytest.raises(ConfigError, match="x is larger than 1 MB"):
        read_config(at_limit + b"\n", "x")


def test_a_hostile_name_or_value_cannot_forge_a_line() -> None:
    told = faults(changed("unit =", '"\\u001b[2J\\nline 1: fine" ='))

    assert len(told) == 1
    assert "\x1b" not in told[0]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GOOD)))
def test_any_bytes_end_in_a_record_or_a_config_error(junk: bytes, at: int) -> None:
    content = GOOD.encode()[:at] + junk + GOOD.encode()[at:]
    for read in (read_config, read_declarations):
        with suppress(ConfigError):
            read(content, "x")


def test_reads_declarations_and_leaves_out_what_is_left_out() -> None:
    found = read_declarations(b'version = 1\nowner = "x"\njurisdictions = ["US"]\n', "d")

    assert isinstance(found, Declarations)
    assert (found.owner, found.jurisdictions, found.purpose) == ("x", ("US",), None)


def test_an_empty_or_placeholder_declaration_is_no_declaration() -> None:
    text = 'version = 1\nowner = ""\npurpose = "<text>"\ndevelopers = [""]\nmonitorin = "x"\n'

    assert faults(text, read_declarations) == [
        "line 2: owner is empty; leave the key out, so that it shows as missing",
        'line 3: purpose is still the placeholder "<text>"',
        "line 4, column 15: developers[1] is empty; leave the key out, so that it shows as missing",
        'line 5: monitorin is not a known key; did you mean "monitoring"?',
    ]


def test_a_declaration_that_nobody_can_see_is_empty_and_a_dash_says_nothing() -> None:
    text = 'version = 1\nowner = "\u200b\u3164"\npurpose = "-"\ntier = "1"\nusers = "信用"\n'

    assert faults(text, read_declarations) == [
        "line 2: owner is empty; leave the key out, so that it shows as missing",
        'line 3: purpose says nothing: "-"; leave the key out, so that it shows as missing',
    ]


def test_only_the_lock_of_an_environment_travels() -> None:
    text = changed("[worker]", '[environment]\ninclude = "lock"\n[worker]')

    assert read_config(text.encode(), "x").environment.include == "lock"


def test_who_stated_a_file_and_when_is_read_and_the_day_is_one() -> None:
    config = changed('unit = "one application"', 'set_by = "Ada"\nset_on = 2026-11-12')
    stated = 'version = 1\ndeclared_by = "Ada"\ndeclared_on = 2026-11-12\n'

    read = read_config(config.encode(), "x")
    declared = read_declarations(stated.encode(), "x")

    assert (read.set_by, read.set_on) == ("Ada", "2026-11-12")
    assert (declared.declared_by, declared.declared_on) == ("Ada", "2026-11-12")
    assert faults(stated.replace("2026-11-12", '"Monday"'), read_declarations) == [
        'line 3: declared_on: expected a day, as in "2026-11-01", found "Monday"'
    ]


def test_at_most_a_thousand_thresholds_are_held() -> None:
    hold = '\n[[hold]]\nmetric = "roc_auc"\nmin = 0.5\nset_by = "v"\nset_on = "2026-09-01"\n'
    assert len(read_config((GOOD + hold * 999).encode(), "affidavit.toml").hold) == 1000

    with pytest.raises(ConfigError, match="is one of 1001 thresholds; at most 1000 are held"):
        read_config((GOOD + hold * 1000).encode(), "affidavit.toml")
