"""What is explained, changed and said of a feature means one thing, or is refused with its line."""

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

[datasets.evaluation]
path = "data/evaluation.csv"
include = "embed"

[explain]
role = "evaluation"
baseline = "near-cut-off"
categories = ["purpose"]

[explain.groups]
debt = ["card", "loan"]
home = ["owns", "rents"]

[explain.decisions]
ids = ["a", "b"]

[explain.counterfactuals]
immutable = ["sex"]
only_up = ["age"]
only_down = ["card"]
one_hot = [["owns", "rents"], ["north", "south"]]
bounds = { income = { min = 0, max = 9 } }

[[explain.reason]]
code = "R1"
text = "Income is low"
features = ["income"]

[[explain.reason]]
code = "R2"
text = "Debt is high"
features = ["debt"]
"""


def told(old: str, new: str) -> str:
    assert old in BASE
    with pytest.raises(ConfigError) as refused:
        read_config(BASE.replace(old, new, 1).encode(), "affidavit.toml")
    return str(refused.value)


def test_reads_every_table() -> None:
    explain = read_config(BASE.encode(), "affidavit.toml").explain

    assert explain is not None
    assert explain.groups == {"debt": ("card", "loan"), "home": ("owns", "rents")}
    assert explain.counterfactuals.bounds["income"].max == 9
    assert [r.code for r in explain.reason] == ["R1", "R2"]
    assert (explain.decisions.near, explain.reasons) == (2, 4)


def test_an_empty_table_explains_and_none_does_not() -> None:
    start = BASE.partition("[explain]")[0]

    assert read_config(start.encode(), "x").explain is None
    assert read_config(f"{start}[explain]\n".encode(), "x").explain is not None


FAULTS = [
    ('role = "evaluation"', 'role = "test"', "explain.role names no dataset: [datasets.test] is needed"),
    ('role = "evaluation"', 'of = "yes"', 'explain.of has no meaning where task is "binary"'),
    ("threshold = 0.25", 'column = "final"', "explain.baseline needs a threshold in [decision]"),
    ('["card", "loan"]', '["card"]', "explain.groups.debt: expected at least two different columns"),
    ('["card", "loan"]', '["card", "card"]', "explain.groups.debt: expected at least two different columns"),
    ('["card", "loan"]', '["card", "owns"]', 'explain.groups.home[1] is "owns", which is in explain.groups.debt already'),
    ('["a", "b"]', '["a", "a"]', 'explain.decisions.ids[2] names "a" again'),
    ('["purpose"]', '["purpose", "purpose"]', 'explain.categories[2] names "purpose" again'),
    ('["purpose"]', '["purpose", "age"]', 'explain.categories[2] is "age", a number by counterfactuals.only_up'),
    ('["purpose"]', '["income"]', 'explain.categories[1] is "income", a number by counterfactuals.bounds'),
    ('only_up = ["age"]', 'only_up = ["age", "age"]', 'explain.counterfactuals.only_up[2] names "age" again'),
    ('only_down = ["card"]', 'only_down = ["age"]', 'explain.counterfactuals.only_down[1] is "age", which only_up names already'),
    ('only_up = ["age"]', 'only_up = ["sex"]', 'explain.counterfactuals.only_up[1] is "sex", which immutable names already'),
    ('["north", "south"]', '["north"]', "explain.counterfactuals.one_hot[2]: expected at least two columns"),
    ('["north", "south"]', '["north", "north"]', 'explain.counterfactuals.one_hot[2][2] names "north" again'),
    ('["north", "south"]', '["north", "rents"]', 'one_hot[2][2] names "rents" of explain.counterfactuals.one_hot[1]'),
    ('["north", "south"]', '["north", "age"]', 'explain.counterfactuals.one_hot[2][2] is "age", which only_up, only_down or bounds name'),
    ("{ min = 0, max = 9 }", "{ min = 10, max = 9 }", "explain.counterfactuals.bounds.income.min: expected at most max (9), found 10"),
    ("{ min = 0, max = 9 }", "{}", "explain.counterfactuals.bounds.income has neither min nor max"),
    ("{ income = {", "{ sex = {", "explain.counterfactuals.bounds.sex bounds a column that immutable names"),
    ('code = "R2"', 'code = "R1"', 'explain.reason[2].code names "R1" again'),
    ('features = ["debt"]', "features = []", "explain.reason[2].features names no feature"),
    ('features = ["debt"]', 'features = ["income"]', 'explain.reason[2].features[1] is "income", which code "R1" speaks of already'),
    ('text = "Debt is high"', 'text = ""', "explain.reason[2].text is empty"),
    ('role = "evaluation"', 'budget = "soon"', 'explain.budget: expected a time in whole seconds or minutes, as in "90s" or "5m", found "soon"'),
    ('role = "evaluation"', 'second = ["SHAP"]', 'explain.second[1]: expected names of explainers in small letters, as in ["shap", "alibi"], found "SHAP"'),
    ('role = "evaluation"', 'second = ["shap", "shap"]', 'explain.second[2] names "shap" again'),
    ('debt = ["card", "loan"]', '"" = ["card", "loan"]', "a feature needs a name: that of this group is empty"),
    ("[explain.decisions]", "[explain.decision]", 'explain.decision is not a known key here; it belongs in the top of the file; or did you mean "decisions"?'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS, ids=[f[2][:60] for f in FAULTS])
def test_what_could_mean_two_things_is_refused(old: str, new: str, expected: str) -> None:
    assert expected in told(old, new)


def test_reasons_have_no_meaning_without_decisions() -> None:
    text = BASE.replace('task = "binary"', 'task = "regression"')
    with pytest.raises(ConfigError) as refused:
        read_config(text.encode(), "affidavit.toml")

    assert 'explain.reason has no meaning where task is "regression"' in str(refused.value)
