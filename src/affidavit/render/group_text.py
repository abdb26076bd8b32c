"""How a group is called: `afam = yes, single = no`, `age >=50`, `race (estimated) = black`."""

from __future__ import annotations

from collections.abc import Container
from urllib.parse import quote

from affidavit.places import UNKNOWN_GROUPS

ESTIMATED = "estimated"


def group_words(group: dict[str, str], estimated: Container[str] = ()) -> str:
    """The group in words; every estimated one says so, and no missing one does.

    Args:
        group: attribute to value.
        estimated: names of attributes whose groups are estimated.
    """
    return ", ".join(_one(name, value, estimated) for name, value in group.items())


def _one(name: str, value: str, estimated: Container[str]) -> str:
    if name in estimated and value not in UNKNOWN_GROUPS:
        name = f"{name} ({ESTIMATED})"
    return f"{name} {value}" if value.startswith(("<", ">")) else f"{name} = {value}"


def names_words(names: tuple[str, ...], estimated: Container[str]) -> str:
    """`sex and race (estimated)`."""
    return " and ".join(f"{n} ({ESTIMATED})" if n in estimated else n for n in names)


def in_words(reason: str, *groups: dict[str, str] | None) -> str:
    """A reason of the record with its groups in words: `'yes+no'` is a place in an id."""
    for group in groups:
        for values in (list((group or {}).values()), [v for _, v in sorted((group or {}).items())]):
            for part in ("+".join(values), "+".join(quote(v, safe="<>=-() ") for v in values)):
                if group:
                    reason = reason.replace(repr(part), group_words(group))
    return reason
