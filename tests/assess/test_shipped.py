"""What holds of every catalog that is shipped, whatever it says: nothing here knows a control by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.assess.test_tables import TABLES

from affidavit.assess.catalog import Control, DeclaredNeed, DocumentNeed, NamedNeed
from affidavit.assess.contained import probe
from affidavit.assess.loading import LoadedCatalog, read_shipped, shipped_ids

CATALOGS: Final = shipped_ids()
PAGE: Final = re.compile(r"\b(?:pages?|pp?)\.? ?\d", re.IGNORECASE)
# What says in a sentence what a status rests on, where nobody measured it.
CLAIMED: Final = re.compile(r"declared|named|logged|names|says|word|configuration|registered")
# Needs that only the tracking server or the run speaks for.
BY_CLAIM: Final = frozenset(
    ["registry-entry", "clean-tree", "parameters", "run-record", "logged-metrics", "environment"]
)
# What somebody asked of a person can be answered with yes or no.
YES_OR_NO: Final = re.compile(
    r"^(?:Is|Are|Was|Were|Do|Does|Did|Has|Have|Can|Could|On)\b[^?]*\?$", re.DOTALL
)


def controls() -> Iterator[tuple[LoadedCatalog, Control]]:
    for catalog in map(read_shipped, CATALOGS):
        for control in catalog.catalog.controls:
            yield catalog, control


def test_every_shipped_catalog_has_a_table_and_every_table_a_catalog() -> None:
    assert set(TABLES) == set(CATALOGS)


def test_no_expression_fails_where_everything_is_there_nor_where_nothing_is() -> None:
    """What is asked of a foreign catalog when it is loaded holds of ours too."""
    every = read_shipped(CATALOGS[0]).catalog.model_copy(
        update={"controls": tuple(control for _, control in controls())}
    )  # as one, for one process

    assert probe(every, every.model_dump_json(by_alias=True).encode()) == ()


def test_every_text_is_dated_and_every_reference_says_how_sure_it_is() -> None:
    for loaded in map(read_shipped, CATALOGS):
        catalog = loaded.catalog
        assert catalog.issued <= catalog.read_on, catalog.id
        for control in catalog.controls:
            sure = control.reference.confidence
            assert (sure == "primary") == (catalog.id == "bank-policy"), control.id


def test_no_page_is_printed() -> None:
    for _, control in controls():
        texts = (control.reference.text, control.expectation, control.rationale, control.found)
        assert not any(map(PAGE.search, texts)), control.id


def test_each_question_can_be_answered_with_yes_or_no() -> None:
    for _, control in controls():
        for asked in control.attestations:
            assert YES_OR_NO.match(asked.question), (control.id, asked.question)


def test_validators_are_no_authors_and_approvers_no_validators() -> None:
    apart = {"validator": "authors", "approver": "validator"}
    for _, control in controls():
        for asked in control.attestations:
            if asked.role in apart:
                assert apart[asked.role] in asked.separation, control.id


def test_a_machine_decides_on_something_that_nobody_merely_states() -> None:
    for _, control in controls():
        stated = [isinstance(n, DeclaredNeed | DocumentNeed) for n in control.needs]
        assert control.mode != "machine" or not all(stated), control.id


def test_what_a_machine_found_says_so_where_it_rests_on_a_claim() -> None:
    """The run, the registry and the owner speak for these; only a file's digest is measured."""
    checked = 0
    for loaded, control in controls():
        if control.mode == "machine" and _claims(control, loaded.needs[control.id]):
            assert CLAIMED.search(control.found), (control.id, control.found)
            checked += 1
    assert checked > 5


def _claims(control: Control, needs: tuple[NamedNeed, ...]) -> bool:
    stated = any(isinstance(n, DeclaredNeed | DocumentNeed) for n in control.needs)
    return stated or bool(BY_CLAIM & {n.name for n in needs})


def test_what_is_set_aside_on_the_owners_word_is_never_set_aside_by_silence() -> None:
    for _, control in controls():
        for rule in control.applicability:
            if rule.rests_on == "declared":
                assert rule.when.startswith("!has(declared."), (control.id, rule.when)
