"""When a signature was there, by a clock that the reader trusts; else not known.

A timestamp that is not over its signature is false, whoever made it. One by an authority that the
reader does not trust is no time at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from affidavit.bundle.statement import Signed
from affidavit.errors import BundleError
from affidavit.verify.authorities import Authority
from affidavit.verify.checks import ASK_AGAIN, Fault
from affidavit.verify.trust import Trust
from affidavit.verify.windows import Window
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.bundle.timestamp import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A time that is proved; or why none is.

    Attributes:
        time: UTC; the earliest that a trusted authority states.
        by: its name in trust.toml.
        why: why there is none, where the signature has timestamps.
        later: the earliest time that one states after the reader's now, where none is proved: by
            `--as-of`, or a slow clock. It proves nothing yet, and whoever signed has to count then
            too: nobody knows that the signature was there before.
    """

    time: datetime | None = None
    by: str | None = None
    why: str | None = None
    later: datetime | None = None


NO_TIME: Final = Known()


def roots_ending(trust: Trust | None, now: datetime) -> tuple[str, ...]:
    """What is said of roots in the reader's trust that have ended, or soon will.

    Args:
        trust: of the reader.
        now: their clock.
    """
    if trust is None or not (trust.named or trust.clocks):
        return ()
    from affidavit.bundle.certificate import last_moment

    whose = {a.name: a for a in (*(s.authority for s in trust.named), *trust.clocks)}
    said: list[str] = []
    for name, authority in sorted(whose.items()):
        end = min(last_moment(der) for der in authority.roots)
        left = Window(end=end).days_left(now)
        if now > end:
            said.append(f"a root of {name} in your trust ended on {end:%Y-%m-%d}: ask for its new")
        elif left is not None:
            more = count_text(left, "more day")
            said.append(f"a root of {name} in your trust is valid until {end:%Y-%m-%d}, {more}")
    return tuple(said)


def known_time(
    path: str, signed: Signed, clocks: Sequence[Authority], now: datetime
) -> Known | Fault:
    """The time of a signature.

    Args:
        path: of the statement, for faults.
        signed: as it was parsed.
        clocks: authorities whose time the reader believes.
        now: the reader's clock; a time after it is none.
    """
    if not signed.material.timestamps:
        return Known()
    from affidavit.bundle.timestamp import read_timestamp, why_no_time

    proved: list[tuple[datetime, str]] = []
    later: list[datetime] = []
    whys: list[str] = []
    for der in signed.material.timestamps:
        try:
            stamp = read_timestamp(der, path)
        except BundleError as error:
            return Fault(str(error), path, fix=ASK_AGAIN)
        if not stamp.is_over(signed.signature):
            return Fault(f"a timestamp in {path} is of something else", path, fix=ASK_AGAIN)
        for clock in clocks:
            why = why_no_time(stamp, clock.roots, clock.intermediates, now=now)
            if why is None:
                proved.append((stamp.time, clock.name))
                continue
            whys.append(f"{clock.name}: {why}")
            if stamp.time > now and _states(clock, stamp):
                later.append(stamp.time)
    if proved:
        time, by = min(proved)
        return Known(time=time, by=by)
    return Known(
        why="; ".join(whys) or "its timestamp is by no authority that you trust",
        later=min(later, default=None),
    )  # fmt: skip


def _states(clock: Authority, stamp: Timestamp) -> bool:
    """Whether the authority made the timestamp, whatever the reader's day."""
    from affidavit.bundle.timestamp import why_no_time

    return why_no_time(stamp, clock.roots, clock.intermediates, now=stamp.time) is None
