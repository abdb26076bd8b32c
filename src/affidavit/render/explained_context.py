"""What the section on explanations prints, decided: blocks of words, figures and plain tables."""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.render.tables import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTable:
    """A table of words and numbers that are no numbers of a report.

    Attributes:
        anchor: its caption's id on the card.
        left: how many columns are words; the rest are numbers, set to the right.
        strong: how many last rows are sums of those above.
        foot: said below it.
    """

    caption: str
    anchor: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    strong: int = 0
    foot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A part that is not there."""

    part: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of the section.

    Attributes:
        lines: text that is printed as it stands, a line each.
    """

    title: str
    anchor: str
    intro: tuple[str, ...] = ()
    figure: Figure | None = None
    tables: tuple[PlainTable, ...] = ()
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The section, whole.

    Attributes:
        absent: said where there is nothing else.
        lacking: printed first.
        intro: which question the attributions answer, and how they were made.
    """

    absent: str = ""
    lacking: tuple[Lack, ...] = ()
    intro: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(b.figure for b in self.blocks if b.figure is not None)
