"""An explanation in a few words, in show and in diff; no row of a person in either."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder

from affidavit.bundle import layout
from affidavit.cli.diff_lines import difference_lines
from affidavit.cli.main import cli
from affidavit.inspect import diff_bundles
from affidavit.verify import read_keys


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("explained"), is_explained=True)


def test_show_says_what_carries_the_model_and_counts_decisions(house: BundleBuilder) -> None:
    command = ["show", str(house.path), "--key", str(house.public_key)]

    text = " ".join(CliRunner().invoke(cli, command).output.split())

    assert "carried by debt_ratio 0.71, history 0.52, income 0.24" in text
    assert "decisions 4 explained (reasons:" in text
    assert "stands in all features for group, debt_ratio for group" in text
    shown = json.loads(CliRunner().invoke(cli, [*command, "--json"]).output)
    assert shown["explainability"]["role"] == "evaluation"
    decisions = json.loads(house.read(layout.DECISIONS))["decisions"]
    for one in decisions:
        assert one["row_id"] not in text + json.dumps(shown)


def test_diff_names_what_changed_in_the_explanation(house: BundleBuilder) -> None:
    def swap(value: Any) -> None:
        value["importance"][2]["mean_absolute"]["value"] = 0.9

    trust = read_keys((house.public_key,))
    other = house.replace_json(layout.EXPLAINABILITY, swap, "resign")

    found, _ = diff_bundles(house.path, other, trust=trust)

    assert [(c.name, c.before, c.after) for c in found.explanation] == [
        ("carried by", "debt_ratio 0.71, history 0.52, income 0.24",
         "history 0.9, debt_ratio 0.71, income 0.24"),
    ]  # fmt: skip
    assert "explain" in "\n".join(difference_lines(found))
    same, _ = diff_bundles(house.path, house.path, trust=trust)
    assert same.explanation == ()
