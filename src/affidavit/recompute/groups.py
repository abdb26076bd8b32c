"""Group columns: joined from protected tables, cut into bands, coded as small integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.config import Config, Sensitive
from affidavit.errors import ConfigError, SourceError
from affidavit.evidence import AttributeSpec, Finding
from affidavit.gap_ids import gap_id
from affidavit.places import MISSING_GROUP, UNASSIGNED_GROUP, UNKNOWN_GROUPS, UNMATCHED_GROUP
from affidavit.printable import printable
from affidavit.recompute.bands import cut
from affidavit.recompute.coded import NONE, Coded, of_used
from affidavit.recompute.estimates import Estimate, assign, bias_note, read_estimate
from affidavit.recompute.lengths import require_short_names
from affidavit.recompute.rows import Rows, require_distinct
from affidavit.recompute.table import Table

MAX_GROUPS = 200
_MAX_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One sensitive attribute over the rows of a role.

    Attributes:
        column: the group of every row; its names are the groups that occur.
    """

    spec: AttributeSpec
    column: Coded


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """The attributes that could be grouped, what was found on the way, and notes.

    Attributes:
        estimates: of the attributes whose groups are estimated; these are among the groupings too,
            by the threshold rule.
    """

    groupings: tuple[Grouping, ...]
    estimates: tuple[Estimate, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Columns over the rows of a role, of their own table or joined from a protected one.

    Attributes:
        position: an Arrow integer array, the row of `table` for each row; None for its own table.
    """

    table: Table
    meaning: str
    position: Any = None  # pyarrow.Array, which has no types

    def raw(self, column: str) -> Any:
        """As it was read, an Arrow array."""
        self.table.require(column, self.meaning)
        found = self.table.raw(column)
        return found if self.position is None else found.take(self.position)

    def coded(self, column: str) -> Coded:
        """As codes; no code where the row is not joined or has no value."""
        self.table.require(column, self.meaning)
        found = self.table.coded(column)
        if self.position is None:
            return found
        place = np.asarray(pc.fill_null(self.position, len(found)))
        codes = np.append(found.codes, np.int32(NONE))[place]
        return of_used(Coded(codes, found.names))


def group_rows(rows: Rows, config: Config, protected: Mapping[str, Table]) -> Grouped:
    """The groups of every sensitive attribute, in the order of their names.

    Args:
        rows: the rows of one role.
        config: `[sensitive.<name>]`.
        protected: the protected tables that are there, by the path the configuration names.

    Raises:
        SourceError: ids that stand twice, no number where bands cut, a value that is one of our
            words for rows without a group.
        ConfigError: a column that is not there, bands that do not rise.
    """
    groupings, estimates, findings, notes = [], [], [], []
    for name, attribute in sorted(config.sensitive.items()):
        if attribute.table is not None and attribute.table not in protected:
            findings.append(_no_table(rows.role, name, attribute))
            continue
        source, matched = _joined(rows, name, attribute, protected)
        if attribute.probabilities:
            estimate = read_estimate(name, attribute, source.raw, rows.table.name)
            estimates.append(estimate)
            notes.append(bias_note(estimate, attribute.assign_from))
            column = of_used(assign(estimate, attribute.assign_from))
            # A row with a probability has a value: what the rule leaves out is not missing.
            column = column.replaced(estimate.is_given & ~column.is_known, UNASSIGNED_GROUP)
            grouping = _assigned(estimate.spec, column, matched)
        else:
            grouping = _grouping(name, attribute, source, matched, rows.table.name)
        unmatched = int((~matched).sum())
        if unmatched:
            notes.append(f"{unmatched} of {rows.n} rows have no row in {attribute.table}: {name}")
            findings.append(_unmatched(rows, name, attribute, unmatched))
        if missing := _count(grouping, MISSING_GROUP):
            notes.append(
                f"{missing} of {rows.n} rows have no value of {name}: they are the group "
                f"{MISSING_GROUP}, outside comparisons and summaries"
            )
            findings.append(_missing(rows, name, missing))
        if unassigned := _count(grouping, UNASSIGNED_GROUP):
            notes.append(
                f"{unassigned} of {rows.n} rows are of no group of {name} by the threshold rule: "
                f"they are the group {UNASSIGNED_GROUP}, outside comparisons and summaries"
            )
            findings.append(_unassigned(rows, name, attribute, unassigned))
        if len(grouping.column.names) > MAX_GROUPS:
            findings.append(_too_many(rows.role, name, len(grouping.column.names)))
            continue
        if attribute.reference is not None and attribute.reference not in grouping.column.names:
            findings.append(_no_reference(rows.role, grouping, config.fairness.smallest_group))
        groupings.append(grouping)
    return Grouped(
        groupings=tuple(groupings), estimates=tuple(estimates), findings=tuple(findings),
        notes=tuple(notes),
    )  # fmt: skip


def _joined(
    rows: Rows, name: str, attribute: Sensitive, protected: Mapping[str, Table]
) -> tuple[_Columns, NDArray[np.bool_]]:
    """How to read a column of the attribute for the rows, and which have a row in its table."""
    meaning = f"the sensitive attribute {name}, column"
    if attribute.table is None:
        return _Columns(table=rows.table, meaning=meaning), np.ones(rows.n, dtype=bool)
    table, key = protected[attribute.table], attribute.join_on
    if key is None:
        raise ConfigError(
            f"affidavit.toml: [sensitive.{name}] has a table and no join_on",
            fix="name the column that both tables share",
        )
    table.require(key, "the join_on column")
    rows.table.require(key, "the join_on column")
    known = table.text(key)
    require_distinct(known, f"{table.name}: the join_on column {key!r}")
    position = pc.index_in(rows.table.text(key), value_set=known, skip_nulls=True)
    matched = np.asarray(position.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    return _Columns(table=table, meaning=meaning, position=position), matched


def _grouping(
    name: str, attribute: Sensitive, source: _Columns, matched: NDArray[np.bool_], where: str
) -> Grouping:
    place = f"{where}: sensitive attribute {name!r}"
    if attribute.bands:
        raw = source.raw(attribute.column)
        column = cut(raw, attribute.bands, key=f"sensitive.{name}", where=place)
    else:
        column = source.coded(attribute.column)
        require_own_words(column, place)
        require_short_names(column, f"{place}, column {attribute.column!r}")
    spec = AttributeSpec(name=name, reference=attribute.reference, source=attribute.source)
    return _assigned(spec, column, matched)


def _assigned(spec: AttributeSpec, column: Coded, matched: NDArray[np.bool_]) -> Grouping:
    known = column.replaced(~matched, UNMATCHED_GROUP)
    return Grouping(spec=spec, column=known.filled(MISSING_GROUP))


def require_own_words(column: Coded, where: str) -> None:
    """Refuse values that reports use for rows whose group is not known.

    Raises:
        SourceError: there is one.
    """
    taken = sorted(UNKNOWN_GROUPS.intersection(column.names))
    if taken:
        raise SourceError(
            f"{where} holds the value {taken[0]!r}",
            "reports use it for rows whose group is not known",
            "leave missing values empty in the snapshot, or give the group another name",
        )


def _no_table(role: str, name: str, attribute: Sensitive) -> Finding:
    return Finding(
        id=gap_id("sensitive", role, name), kind="gap", stage="recompute",
        what=f"fairness by {name} is not computed on {role}: its protected table is not there",
        expected=str(attribute.table), found="no bytes",
        fix="make the table available where the remote is, and build again",
    )  # fmt: skip


def _unmatched(rows: Rows, name: str, attribute: Sensitive, n: int) -> Finding:
    return Finding(
        id=f"recompute.unmatched.{name}.{rows.role}", kind="gap", stage="recompute",
        what=f"{name} is not known for {n} of {rows.n} rows of {rows.role}",
        expected=f"a row in {attribute.table} for each", found=f"{rows.n - n} rows",
        fix=f"add the rows to {attribute.table}, or say why they are not there",
    )  # fmt: skip


def _count(grouping: Grouping, name: str) -> int:
    return int(grouping.column.equals(name).sum())


def _missing(rows: Rows, name: str, n: int) -> Finding:
    return Finding(
        id=f"recompute.missing.{name}.{rows.role}", kind="gap", stage="recompute",
        what=f"{name} has no value in {n} of {rows.n} rows of {rows.role}",
        expected="a value in each row", found=f"{rows.n - n} rows",
        fix=f"complete {name} where it is known, or say why it is not",
    )  # fmt: skip


def _unassigned(rows: Rows, name: str, attribute: Sensitive, n: int) -> Finding:
    return Finding(
        id=f"recompute.unassigned.{name}.{rows.role}", kind="gap", stage="recompute",
        what=f"no group of {name} is likely enough for {n} of {rows.n} rows of {rows.role}",
        expected=f"one group with a probability of at least {attribute.assign_from:g}",
        found=f"{rows.n - n} rows",
        fix="read these groups beside the report weighted by probability, which has every row",
    )  # fmt: skip


def _too_many(role: str, name: str, n: int) -> Finding:
    return Finding(
        id=gap_id("sensitive", role, name), kind="gap", stage="recompute",
        what=f"fairness by {name} is not computed on {role}: it has {n} different values",
        expected=f"at most {MAX_GROUPS}", found=str(n),
        fix=f"declare bands for [sensitive.{name}], or name a coarser column",
    )  # fmt: skip


def _no_reference(role: str, grouping: Grouping, small: int) -> Finding:
    """Groups that are too small are not named: evidence holds no row's value."""
    name, reference = grouping.spec.name, str(grouping.spec.reference)
    sizes = zip(grouping.column.names, grouping.column.sizes(), strict=True)
    large = sorted(value for value, n in sizes if n >= small)
    shown, others = large[:_MAX_NAMED], len(grouping.column.names) - len(large[:_MAX_NAMED])
    found = [*shown, f"{others} {'others' if shown else 'groups'}"] if others else shown
    return Finding(
        id=f"recompute.reference.{name}.{role}", kind="gap", stage="recompute",
        what=f"the reference group {name}={printable(reference)} does not occur in {role}",
        expected=reference, found=printable(", ".join(found)),
        fix=f"set [sensitive.{name}] reference to a value that occurs",
    )  # fmt: skip
