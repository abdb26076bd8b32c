"""The result of a recheck in words: the answer, what differs, how it was made, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.cli.output import Role, field_lines, paint, short, wrapped
from affidavit.cli.short_text import shortened
from affidavit.printable import printable
from affidavit.reproduce import Recheck
from affidavit.reproduce.record import Difference
from affidavit.reproduce.words import (
    environment_text,
    headline,
    isolation_text,
    says,
    signer_text,
    tally_text,
)
from affidavit.wording import count_text

_COLOURS: Final[Mapping[str, Role]] = {"EQUAL": "good", "DIFFERENT": "bad"}
_SHOWN: Final = 8
_EVERYTHING: Final = 100_000


def recheck_lines(result: Recheck, *, quiet: bool = False, all_of_it: bool = False) -> list[str]:
    """The result for a person; `quiet` gives the answer only."""
    lines = _opening(result)
    if quiet:
        return lines
    limit = _EVERYTHING if all_of_it else _SHOWN
    wrong = [d for d in result.differences if d.status != "within"]
    if wrong:
        lines += ["", *_differences(wrong, limit)]
    lines += ["", *_facts(result)]
    for one in result.not_run:
        lines += field_lines("not run", shortened(f"{one.what}: {one.why}"))
        if one.fix:
            lines += field_lines("fix", shortened(one.fix))
    return [*lines, "", *wrapped(says(result))]


def _opening(result: Recheck) -> list[str]:
    subject = shortened(f"{result.subject.name}, version {result.subject.version}")
    title = result.outcome
    lines = wrapped(f"{title}  {subject}: {headline(result)}", rest="  ")
    colour = _COLOURS.get(result.found, "warn")
    return [lines[0].replace(title, paint(title, colour), 1), *lines[1:]]


def _differences(wrong: list[Difference], limit: int) -> list[str]:
    lines: list[str] = []
    path = ""
    for one in wrong[:limit]:
        if one.path != path:
            path = one.path
            lines += wrapped(printable(path), first="  ", rest="    ")
        field = f", {printable(one.field)}" if one.field else ""
        lines += wrapped(shortened(f"{one.what}{field}"), first="    ", rest="      ")
        for label, value in (("signed", one.signed), ("recomputed", one.recomputed)):
            lines += field_lines(label, shortened(value or "absent"), width=10, indent=6)
    if len(wrong) > limit:
        lines.append(f"  and {count_text(len(wrong) - limit, 'more difference')}: -v or --json")
    return lines


def _facts(result: Recheck) -> list[str]:
    evidence = short(result.evidence_id or "unknown")
    lines = field_lines("bundle", f"{result.verified.lower()}, evidence {evidence}")
    lines += field_lines("signed by", shortened(signer_text(result)))
    for lack in result.overridden:
        lines += field_lines("overridden", shortened(lack))
    lines += field_lines("isolation", shortened(isolation_text(result)))
    lines += field_lines("environment", shortened(environment_text(result)))
    if result.sample is not None:
        rows = count_text(result.sample.rows, "row")
        lines += field_lines("sample", f"{rows} of each role, seed {result.sample.seed}")
        return lines + field_lines("rows", tally_text(result.others, "row"))
    lines += field_lines("numbers", tally_text(result.numbers, "number"))
    lines += field_lines("besides", tally_text(result.others, "other value"))
    return lines + field_lines("tolerance", result.tolerance)
