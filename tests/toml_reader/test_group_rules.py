"""What forms groups is declared in words that mean one thing, or refused with its line."""

from __future__ import annotations

import pytest

from affidavit.errors import ConfigError
from affidavit.toml_reader import read_config

BASE = """\
version = 1
task = "binary"

[label]
column = "deny"
kind = "past-decision"
positive = "yes"
favourable = "no"

[decision]
threshold = 0.25
column = "final"

[sensitive.sex]
column = "sex"
source = "self-reported"

[sensitive.race]
source = "estimated"
probabilities = { white = "p_white", black = "p_black" }
assign_from = 0.8

[fairness]
smallest_group = 50
intersections = [["sex", "race"]]

[intervals]
rates = "clopper-pearson"

[time]
column = "month"
by = "year"

[segments.income]
column = "income"
bands = [30, 60]

[datasets.evaluation]
path = "data/evaluation.csv"
include = "embed"
"""


def told(old: str, new: str) -> str:
    assert old in BASE
    with pytest.raises(ConfigError) as refused:
        read_config(BASE.replace(old, new, 1).encode(), "affidavit.toml")
    return str(refused.value)


def test_reads_every_way_to_form_groups() -> None:
    config = read_config(BASE.encode(), "affidavit.toml")

    assert config.fairness.smallest_group == 50
    assert config.fairness.intersections == (("sex", "race"),)
    assert config.intervals.rates == "clopper-pearson"
    assert config.time is not None
    assert (config.time.column, config.time.by) == ("month", "year")
    assert config.segments["income"].bands == (30, 60)
    assert config.sensitive["race"].probabilities == {"white": "p_white", "black": "p_black"}
    assert (config.decision.threshold, config.decision.column) == (0.25, "final")


FAULTS = [
    ("version = 1\n", 'version = 1\nunit = "deny"\n', 'unit is the column of label.column, "deny"'),
    ("version = 1\n", 'version = 1\nunit = "final"\n', 'unit is the column of decision.column, "final"'),
    ('include = "embed"', 'include = "embed"\nexpectations = "../x.json"', "a path among the run's artifacts"),
    ('column = "sex"\n', "", "sensitive.sex.column is missing: the column that holds it, or probabilities"),
    ("assign_from = 0.8", 'column = "race"', "sensitive.race.column cannot stand beside probabilities"),
    ("assign_from = 0.8", "bands = [1, 2]", "sensitive.race.bands cannot stand beside probabilities"),
    ("assign_from = 0.8", "assign_from = 0.4", "sensitive.race.assign_from: expected a probability from 0.5 to 1, found 0.4"),
    ('source = "self-reported"', 'source = "self-reported"\nassign_from = 0.6', "sensitive.sex.assign_from goes with probabilities"),
    ('source = "estimated"', 'source = "observed"', 'sensitive.race.source: expected "estimated" with probabilities, found "observed"'),
    (', black = "p_black"', "", "sensitive.race.probabilities names fewer than two groups"),
    ("white = ", '"(missing)" = ', "is a word of ours for rows without a group"),
    ('[["sex", "race"]]', '[["sex"]]', "fairness.intersections[1]: expected 2 to 3 different attributes"),
    ('[["sex", "race"]]', '[["sex", "sex"]]', "fairness.intersections[1]: expected 2 to 3 different attributes"),
    ('[["sex", "race"]]', '[["sex", "age"]]', "fairness.intersections[1][2] names no attribute: [sensitive.age] is needed"),
    ('[["sex", "race"]]', '[["sex", "race"], ["race", "sex"]]', "fairness.intersections[2] names the attributes of an earlier one"),
    ("smallest_group = 50", "smallest_group = 0", "fairness.smallest_group: expected at least 1, found 0"),
    ('rates = "clopper-pearson"', 'rates = "wald"', 'intervals.rates: expected "wilson" or "clopper-pearson", found "wald"'),
    ('by = "year"', 'by = "week"', 'time.by: expected "month", "quarter" or "year", found "week"'),
    ("[segments.income]", "[segments.sex]", "segments.sex cannot be a name here"),
    ("[segments.income]", "[segments.period]", "segments.period cannot be a name here"),
    ('column = "income"', 'column = "deny"', 'segments.income.column is the label column, "deny"'),
    ("bands = [30, 60]", "bands = [60, 30]", "segments.income.bands[2]: expected more than 60, found 30: bands increase"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS, ids=[f[2][:50] for f in FAULTS])
def test_a_group_that_could_mean_two_things_is_refused(old: str, new: str, expected: str) -> None:
    assert expected in told(old, new)
