"""Forgeries in words: who the forger is, what they did, and which check refused it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.cli import output
from affidavit.cli.output import field_lines, paint, wrapped
from affidavit.cli.short_text import shortened
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.forgeries import Family, Genuine, Shown, Tried
from affidavit.wording import count_text

_WHO: Final[Mapping[Family, str]] = {
    "carrier": "Whoever carries the file, and changes it",
    "careful": "The same, recomputing every checksum: no key is needed for that",
    "stranger": "Whoever has a key, but not one that you trust",
    "insider": "Whoever has a key that you trust, and lies",
    "replay": "Whoever passes on what is genuine, as something that it is not",
}
_LIMITS: Final = (
    "It does not show that no forgery is possible. A signer whom you trust can still invent data, "
    "scores or a control's status, everywhere alike: docs/threat-model.md names what no check sees."
)
_INDENT: Final = " " * 4


class Printed:
    """Prints each forgery as it is judged, under a heading for each kind of forger.

    Args:
        is_quiet: prints none of them.
    """

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._family: Family | None = None
        self._number = 0

    def tell(self, tried: Tried) -> None:
        """Print one; what the bundle has nothing for is told at the end."""
        if self._is_quiet or tried.outcome == "left-out":
            return
        if tried.family != self._family:
            self._family = tried.family
            output.say()
            output.say(paint(_WHO[tried.family], "strong"))
        self._number += 1
        for line in tried_lines(tried, self._number):
            output.say(line)

    def closing_lines(self, shown: Shown) -> list[str]:
        """The result; with -q its first line alone."""
        first = _result(shown)
        if self._is_quiet:
            return first
        lines = ["", *first]
        if shown.left_out:
            ways = count_text(shown.left_out, "other way has", "other ways have")
            lines += wrapped(
                f"{ways} nothing to forge in this bundle (no controls, say): --json names them."
            )
        return [*lines, "", *wrapped(_LIMITS)]


def opening_lines(genuine: Genuine, *, is_sample: bool) -> list[str]:
    """Whose bundle is forged, and that it is good: what follows would mean nothing else."""
    lines = ["The genuine one first:", "", *verdict_lines(genuine.verdict, quiet=True)]
    if is_sample:
        lines += wrapped(
            "A sample of made data and numbers, which comes with Affidavit, as does the key that "
            "verifies it. Name a bundle of yours, and its signer's key, to see that one forged.",
            first="  ", rest="  ",
        )  # fmt: skip
    elif genuine.is_sealed_here:
        lines += wrapped(
            "No --key or --trust was given: this is a copy, its seal replaced by one of a key made "
            "for this and thrown away. It says nothing about who made your bundle.",
            first="  ", rest="  ",
        )  # fmt: skip
    return lines


def tried_lines(tried: Tried, number: int) -> list[str]:
    """What the forger did, and what came of it."""
    lines = wrapped(f"{number:>2}  {shortened(tried.did or '')}", rest=_INDENT)
    if tried.outcome == "refused":
        check = f" ({tried.check})" if output.settings().verbosity > 0 else ""
        return lines + _told("REFUSED", "good", shortened(tried.why or "") + check)
    return lines + _told("NOT REFUSED", "bad", f"the verdict is {tried.word}")


def _told(word: str, colour: output.Role, text: str) -> list[str]:
    """Wrapped before it is painted, since paint has no width."""
    lines = wrapped(f"{word}  {text}", first=_INDENT, rest=_INDENT + " " * (len(word) + 2))
    return [lines[0].replace(word, paint(word, colour), 1), *lines[1:]]


def _result(shown: Shown) -> list[str]:
    total = count_text(shown.refused + shown.accepted, "forgery", "forgeries")
    if not shown.accepted:
        return [f"{paint('ALL REFUSED', 'good')}  {total} of {shortened(shown.bundle)}"]
    head = f"{paint('NOT ALL REFUSED', 'bad')}  {shown.accepted} of {total} passed"
    fix = "a fault in Affidavit: report it as SECURITY.md says, with --json"
    return [head, *field_lines("fix", fix, width=9)]
