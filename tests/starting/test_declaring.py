"""The first declarations.toml asks for every key and states none."""

from __future__ import annotations

import re
import tomllib

import pytest

from affidavit.config import Declarations
from affidavit.errors import ConfigError
from affidavit.starting.declaring import declarations_text
from affidavit.toml_reader import read_declarations


def test_declarations_ask_for_every_key_and_state_none() -> None:
    text = declarations_text("models:/x/1")

    assert tomllib.loads(text) == {"version": 1}
    assert set(re.findall(r"^# (\w+) = ", text, re.MULTILINE)) == {
        k for k, f in Declarations.model_fields.items() if f.description
    } | {"about", "title", "version", "dated"}
    taken = re.sub(r"^# (\w+ = |\[\[)", r"\1", text, flags=re.MULTILINE)
    with pytest.raises(ConfigError, match='owner is still the placeholder "<text>"'):
        read_declarations(taken.encode(), "x")
    answered = re.sub(r"<\w+>", "an answer", re.sub(r"<day, as in ([0-9-]+)>", r"\1", taken))
    assert read_declarations(answered.encode(), "x").owner == "an answer"
