"""A signer who masks a large cell to hide it, or prints a small one; each is refuted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import trust_in

from affidavit.bundle import layout
from affidavit.bundle.canonical import loads
from affidavit.verify import verify_bundle

Numbers = list[dict[str, Any]]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    made = CountedBuilder(tmp_path_factory.mktemp("masked"))
    assert verify_bundle(made.path, trust=trust_in(made)).exit_code == 0  # the twin
    return made


def said(counted: CountedBuilder, bundle: Path) -> list[tuple[str, str | None, str | None]]:
    verdict = verify_bundle(bundle, trust=trust_in(counted))
    assert verdict.exit_code == 1
    return [(c.what, c.expected, c.found) for c in verdict.failed if c.id == "card"]


def with_mask(numbers: Numbers, masked: str | None) -> dict[str, Any]:
    return next(n for n in numbers if n["masked"] == masked and (n["value"] is not None or masked))


def test_refuses_a_large_cell_that_is_masked(counted: CountedBuilder) -> None:
    def hide(card: Any) -> None:
        with_mask(card["numbers"], None).update(value=None, low=None, high=None, masked="hidden")

    found = said(counted, counted.replace_json(layout.CARD_JSON, hide, "resign"))

    assert len(found) == 1
    assert found[0][0].endswith(": cells below ten are masked on a card, and no others")
    assert found[0][1:] == ("not masked", "hidden")


def test_refuses_a_small_cell_that_is_printed(counted: CountedBuilder) -> None:
    def show(card: Any) -> None:
        with_mask(card["numbers"], "hidden").update(value=0.5, n=7, masked=None)

    found = said(counted, counted.replace_json(layout.CARD_JSON, show, "resign"))

    assert [row[1:] for row in found] == [("hidden", "not masked")]


@pytest.mark.parametrize(("name", "value"), [("value", 0.123456), ("n", 123456)])
def test_refuses_another_value_behind_a_mask(
    counted: CountedBuilder, name: str, value: float
) -> None:
    def change(card: Any) -> None:
        with_mask(card["numbers"], "hidden").update({name: value})

    found = said(counted, counted.replace_json(layout.CARD_JSON, change, "resign"))

    assert len(found) == 1
    assert found[0][0].endswith(f"the card and the report disagree on {name}")


def test_refuses_a_key_number_that_is_said_to_be_masked(counted: CountedBuilder) -> None:
    def hide(card: Any) -> None:
        card["page_one"]["key_numbers"][0].update(shown="masked", interval="")

    found = said(counted, counted.replace_json(layout.CARD_JSON, hide, "resign"))

    assert found
    assert found[0][0].startswith("page one shows ")
    assert found[0][2] == "masked"


def test_the_honest_card_masks_some_and_not_all(counted: CountedBuilder) -> None:
    """Else the forgeries above would prove nothing."""
    card = loads((counted.read(layout.CARD_JSON)), "card")
    kinds = {n["masked"] for n in card["numbers"]}

    assert {None, "hidden"} <= kinds
