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
    days = [("assessment", as_of)]
    if declarations is not None and declarations.approved_on:
        days.insert(0, ("approval", declarations.approved_on))
    kept = [
        (loaded, applied)
        for loaded, name in zip(load(wanted), wanted, strict=True)
        if (applied := _applied(loaded.catalog, days)) or name in explicit
    ]
    # Among those that are asked about: a text that is not yet issued is nothing's counterpart.
    crossed = _crossed([loaded.catalog for loaded, _ in kept])
    return tuple(
        Asked(
            loaded=loaded,
            applied=applied,
            as_of=max((a.day for a in applied), default=as_of),
            counterparts={
                control: found
                for (catalog, control), found in crossed.items()
                if catalog == loaded.catalog.id
            },
        )
        for loaded, applied in kept
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
