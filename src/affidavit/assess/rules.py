"""From a control and the record to an assessment: one pure function.

Precedence: exception, not-applicable, missing, needs-attestation, then evidenced (only where a
machine decides). A control that is out of force, or does not apply, asks nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import cel

from affidavit.assess.catalog import Catalog, Control
from affidavit.assess.context import Context
from affidavit.errors import ConfigError
from affidavit.standing import Assessment, Status


@dataclass(frozen=True, slots=True)
class Ruling:
    """A status, the sentence that carries it, what to do, and the items that answer."""

    status: Status
    because: str
    remedy: str | None
    items: tuple[str, ...]


def assess_control(control: Control, catalog: Catalog, context: Context, as_of: str) -> Assessment:
    """What the record shows for one control on a day.

    Raises:
        ConfigError: an expression that fails on this record (a field of another type, say).
    """
    ruling = _out_of_force(control, catalog, as_of) or _set_aside(control, context)
    values: dict[str, str] = {}
    if ruling is None:
        ruling = _ruled(control, context)
        # Values are read from what the needs ask for; where that is absent there are none.
        values = {} if ruling.status == "missing" else dict(_values(control, context))
    return Assessment(
        control=control.id, reference=control.reference.text, title=control.title,
        expectation=control.expectation, mode=control.mode, status=ruling.status,
        because=ruling.because, remedy=ruling.remedy, items=ruling.items, values=values,
        roles=tuple(a.role for a in control.attestations),
    )  # fmt: skip


def _out_of_force(control: Control, catalog: Catalog, as_of: str) -> Ruling | None:
    for effective in (catalog.effective, control.effective):
        if effective.from_ and as_of < effective.from_:
            because = f"applies from {effective.from_}; assessed as of {as_of}"
            return Ruling("not-applicable", because, None, ())
        if effective.until and as_of > effective.until:
            because = f"applied until {effective.until}; assessed as of {as_of}"
            return Ruling("not-applicable", because, None, ())
    return None


def _set_aside(control: Control, context: Context) -> Ruling | None:
    for rule in control.applicability:
        if not _true(control, rule.when, context):
            return Ruling("not-applicable", f"{rule.reason}: {rule.says}", None, ())
    return None


def _ruled(control: Control, context: Context) -> Ruling:
    absent = [n for n in control.needs if not _true(control, n.present, context)]
    present = [n for n in control.needs if n not in absent]
    items = tuple(dict.fromkeys(p for n in present for p in _paths(control, n.items, context)))
    if not absent:
        failed = [t for t in control.tests if not _true(control, t.holds, context)]
        if failed:
            return Ruling(
                "exception", "; ".join(_filled(control, t.fails, context) for t in failed),
                "; ".join(t.remedy for t in failed), items,
            )  # fmt: skip
    if absent:
        return Ruling(
            "missing", "; ".join(n.absent for n in absent),
            "; ".join(dict.fromkeys(n.remedy for n in absent)), items,
        )  # fmt: skip
    found = _filled(control, control.found, context)
    if control.mode == "machine":
        return Ruling("evidenced", found, None, items)
    asked = "; ".join(f"{a.role} signs: {a.question}" for a in control.attestations)
    return Ruling("needs-attestation", found, asked, items)


def _evaluated(control: Control, expression: str, context: Context) -> object:
    try:
        return cel.evaluate(expression, context.values)
    except (ValueError, RuntimeError, TypeError, KeyError) as error:
        raise ConfigError(
            f"control {control.id}: {expression!r} fails on this record", str(error)[:200]
        ) from error


def _true(control: Control, expression: str, context: Context) -> bool:
    result = _evaluated(control, expression, context)
    if not isinstance(result, bool):
        raise ConfigError(
            f"control {control.id}: {expression!r} gives {result!r}, no true or false"
        )
    return result


def _paths(control: Control, expression: str, context: Context) -> tuple[str, ...]:
    result = _evaluated(control, expression, context)
    if not isinstance(result, list):
        raise ConfigError(
            f"control {control.id}: {expression!r} gives {result!r}, no list of paths"
        )
    return tuple(str(p) for p in result)


def _values(control: Control, context: Context) -> Iterator[tuple[str, str]]:
    for name, expression in sorted(control.values.items()):
        value = _evaluated(control, expression, context)
        if value is not None:
            yield name, f"{value:.12g}" if isinstance(value, float) else str(value)


def _filled(control: Control, sentence: str, context: Context) -> str:
    """A sentence with {name} replaced by the control's values."""
    values = dict(_values(control, context))
    # In one pass: a model named {version} must not be filled in again.
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), sentence)
