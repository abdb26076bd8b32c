"""The attack suite: each case is refused by the check that it names, and its twin passes."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.attacks.suite.case import Attack, Attempt, Elsewhere, World, all_attacks, verified
from tests.attacks.suite.elsewhere import ELSEWHERE
from tests.attacks.suite.listing import PAGE, page
from tests.support.bundles import BundleBuilder


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One sealed bundle, and what is forged from it."""
    folder = tmp_path_factory.mktemp("suite")
    return World(good=BundleBuilder(folder / "good"), folder=folder)


@pytest.mark.parametrize("attack", all_attacks(), ids=lambda a: a.id)
def test_is_refused_by_its_check_while_its_twin_passes(attack: Attack, world: World) -> None:
    made = attack.make(world)
    attempt = made if isinstance(made, Attempt) else Attempt(bundle=made)
    world.require_twin(attempt)

    outcome = verified(attempt.bundle, attempt.options or world.by_key)

    assert outcome.exit_code == attack.exit_code, outcome.named
    assert attack.check in outcome.named, outcome.named
    assert attack.says in " ".join(outcome.named[attack.check].split())


def test_each_case_has_a_name_of_its_own() -> None:
    names = Counter(a.id for a in all_attacks())

    assert [n for n, count in names.items() if count > 1] == []


def test_the_page_lists_every_case() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.attacks.suite.listing"


@pytest.mark.parametrize("case", ELSEWHERE, ids=lambda e: e.id)
def test_what_is_tested_elsewhere_is(case: Elsewhere) -> None:
    path, _, name = case.test.partition("::")

    assert f"\ndef {name}(" in (PAGE.parents[1] / path).read_text(encoding="utf-8")
