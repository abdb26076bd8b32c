"""docs/configuration.md names every key of the two files, with an example that is right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from affidavit.config import Bounds, Config, Counterfactuals, ExplainedDecisions, ReasonCode
from affidavit.evidence import Record
from affidavit.toml_reader import read_config, read_declarations

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| `(.+)` \|$", re.MULTILINE)


def section(heading: str) -> str:
    start = TEXT.index(f"\n### {heading}\n")
    return TEXT[start:].partition("\n### ")[0] + TEXT[start + 5 :].partition("\n### ")[0]


def inner(annotation: object) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((m for a in get_args(annotation) if (m := inner(a))), None)


TABLES = {
    "The top of the file": {k for k, f in Config.model_fields.items() if not inner(f.annotation)},
}
for _key, _field in Config.model_fields.items():
    if _model := inner(_field.annotation):
        _form = {
            "sensitive": "`[{}.<name>]`",
            "datasets": "`[{}.<role>]`",
            "hold": "`[[{}]]`",
            "segments": "`[{}.<name>]`",
        }
        TABLES[_form.get(_key, "`[{}]`").format(_key)] = set(_model.model_fields)
TABLES["`[[decision.segment]]`"] = {"column", "value", "threshold"}
TABLES |= {
    "`[explain.decisions]`": set(ExplainedDecisions.model_fields),
    "`[explain.counterfactuals]`": set(Counterfactuals.model_fields),
    "`[explain.counterfactuals.bounds.<column>]`": set(Bounds.model_fields),
    "`[[explain.reason]]`": set(ReasonCode.model_fields),
}


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_is_there_with_meaning_and_example_and_no_other(heading: str) -> None:
    rows = ROW.findall(section(heading))

    assert {key for key, _, _ in rows} == TABLES[heading]
    for key, meaning, example in rows:
        assert meaning.endswith(".")
        assert list(tomllib.loads(example)) == [key]


def test_the_examples_are_of_the_right_type_and_word() -> None:
    """Each example key put into the whole example is accepted, or replaced by an accepted one."""
    for heading, name in (
        ("`[worker]`", "worker"),
        ("`[environment]`", "environment"),
        ("`[controls]`", "controls"),
        ("`[intervals]`", "intervals"),
        ("`[time]`", "time"),
        ("`[explain.decisions]`", "explain.decisions"),
        ("`[explain.counterfactuals]`", "explain.counterfactuals"),
        ("`[explain.counterfactuals.bounds.<column>]`", "explain.counterfactuals.bounds.debt"),
    ):
        examples = "\n".join(example for _, _, example in ROW.findall(section(heading)))
        whole = f"{blocks()[0]}\n[{name}]\n{examples}\n"
        assert getattr(read_config(whole.encode(), "x"), name.partition(".")[0])


def blocks() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def test_the_whole_examples_are_accepted() -> None:
    config, everything, declarations = blocks()

    assert read_config(config.encode(), "x").label.favourable == "no"
    assert read_config(everything.encode(), "x").sensitive["race"].probabilities
    assert read_declarations(declarations.encode(), "x").automated == "score-drawn-on"
