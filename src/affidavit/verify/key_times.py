"""When a pinned key counts: the window that its owner gave it, and which clock is asked.

Whoever holds a key can date what it signs as they like. So the signer's own date is never asked: a
signature counts at a trusted time (a log's, a timestamp authority's that the reader trusts), and
without one the window has to contain the reader's now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

NEAR_DAYS: Final = 30
_WRITTEN: Final = "a day such as 2026-11-20, or a moment with its zone: 2026-11-20T09:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when, and until when, a key counts; both belong to it. None has no end on that side."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def why_outside(self, *, trusted_time: datetime | None, now: datetime) -> str | None:
        """Why a signature does not count; None if it does.

        Args:
            trusted_time: when it was made, by a clock that the reader trusts; None if by none.
            now: the reader's clock, aware.
        """
        at = trusted_time or now
        clock = f"trusted time says {moment_text(at)}" if trusted_time else "no trusted time"
        if self.valid_from is not None and at < self.valid_from:
            return f"its key counts from {moment_text(self.valid_from)} ({clock})"
        if self.valid_until is not None and at > self.valid_until:
            return f"its key counted until {moment_text(self.valid_until)} ({clock})"
        return None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until the end, where it is near (`NEAR_DAYS`) and not over; else None."""
        if self.valid_until is None or now > self.valid_until:
            return None
        left = (self.valid_until - now).days
        return left if left <= NEAR_DAYS else None

    def narrowed(self, other: Window) -> Window:
        """What lies in both."""
        return Window(
            valid_from=max((m for m in (self.valid_from, other.valid_from) if m), default=None),
            valid_until=min((m for m in (self.valid_until, other.valid_until) if m), default=None),
        )  # fmt: skip


ALWAYS: Final = Window()


def read_moment(value: object, *, is_end: bool) -> datetime:
    """A moment as a trust.toml writes it: a day, or a date and time with its zone.

    Args:
        value: of TOML: a date, a date-time or text.
        is_end: a day means its last moment; else its first. Days are of UTC.

    Raises:
        ValueError: neither; a date-time without a zone could be anybody's.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"expected {_WRITTEN}, found {value.isoformat()} without a zone")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time.max if is_end else time.min, UTC)
    raise ValueError(f"expected {_WRITTEN}, found {value!r}")


def _parsed(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected {_WRITTEN}, found {text!r}") from error


def moment_text(moment: datetime) -> str:
    """`2026-11-20` where it is the first or last of a day, else with the time, UTC."""
    if moment.time() in (time.min, time.max):
        return moment.date().isoformat()
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def clock(as_of: str | None) -> datetime:
    """The reader's now: the last moment of a day that was given (YYYY-MM-DD, UTC), or the clock's.

    Raises:
        ValueError: no such day.
    """
    if as_of is None:
        return datetime.now(UTC)
    return datetime.combine(date.fromisoformat(as_of), time.max, UTC)
