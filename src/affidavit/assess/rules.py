"""From a control and the record to an assessment: one pure function.

The day comes first: a text that is not in force asks nothing. Then the first that fits of:
exception, not-applicable, missing, needs-attestation, evidenced (only where a machine decides).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from affidavit.assess.catalog import PLACEHOLDER, Applicability, Catalog, Control, NamedNeed, Test
from affidavit.assess.context import Context
from affidavit.assess.expressions import evaluate, holds, paths
from affidavit.errors import ConfigError
from affidavit.standing import Assessment, Cited, Counterpart, Question, SetAside, Status

OWNERS_WORD: Final = "set aside on the owner's word"
Crossed = Mapping[str, tuple[Counterpart, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A status, the sentence that carries it, the clause that led to it, and what answers."""

    status: Status
    because: str
    rule: str
    remedy: str | None = None
    items: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    set_aside: SetAside | None = None


def assess_control(
    control: Control,
    catalog: Catalog,
    needs: tuple[NamedNeed, ...],
    context: Context,
    *,
    as_of: str,
    counterparts: tuple[Counterpart, ...] = (),
) -> Assessment:
    """What the record shows for one control on a day.

    Args:
        control: of `catalog`.
        catalog: gives the days on which the text is in force.
        needs: what the control asks for (`affidavit.assess.vocabulary.needs_of`).
        context: the record.
        as_of: the day, YYYY-MM-DD; expressions see it by this name.
        counterparts: what became of it in another catalog, by the crosswalk.

    Raises:
        ConfigError: an expression that fails on this record (a field of another type, say), or
            names a file that is not in it.
    """
    try:
        ruling = _ruled(control, catalog, needs, context.on(as_of), as_of)
    except ConfigError as error:
        raise ConfigError(f"control {control.id}: {error.what}", error.cause, error.fix) from error
    return Assessment(
        control=control.id,
        reference=control.reference.text,
        confidence=control.reference.confidence,
        title=control.title,
        expectation=control.expectation,
        mode=control.mode,
        status=ruling.status,
        because=ruling.because,
        rule=ruling.rule,
        remedy=ruling.remedy,
        items=tuple(Cited(path=p, sha256=context.digests[p]) for p in ruling.items),
        values=ruling.values,
        questions=tuple(Question.model_validate(a.model_dump()) for a in control.attestations),
        set_aside=ruling.set_aside,
        applies_from=control.effective.from_ or catalog.effective.from_,
        applies_until=control.effective.until or catalog.effective.until,
        counterparts=counterparts,
    )


def _ruled(
    control: Control, catalog: Catalog, needs: tuple[NamedNeed, ...], context: Context, as_of: str
) -> Ruling:
    if out := _out_of_force(control, catalog, as_of):
        return out
    found = {need.name: _found(need, context) for need in needs}
    absent = [need for need in needs if found[need.name] is None]
    items = tuple(dict.fromkeys(p for each in found.values() for p in each or ()))
    if failed := _failed(control, context, whole=not absent):
        return _exception(control, failed, items, context)
    if aside := _set_aside(control, context):
        return aside
    if absent:
        return _missing(absent, items)
    return _answered(control, items, context)


def _out_of_force(control: Control, catalog: Catalog, as_of: str) -> Ruling | None:
    for effective in (catalog.effective, control.effective):
        if effective.from_ and as_of < effective.from_:
            because = f"not-yet-in-force: applies from {effective.from_}; assessed as of {as_of}"
            return _dated(because, f"effective.from {effective.from_}")
        if effective.until and as_of > effective.until:
            by = f" by {catalog.superseded_by}" if catalog.superseded_by else ""
            because = (
                f"superseded-source: applied until {effective.until}{', followed' if by else ''}"
                f"{by}; assessed as of {as_of}"
            )
            return _dated(because, f"effective.until {effective.until}")
    return None


def _dated(because: str, rule: str) -> Ruling:
    return Ruling(status="not-applicable", because=because, rule=rule, set_aside="date")


