"""Which catalogs are held against the evidence, and on which day each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.assess.catalog import Catalog
from affidavit.assess.loading import LoadedCatalog, load
from affidavit.config import Config, Declarations
from affidavit.standing import Applied, Counterpart

# Without a word of the configuration. A superseded text is left out again where it was in force on
# neither day.
BY_DEFAULT: Final = ("sr-26-2", "sr-11-7", "gdpr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A catalog, the days on which it was in force, and the day it is held against."""

    loaded: LoadedCatalog
    applied: tuple[Applied, ...]
    as_of: str
    counterparts: dict[str, tuple[Counterpart, ...]]


def select(
    config: Config, declarations: Declarations | None, given: Sequence[str], *, as_of: str
) -> tuple[Asked, ...]:
    """The catalogs that a build asks about.

    Args:
        config: `[controls] catalogs` names shipped ones.
        declarations: `approved_on` is the day on which another text may have been in force.
        given: ids and files by option, beside those of the configuration.
        as_of: the day of the assessment, YYYY-MM-DD.

    Raises:
        UsageError: no such catalog.
        ConfigError: a catalog with faults.
    """
    named = config.controls.catalogs
    wanted = tuple(dict.fromkeys([*(BY_DEFAULT if named is None else named), *given]))
    explicit = {*(named or ()), *given}
    days = _days(declarations, as_of)
    kept = [
        loaded
        for loaded, name in zip(load(wanted), wanted, strict=True)
        if _applied(loaded.catalog, days) or name in explicit
    ]
    return _asked(kept, days, as_of)


def select_again(
    loaded: Sequence[LoadedCatalog], config: Config, declarations: Declarations | None, as_of: str
) -> tuple[Asked, ...]:
    """The catalogs that a bundle holds, all of them, in the order of its build."""
    named = config.controls.catalogs
    order = BY_DEFAULT if named is None else named
    ranked = sorted(
        loaded,
        key=lambda c: order.index(c.catalog.id) if c.catalog.id in order else len(order),
    )
    return _asked(ranked, _days(declarations, as_of), as_of)


def _days(declarations: Declarations | None, as_of: str) -> list[tuple[str, str]]:
    approved_on = declarations.approved_on if declarations is not None else None
    return [*([("approval", approved_on)] if approved_on else []), ("assessment", as_of)]


def _asked(
    kept: Sequence[LoadedCatalog], days: list[tuple[str, str]], as_of: str
) -> tuple[Asked, ...]:
    # Among those that are asked about: a text that is not yet issued is nothing's counterpart.
    crossed = _crossed([loaded.catalog for loaded in kept])
    return tuple(
        Asked(
            loaded=loaded,
            applied=(applied := _applied(loaded.catalog, days)),
            as_of=max((a.day for a in applied), default=as_of),
            counterparts={
                control: found
                for (catalog, control), found in crossed.items()
                if catalog == loaded.catalog.id
            },
        )
        for loaded in kept
    )


def _applied(catalog: Catalog, days: list[tuple[str, str]]) -> tuple[Applied, ...]:
    """Of these days, those on which the text was in force."""
    return tuple(
        Applied.model_validate({"event": event, "day": day})
        for event, day in days
        if in_force(catalog, day)
    )


def in_force(catalog: Catalog, day: str) -> bool:
    """Whether the text applies on a day, YYYY-MM-DD; both ends belong to it."""
    effective = catalog.effective
    return (effective.from_ or "") <= day and (not effective.until or day <= effective.until)


def _crossed(catalogs: Sequence[Catalog]) -> dict[tuple[str, str], tuple[Counterpart, ...]]:
    """For each control the ones that ask for the same, in both directions."""
    here = {c.id for c in catalogs}
    found: dict[tuple[str, str], list[Counterpart]] = {}
    for catalog in catalogs:
        walk = catalog.crosswalk
        if walk is None or walk.to not in here:
            continue
        for row in walk.rows:
            for ours in row.ours:
                for theirs in row.theirs:
                    found.setdefault((catalog.id, ours), []).append(
                        Counterpart(catalog=walk.to, control=theirs, change=row.change)
                    )
                    found.setdefault((walk.to, theirs), []).append(
                        Counterpart(catalog=catalog.id, control=ours, change=row.change)
                    )
    return {key: tuple(dict.fromkeys(value)) for key, value in found.items()}
