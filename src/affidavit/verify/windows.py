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
            return f"trust.toml has it from {self.begin:%Y-%m-%d %H:%M} UTC"
        if self.end is not None and at > self.end:
            return f"trust.toml has it until {self.end:%Y-%m-%d %H:%M} UTC"
        return None


ALWAYS: Final = Window()


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
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.max if is_end else time.min, tzinfo=UTC)
    faults.add(
        f"{where}: {key} expected a day such as 2026-11-20, or a time such as "
        f"2026-11-20T08:00:00Z, found {value!r}"
    )
    return None
