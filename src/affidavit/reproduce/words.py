"""The result in words, the same in a terminal and on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.bundle.recheck import Tally
from affidavit.reproduce.record import Answer, Recheck
from affidavit.wording import count_text

_BEYOND = "It does not show that the data are right or that the model is good."
_SAYS: Final[Mapping[Answer, str]] = {
    "EQUAL": f"It shows that these numbers follow from this model and these data. {_BEYOND}",
    "EQUAL AS FAR AS RUN": "It shows that the numbers that were run follow from this model and "
    f"these data, and nothing of the others. {_BEYOND}",
    "DIFFERENT": "It shows that what differs does not follow from this model and these data as "
    "they were run here. It does not show why.",
    "NOT RUN": "It shows nothing, since no number was computed again.",
}
_SAYS_SAMPLE: Final = "This is a quick look at some rows, and no recheck: run it without --sample."


def says(result: Recheck) -> str:
    """What the result shows, and what it does not."""
    return _SAYS[result.found] if result.sample is None else _SAYS_SAMPLE


def headline(result: Recheck) -> str:
    """What was found, in one sentence."""
    if result.found == "NOT RUN":
        return "nothing could be computed again"
    if result.sample is not None:
        return _of_sample(result)
    counts = result.numbers
    if result.found == "DIFFERENT":
        return f"{_wrong(result)} what the bundle says"
    equal = count_text(counts.compared, "number")
    if result.found == "EQUAL":
        return f"all {equal} are what the bundle says"
    return f"{equal} are what the bundle says, {counts.not_run:,} were not run"


def _of_sample(result: Recheck) -> str:
    rows = count_text(result.others.compared, "row")
    if result.found == "DIFFERENT":
        return f"{result.others.wrong:,} of {rows} scored now are not what the bundle says"
    return f"{rows} scored now are what the bundle says"


def _wrong(result: Recheck) -> str:
    """`3 of 412 numbers and 20 other values are not`."""
    parts = []
    if wrong := result.numbers.wrong:
        parts.append(f"{wrong:,} of {count_text(result.numbers.compared, 'number')}")
    if wrong := result.others.wrong:
        parts.append(count_text(wrong, "other value"))
    is_one = result.numbers.wrong + result.others.wrong == 1
    return f"{' and '.join(parts)} {'is' if is_one else 'are'} not"


def tally_text(counts: Tally, what: str) -> str:
    """`412 numbers: 410 equal, 2 within the tolerance`."""
    parts = [
        f"{n:,} {name}"
        for name, n in (
            ("equal", counts.equal), ("within the tolerance", counts.within),
            ("different", counts.different), ("missing", counts.missing), ("extra", counts.extra),
            ("not run", counts.not_run),
        )
        if n
    ]  # fmt: skip
    return f"{count_text(counts.compared + counts.not_run, what)}: {', '.join(parts) or 'none'}"


def environment_text(result: Recheck) -> str:
    """What the model was run with, and what of it is not as its requirements ask."""
    used = result.environment
    if used is None:
        return "none: no model was run"
    if not used.differs:
        return used.about
    pins = ", ".join(
        f"{p.name} {p.found or 'absent'} in place of {p.expected}" for p in used.differs
    )
    return f"{used.about}; {pins}"


def isolation_text(result: Recheck) -> str:
    """What shut the model in."""
    return result.isolation.used or "none: no model was run"


def signer_text(result: Recheck) -> str:
    """Who vouches for the bundle."""
    return result.signed_by or "nobody that you trust"
