"""How the card says things: plain text, dates, sizes, digests, the word for a status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from affidavit.card_record import one_line
from affidavit.evidence import Basis, Digest, Finding
from affidavit.render.context import StatusWord
from affidavit.standing import Status
from affidavit.wording import count_text, size_text

THIN: Final = "\N{THIN SPACE}"
MINUS: Final = "\N{MINUS SIGN}"

EXCEPTION: Final = StatusWord(word="Exception", mark="▲", tone="exception")
MISSING: Final = StatusWord(word="Missing", mark="○", tone="missing")
NEEDS: Final = StatusWord(word="Needs attestation", mark="◇", tone="needs")
ATTESTED: Final = StatusWord(word="Attested", mark="◆", tone="attested")
EVIDENCED: Final = StatusWord(word="Evidenced", mark="●", tone="evidenced")
NOT_APPLICABLE: Final = StatusWord(word="Not applicable", mark="\N{EN DASH}", tone="not")
SET_ASIDE: Final = StatusWord(word="Set aside", mark="\N{EN DASH}", tone="not")
DECLARED: Final = StatusWord(word="Declared", mark="\N{EN DASH}", tone="not")
HOLDS: Final = StatusWord(word="Holds", mark="●", tone="evidenced")

_STATUS: Final[dict[Status, StatusWord]] = {
    "exception": EXCEPTION,
    "missing": MISSING,
    "needs-attestation": NEEDS,
    "attested": ATTESTED,
    "evidenced": EVIDENCED,
    "not-applicable": NOT_APPLICABLE,
}
BASIS_MEANS: Final[dict[Basis, str]] = {
    "measured": "hashed or counted here, from the bytes",
    "signed": "a signature says so",
    "claimed": "the registry, the run or a tag says so; whoever administers them can rewrite it",
    "declared": "people of the institution say so",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def status_word(status: Status) -> StatusWord:
    """The word, mark and tone of a control's status."""
    return _STATUS[status]


def finding_word(finding: Finding) -> StatusWord:
    """A gap is something missing; an exception is one."""
    return MISSING if finding.kind == "gap" else EXCEPTION


def plain(text: str) -> str:
    """The text on one line, whatever hides, reorders or acts in it turned into an escape.

    Line breaks and tabs become spaces: people break lines in declarations. The rest is
    `printable`, so that a name cannot look like another one.
    """
    return one_line(text)


def day(moment: datetime) -> str:
    """`12 November 2026`, in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def day_of(text: str) -> str:
    """A day for an ISO date or time; anything else as it stands."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return day(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def size(size_bytes: int) -> str:
    """`212 kB`, with a thin space that never breaks a line in two."""
    return size_text(size_bytes).replace(" ", THIN)


def many(count: int, one: str, more: str = "") -> str:
    """`1 file`, `2,380 files`; `no files` for none."""
    return count_text(count, one, more or None, zero="no")


def grouped(hex_digits: str, groups: int = 3) -> str:
    """The first hex digits in fours, as people compare them."""
    return " ".join(hex_digits[i : i + 4] for i in range(0, 4 * groups, 4))


def digest_words(digest: Digest | None) -> str:
    """`sha256 5be1 90c2 f0a1 …`; empty where there is none."""
    return "" if digest is None else f"{digest.algorithm} {grouped(digest.value)} …"


def portable(text: str) -> str:
    """The text as a part of a file name and of an id in HTML: ASCII letters, digits, `-`."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower() or "x"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def ended(text: str) -> str:
    """The text with a full stop, its first letter as it is: it may be a command or a key."""
    text = text.strip()
    return text + ("" if not text or text[-1] in ".!?…:" or " " not in text else ".")


def sentence(text: str) -> str:
    """The text as a sentence: a capital first, unless a name stands there; a full stop last."""
    text = text.strip()
    if not text:
        return ""
    first = text.split()[0].strip(",:;'")
    start = text[0].upper() if first.isalpha() else text[0]
    return start + text[1:] + ("" if text[-1] in ".!?…:" else ".")
