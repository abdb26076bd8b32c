"""Which text applied when: at approval, on the day of the assessment, or on both."""

from __future__ import annotations

from typing import Final

import pytest
from tests.support.assessed import all_declared, full_config

from affidavit.assess.selecting import Asked, select
from affidavit.config import Controls, Declarations
from affidavit.errors import UsageError

TODAY: Final = "2026-11-23"
UNDECLARED: Final = all_declared(approved_on=None)


def asked_about(
    declarations: Declarations | None,
    as_of: str = TODAY,
    *,
    named: tuple[str, ...] | None = None,
    given: tuple[str, ...] = (),
) -> dict[str, Asked]:
    config = full_config(controls=Controls(catalogs=named))
    found = select(config, declarations, given, as_of=as_of)
    return {a.loaded.catalog.id: a for a in found if a.loaded.catalog.id != "gdpr"}


def test_approved_under_the_old_text_and_asked_today_both_are_held_each_on_its_day() -> None:
    found = asked_about(all_declared(approved_on="2026-04-16"))

    assert list(found) == ["sr-26-2", "sr-11-7"]
    old, new = found["sr-11-7"], found["sr-26-2"]
    assert [(a.event, a.day) for a in old.applied] == [("approval", "2026-04-16")]
    assert [(a.event, a.day) for a in new.applied] == [("assessment", TODAY)]
    assert (old.as_of, new.as_of) == ("2026-04-16", TODAY)


def test_by_the_crosswalk_each_control_names_those_that_ask_for_the_same() -> None:
    found = asked_about(all_declared(approved_on="2026-04-16"))

    (same,) = found["sr-11-7"].counterparts["SR117-26"]
    assert (same.catalog, same.control, same.change) == ("sr-26-2", "SR262-23", "kept")
    back = found["sr-26-2"].counterparts["SR262-23"]
    assert [(c.control, c.change) for c in back] == [("SR117-21", "reduced"), ("SR117-26", "kept")]
    old = found["sr-11-7"].counterparts
    assert set(old) == {f"SR117-{n:02d}" for n in range(1, 42)}
    # What the newer text has not is said, and how sure that is.
    assert {k: v[0].change for k, v in old.items() if v[0].control is None} == {
        "SR117-17": "dropped", "SR117-29": "uncertain", "SR117-34": "uncertain",
    }  # fmt: skip
    # New in 2026: nothing of 2011 asks for it.
    assert "SR262-03" not in found["sr-26-2"].counterparts


@pytest.mark.parametrize(
    ("declarations", "as_of", "expected"),
    [
        (None, TODAY, ["sr-26-2"]),
        (UNDECLARED, TODAY, ["sr-26-2"]),
        (all_declared(approved_on="2026-04-17"), TODAY, ["sr-26-2"]),
        (UNDECLARED, "2026-04-17", ["sr-26-2"]),
        (UNDECLARED, "2026-04-16", ["sr-11-7"]),
        (all_declared(approved_on="2025-01-01"), "2026-04-16", ["sr-11-7"]),
        (UNDECLARED, "2011-04-03", []),
    ],
)
def test_a_text_that_was_in_force_on_neither_day_is_left_out(
    declarations: Declarations | None, as_of: str, expected: list[str]
) -> None:
    found = asked_about(declarations, as_of)

    assert list(found) == expected
    # Alone it has no counterpart: least of all a text that was not issued yet.
    assert [a.counterparts for a in found.values()] == [{} for _ in expected]


@pytest.mark.parametrize("by", ["named", "given"])
def test_a_text_that_is_asked_for_by_name_stays_though_it_was_in_force_on_neither_day(
    by: str,
) -> None:
    wanted = ("sr-11-7",)
    found = (
        asked_about(UNDECLARED, named=wanted)
        if by == "named"
        else asked_about(UNDECLARED, given=wanted)
    )

    assert found["sr-11-7"].applied == ()
    assert found["sr-11-7"].as_of == TODAY


def test_a_text_in_force_at_approval_and_today_is_held_today() -> None:
    found = asked_about(all_declared(approved_on="2026-05-01"))["sr-26-2"]

    assert [a.event for a in found.applied] == ["approval", "assessment"]
    assert found.as_of == TODAY


def test_refuses_a_catalog_that_is_neither_shipped_nor_a_file() -> None:
    with pytest.raises(UsageError) as refused:
        asked_about(None, given=("sr-99",))

    assert "sr-99: no such catalog" in str(refused.value)
