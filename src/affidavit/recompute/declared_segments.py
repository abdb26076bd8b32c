"""`[segments.<name>]` and `[time]`: parts of a role that performance is shown by."""

from __future__ import annotations

from affidavit.config import Config
from affidavit.evidence import AttributeSpec, Finding
from affidavit.gap_ids import gap_id
from affidavit.places import MISSING_GROUP, PERIOD
from affidavit.printable import printable
from affidavit.recompute.bands import cut
from affidavit.recompute.groups import MAX_GROUPS, Grouping, require_own_words
from affidavit.recompute.lengths import require_short_names
from affidavit.recompute.periods import periods
from affidavit.recompute.rows import Rows


def declared_segments(rows: Rows, config: Config) -> tuple[Grouping, ...]:
    """Each declared segment over the rows of a role, in the order of names; the period last.

    Rows without a value are a segment of their own, `(missing)`.

    Raises:
        ConfigError: a column that is not there, bands that do not rise.
        SourceError: no number where bands cut, no date where periods do, our own word as a value, a
            value of more than 200 characters.
    """
    found = []
    for name, segment in sorted(config.segments.items()):
        where = f"{rows.table.name}: segment {name!r}"
        rows.table.require(segment.column, f"the segment {name}, column")
        if segment.bands:
            raw = rows.table.raw(segment.column)
            column = cut(raw, segment.bands, key=f"segments.{name}", where=where)
        else:
            column = rows.table.coded(segment.column)
            require_own_words(column, where)
            require_short_names(column, where)
        found.append(Grouping(spec=AttributeSpec(name=name), column=column.filled(MISSING_GROUP)))
    if config.time is not None:
        found.append(Grouping(spec=AttributeSpec(name=PERIOD), column=periods(rows, config.time)))
    return tuple(found)


def few_enough(
    segments: tuple[Grouping, ...], role: str
) -> tuple[tuple[Grouping, ...], tuple[Finding, ...]]:
    """The segments of at most 200 values, and a gap for each other."""
    kept = tuple(s for s in segments if len(s.column.names) <= MAX_GROUPS)
    return kept, tuple(_too_many(s, role) for s in segments if s not in kept)


def _too_many(segment: Grouping, role: str) -> Finding:
    name, n = segment.spec.name, len(segment.column.names)
    return Finding(
        id=gap_id("segments", role, name), kind="gap", stage="recompute",
        what=f"performance by {printable(name)} is not computed on {role}: it has {n} values",
        expected=f"at most {MAX_GROUPS}", found=str(n),
        fix=f"declare bands for [segments.{name}], name a coarser column, or a longer [time] by",
    )  # fmt: skip
