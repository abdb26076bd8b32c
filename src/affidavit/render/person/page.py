"""The page as a tree of texts: what the template draws, with nothing left to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# `said` is ours, `quoted` the institution's, `owed` what nobody stated, `caution` a warning.
Voice = Literal["said", "quoted", "owed", "caution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, what it is about where that needs saying, and whose words it is."""

    text: str
    head: str = ""
    voice: Voice = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One input: its name, the person's value, and which way it counted."""

    name: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands below it: paragraphs, then facts or points, then paragraphs."""

    id: str
    title: str
    before: tuple[Paragraph, ...] = ()
    facts: tuple[Fact, ...] = ()
    points: tuple[str, ...] = ()
    is_ranked: bool = False
    after: tuple[Paragraph, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page for one person.

    Attributes:
        cautions: what has to be read before anything else.
        about: where the page comes from, and what it is not.
        effects: whether the facts say which way they counted.
    """

    title: str
    model: str
    version: str
    evidence_short: str
    row: str
    deck: tuple[str, ...]
    cautions: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
    about: tuple[str, ...]
    has_effects: bool
