"""The report's part on groups: mean attributions, what carries a difference, proxies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affidavit.explanation_record import Decomposition, GroupMean, Lacking, Proxy
from affidavit.places import UNKNOWN_GROUPS
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.recompute.coded import Coded
from affidavit.recompute.count_tables import read_unit
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.between_groups.decision_game import NoGame, Played, play
from affidavit.recompute.explain.between_groups.decompositions import Split, decompose
from affidavit.recompute.explain.between_groups.group_means import Attributions, group_means
from affidavit.recompute.explain.between_groups.proxies import screen
from affidavit.recompute.explain.between_groups.sides import Sides, share_out, sides_of
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.floats import Floats

MOST_DECISIONS = 300  # explained rows whose decisions are split over the features
_OUTPUT = "difference of the mean attributions"
_RATE = "decomposition of the selection rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The attributions that are averaged.

    Attributes:
        values: (n_explained, n_features), on the scale; they sum to each row's output less a
            constant.
        errors: (n_explained, n_features), their Monte Carlo standard errors; zeros where exact.
    """

    values: Floats
    errors: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ByGroup:
    """What the report says of groups."""

    groups: tuple[GroupMean, ...] = ()
    decompositions: tuple[Decomposition, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()


def explain_groups(
    explained: Explained,
    ask: Ask,
    given: Given | None,
    *,
    places: Places,
    background: Any,
    progress: Progress,
) -> ByGroup:
    """Everything that the report says of groups; what cannot be said is lacking, with the reason.

    Args:
        explained: the role.
        ask: the model.
        given: attributions of the rows at `places`; None where there are none.
        places: (n_explained,), the explained rows in the role.
        background: a pyarrow Table, the rows that attributions compare with.
        progress: told of each step.
    """
    if not explained.groupings:
        return ByGroup(lacking=(_no_attribute(explained), *_unknown_attributes(explained)))
    units = read_unit(explained.rows, explained.config)
    small = explained.config.fairness.smallest_group
    sides = tuple(sides_of(g, places, small) for g in explained.groupings)
    role = _Role(explained=explained, places=places, units=units, sides=sides)
    lacking: list[Lacking] = [*_unknown_attributes(explained), *_incomparable(sides)]
    means, outputs = _of_outputs(role, given, lacking)
    progress.step("explaining the groups' decisions")
    rates = _of_decisions(role, ask, background, lacking)
    proxies: list[Proxy] = []
    for grouping in explained.groupings:
        progress.step(f"looking for proxies of {printable(grouping.spec.name)}")
        found = screen(explained, grouping, units)
        if isinstance(found, Lacking):
            lacking.append(found)
        else:
            proxies += found
    return ByGroup(
        groups=means, decompositions=(*outputs, *rates), proxies=tuple(proxies),
        lacking=tuple(lacking), notes=tuple(_notes(explained, is_split=bool(outputs or rates))),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    """The role, and its explained rows by group.

    Attributes:
        units: (n_rows,), of all rows of the role.
    """

    explained: Explained
    places: Places
    units: Coded | None
    sides: tuple[Sides, ...]

    def attributions(
        self, values: Floats, whole: Floats, errors: Floats | None = None
    ) -> Attributions:
        """Numbers of the explained rows, with the rows' weights and units."""
        rows = self.explained.rows
        return Attributions(
            features=tuple(f.name for f in self.explained.features), values=values, whole=whole,
            errors=errors, weight=rows.weights[self.places] if rows.is_weighted else None,
            units=None if self.units is None else self.units.where(self.places),
        )  # fmt: skip


def _of_outputs(
    role: _Role, given: Given | None, lacking: list[Lacking]
) -> tuple[tuple[GroupMean, ...], tuple[Decomposition, ...]]:
    if given is None:
        why = "the rows have no attributions"
        fix = "see why the attributions are lacking"
        lacking += [
            Lacking(part=p, reason=why, fix=fix) for p in ("attributions by group", _OUTPUT)
        ]
        return (), ()
    explained = role.explained
    errors = given.errors if given.errors.any() else None
    attributions = role.attributions(given.values, explained.outputs[role.places], errors)
    split = Split(of="mean-output", scale=explained.scale, method=_OUTPUT, given=attributions)
    return (
        group_means(attributions, role.sides),
        tuple(d for one in role.sides for d in decompose(split, one)),
    )


def _of_decisions(
    role: _Role, ask: Ask, background: Any, lacking: list[Lacking]
) -> tuple[Decomposition, ...]:
    explained, n = role.explained, len(role.places)
    if explained.config.task == "regression" or all(one.reference is None for one in role.sides):
        return ()
    order = explained.random("decision-rows").permutation(n)
    codes = [g.column.codes[role.places] for g in explained.groupings]
    stands = share_out(codes, order, MOST_DECISIONS)
    played_at = np.flatnonzero(np.any(stands, axis=0))
    try:
        played = play(explained, ask, role.places[played_at], background)
    except NoGame as error:
        lacking.append(Lacking(part=_RATE, reason=error.reason, fix=error.fix))
        return ()
    except AskFailed as error:
        why = f"the model failed on made-up rows: {error.cause_line}"
        fix = "make the model answer for any values of its inputs"
        lacking.append(Lacking(part=_RATE, reason=why, fix=fix))
        return ()
    values, whole = np.zeros((n, len(explained.features))), np.zeros(n)
    values[played_at], whole[played_at] = played.values, played.decided
    split = Split(
        of="selection-rate", scale="rate", method=_words(played, len(played_at), n),
        given=role.attributions(values, whole),
    )  # fmt: skip
    return tuple(
        d
        for one, keep in zip(role.sides, stands, strict=True)
        for d in decompose(split, one.narrowed(keep))
    )


def _words(played: Played, n: int, of: int) -> str:
    how = (
        "every set of features"
        if played.is_exact
        else f"{2 * played.n_background} orders of the features a row, half of them the reverse of "
        "the other half"
    )
    rows = "" if n == of else f"; {n} of the {of} explained rows, drawn alike from each group"
    return f"Shapley values of the decision, {how}, {played.n_background} background rows{rows}"


def _no_attribute(explained: Explained) -> Lacking:
    return Lacking(
        part="explanations by group",
        reason="no sensitive attribute is known for these rows",
        fix="declare one in affidavit.toml, [sensitive.<name>]"
        if not explained.config.sensitive
        else "mend the gaps of the sensitive attributes",
    )


def _unknown_attributes(explained: Explained) -> Iterator[Lacking]:
    known = {g.spec.name for g in explained.groupings}
    for name in sorted(set(explained.config.sensitive) - known):
        yield Lacking(
            part=f"explanations by {name}", reason=f"the groups of {name} are not known",
            fix=f"mend the gap of {name} in the fairness report",
        )  # fmt: skip


def _incomparable(sides: Sequence[Sides]) -> Iterator[Lacking]:
    """Attributes of which no two groups can be compared."""
    for one in sides:
        part = f"decompositions by {one.attribute}"
        if one.reference is None and one.declared is not None:
            yield Lacking(
                part=part,
                reason=f"the reference group {printable(one.declared)} is in none of these rows",
                fix=f"set [sensitive.{one.attribute}] reference to a value that occurs",
            )
        elif not one.compared:
            yield Lacking(
                part=part, reason=f"these rows have fewer than two known groups of {one.attribute}",
                fix="explain a role that has two",
            )  # fmt: skip


def _notes(explained: Explained, *, is_split: bool) -> Iterator[str]:
    if is_split:
        yield (
            "What carries a difference between two groups is accounting: it says through which "
            "inputs the model's outputs differ, not why the groups' inputs do, and shows no cause."
        )
    if explained.config.task == "regression":
        yield "A regression decides nothing by itself; only the mean output is split."
    for grouping in explained.groupings:
        name = grouping.spec.name
        if grouping.spec.source == "estimated":
            yield (
                f"{name}: groups are estimated, each row of the one that the threshold rule "
                "assigns; errors of the estimate are in no interval of these explanations."
            )
        if unknown := sum(int(grouping.column.equals(g).sum()) for g in UNKNOWN_GROUPS):
            yield (
                f"{name}: {unknown} of {explained.n} rows have no known group; they are in no "
                "decomposition and in no proxy screen."
            )
        yield from _is_input(explained, name)


def _is_input(explained: Explained, name: str) -> Iterator[str]:
    spec = explained.config.sensitive.get(name)
    if spec is None or spec.table is not None or not spec.column:
        return
    for feature in explained.features:
        if spec.column in feature.columns:
            yield (
                f"{name} is itself an input of the model ({printable(feature.name)}), so that "
                "feature, and all together, tell its groups apart."
            )