def _found(named: NamedNeed, context: Context) -> tuple[str, ...] | None:
    """The files that answer a need; None where it is absent. A fact alone has no file."""
    need = named.need
    if need.not_yet or not holds(need.present, context.prepared):
        return None
    if need.items is None:
        return ()
    return _known(paths(need.items, context.prepared), context) or None


def _known(found: Iterable[str], context: Context) -> tuple[str, ...]:
    found = tuple(found)
    if unknown := [p for p in found if p not in context.digests]:
        raise ConfigError(f"{unknown[0][:80]!r} is no file of this record")
    return found


def _failed(control: Control, context: Context, *, whole: bool) -> list[Test]:
    """Tests that do not hold. One without its own guard is asked only where nothing is absent."""
    return [
        test
        for test in control.tests
        if (whole if test.asked_when is None else holds(test.asked_when, context.prepared))
        and not holds(test.holds, context.prepared)
    ]


def _exception(
    control: Control, failed: list[Test], items: tuple[str, ...], context: Context
) -> Ruling:
    own = [p for t in failed if t.items for p in _known(paths(t.items, context.prepared), context)]
    if not (own or items):
        raise ConfigError(
            f"test {control.tests.index(failed[0]) + 1} does not hold, and no file shows it",
            fix="give the test `items`, and ask it (`asked_when`) only where they are there",
        )
    values = _values(control, context)
    return Ruling(
        status="exception",
        because="; ".join(_filled(t.fails, values) for t in failed),
        rule="; ".join(f"test {control.tests.index(t) + 1}: {t.holds}" for t in failed),
        remedy="; ".join(t.remedy for t in failed),
        items=tuple(dict.fromkeys([*own, *items])),
        values=values,
    )


def _set_aside(control: Control, context: Context) -> Ruling | None:
    for place, rule in enumerate(control.applicability, start=1):
        if not holds(rule.when, context.prepared):
            return Ruling(
                status="not-applicable",
                because=_aside_words(rule),
                rule=f"applicability {place}: {rule.when}",
                set_aside=rule.rests_on,
            )
    return None


def _aside_words(rule: Applicability) -> str:
    if rule.rests_on == "declared":
        return f"{rule.reason}: {OWNERS_WORD}: {rule.says}"
    return f"{rule.reason}: {rule.says}"


def _missing(absent: list[NamedNeed], items: tuple[str, ...]) -> Ruling:
    return Ruling(
        status="missing",
        because="; ".join(dict.fromkeys(n.need.absent for n in absent)),
        rule="; ".join(f"{n.name}: {n.need.present}" for n in absent),
        remedy="; ".join(dict.fromkeys(n.need.remedy for n in absent)),
        items=items,
    )


def _answered(control: Control, items: tuple[str, ...], context: Context) -> Ruling:
    values = _values(control, context)
    found = _filled(control.found, values)
    if control.mode == "machine":
        rule = f"mode machine: {_counted(control)} found"
        return Ruling(status="evidenced", because=found, rule=rule, items=items, values=values)
    asked = "; ".join(f"{a.role} signs: {a.question}" for a in control.attestations)
    rule = f"mode {control.mode}: {_counted(control)} found, and nobody has signed"
    return Ruling(
        status="needs-attestation", because=found, rule=rule, remedy=asked, items=items,
        values=values,
    )  # fmt: skip


def _counted(control: Control) -> str:
    needs, tests = len(control.needs), len(control.tests)
    said = f"all {needs} needs" if needs > 1 else "its one need" if needs else "nothing to be"
    return f"{said}, {tests} tests held," if tests else said


def _values(control: Control, context: Context) -> dict[str, str]:
    """The control's values as text; one that this record has not is left out."""
    shown: dict[str, str] = {}
    for name, expression in sorted(control.values.items()):
        try:
            value = evaluate(expression, context.prepared)
        except ConfigError as error:
            if isinstance(error.__cause__, KeyError):
                continue
            raise
        if value is not None:
            shown[name] = f"{value:.12g}" if isinstance(value, float) else str(value)
    return shown


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with {name} replaced by the control's values."""
    # In one pass: a model named {version} must not be filled in again.
    return PLACEHOLDER.sub(lambda m: values.get(m[1], m[0]), sentence)
