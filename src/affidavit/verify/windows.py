"""From when, and until when, a signer of the reader's counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from affidavit.verify.toml_faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Both ends count; None is open."""

    begin: datetime | None = None
    end: datetime | None = None

    def why_not_at(self, at: datetime) -> str | None:
        """Why a time is outside; None if it is within."""
        if self.begin is not None and at < self.begin:
            return f"trust.toml has it from {moment_text(self.begin)}"
        if self.end is not None and at > self.end:
            return f"trust.toml has it until {moment_text(self.end)}"
        return None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until the end, where it is near (`NEAR_DAYS`) and not over; else None."""
        if self.end is None or now > self.end:
            return None
        left = (self.end - now).days
        return left if left <= NEAR_DAYS else None

    def narrowed(self, other: Window) -> Window:
        """What lies in both."""
        return Window(
            begin=max((m for m in (self.begin, other.begin) if m), default=None),
            end=min((m for m in (self.end, other.end) if m), default=None),
        )


ALWAYS: Final = Window()
NEAR_DAYS: Final = 30


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


def read_window(table: dict[str, object], where: str, faults: Faults) -> Window:
    """`valid_from` and `valid_until` of a signer; a day counts as a whole, UTC."""
    begin = read_time(table, "valid_from", where, faults)
    end = read_time(table, "valid_until", where, faults, is_end=True)
    if begin is not None and end is not None and end < begin:
        faults.add(f"{where}: valid_until lies before valid_from")
    return Window(begin=begin, end=end)


def read_time(
    table: dict[str, object], key: str, where: str, faults: Faults, *, is_end: bool = False
) -> datetime | None:
    """A day, or a time with its offset; None where there is none.

    Args:
        table: of trust.toml.
        key: of the field.
        where: of the table, for faults.
        faults: gains what is wrong.
        is_end: a day stands for its last moment; else for its first.
    """
    value = table.get(key)
    if value is None:
        return None
    try:
        return _moment(value, is_end=is_end)
    except ValueError as error:
        faults.add(f"{where}: {key} {error}")
        return None


def parse_time(text: str, *, is_end: bool = False) -> datetime:
    """A day, or a time with its offset, as a person types it; `is_end` as in `read_time`.

    Raises:
        ValueError: neither; a time without an offset could be anybody's.
    """
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return _moment(read(text), is_end=is_end)
        except ValueError:
            continue
    return _moment(text, is_end=is_end)


def _moment(value: object, *, is_end: bool) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(f"found {value!r}, which no calendar has in UTC") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.max if is_end else time.min, tzinfo=UTC)
    raise ValueError(
        f"expected a day such as 2026-11-20, or a time such as 2026-11-20T08:00:00Z, "
        f"found {value!r}"
    )
