"""Rows that the model was trained on among those that are to show how it does on others.

Three signs, the surest first: the same snapshot, the same row ids, rows that are equal in all
columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.evidence import Evidence, Finding
from affidavit.metric_names import is_training_role
from affidavit.recompute.coded import NONE
from affidavit.recompute.rows import Rows
from affidavit.recompute.table import Table, as_coded

_STANDARD_ERRORS = 3


def check_overlap(rows: Sequence[Rows], evidence: Evidence, config: Config) -> tuple[Finding, ...]:
    """An exception for each role that shares its snapshot, or rows, with a training role.

    Row ids are compared only where `[rows] id` names their column; contents where no id is shared.
    """
    findings = []
    for role in config.datasets:
        if is_training_role(role):
            continue
        shared = [
            said
            for training in config.datasets
            if is_training_role(training)
            and (said := _shared(role, training, rows, evidence, config))
        ]
        if shared:
            findings.append(_finding(role, "; ".join(shared)))
    return tuple(findings)


def _shared(
    role: str, training: str, rows: Sequence[Rows], evidence: Evidence, config: Config
) -> str | None:
    digests = [_digest(r, evidence) for r in (role, training)]
    if digests[0] is not None and digests[0] == digests[1]:
        return f"the snapshot of {training}, {digests[0]}"
    there = {r.role: r for r in rows}
    if role not in there or training not in there:
        return None
    here, other = there[role], there[training]
    if config.rows.id is not None:
        both = int(pc.sum(pc.is_in(here.ids(), value_set=other.ids())).as_py() or 0)
        if both:
            return f"{both} of {here.n} row ids are those of {training}"
    columns = _compared(here.table, other.table, config)
    equal = equal_rows(here.table, other.table, columns)
    if not equal.is_beyond_chance:
        return None
    return (
        f"{equal.n} of {here.n} rows are equal to rows of {training} in all {len(columns)} columns "
        f"that both have, of whose own {other.n} rows {equal.twins} have an equal"
    )


def _compared(table: Table, training: Table, config: Config) -> list[str]:
    return [c for c in table.columns if c in training.columns and c != config.rows.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """Rows of one table that are equal to rows of the training table.

    Attributes:
        n: how many, of `n_rows`.
        twins: rows of the training table that have an equal among themselves, of `n_training`.
    """

    n: int
    n_rows: int
    twins: int
    n_training: int

    @property
    def is_beyond_chance(self) -> bool:
        """Whether more rows are equal than new cases of the same kind would be.

        A new case has an equal among the training rows about as often as a training row has one
        among the others: in columns of few values often, among amounts and rates never. The share
        found must exceed that by three standard errors; twins come in pairs, which doubles the
        variance of their share. Where no training row has an equal, one equal row is enough.
        """
        chance = self.twins / self.n_training
        error = sqrt(chance * (1 - chance) * (1 / self.n_rows + 2 / self.n_training))
        return self.n / self.n_rows > chance + _STANDARD_ERRORS * error


def equal_rows(table: Table, training: Table, columns: Sequence[str]) -> Equal:
    """Count the rows of a table that are equal to training rows in these columns.

    Exact: whole values are compared, not digests of them. A missing value equals a missing value.
    """
    alive = np.arange(table.n_rows + training.n_rows)
    keys = np.zeros(len(alive), dtype=np.int64)
    for column in columns:
        if not len(alive):
            break
        codes, size = _joint_codes(table.raw(column), training.raw(column), alive)
        _, keys, n = np.unique(keys * size + codes, return_inverse=True, return_counts=True)
        # A row that differs from all others so far needs no further look.
        keep = n[keys] > 1
        alive, keys = alive[keep], keys[keep]
    if not columns:
        alive = alive[:0]
        keys = keys[:0]
    trained = alive >= table.n_rows
    n_trained = np.bincount(keys[trained], minlength=int(keys.max(initial=0)) + 1)[keys]
    return Equal(
        n=int((~trained & (n_trained > 0)).sum()),
        n_rows=table.n_rows,
        twins=int((trained & (n_trained > 1)).sum()),
        n_training=training.n_rows,
    )


def _joint_codes(first: Any, second: Any, rows: Any) -> tuple[Any, int]:
    """Codes, from 0, of some rows of two columns laid end to end; and how many there may be."""
    if first.type != second.type or pa.types.is_nested(first.type):
        first, second = (_written(column) for column in (first, second))
    column = pa.concat_arrays([first, second]).take(pa.array(rows))
    coded = as_coded(column)
    return coded.codes.astype(np.int64) - NONE, len(coded.names) + 1


def _written(column: Any) -> Any:
    """Lists and records as Python writes them; other values as text."""
    if pa.types.is_nested(column.type):
        return pa.array([None if v is None else repr(v) for v in column.to_pylist()], pa.string())
    return as_coded(column).arrow()


def _digest(role: str, evidence: Evidence) -> str | None:
    fact = evidence.fact(f"data.{role}.snapshot")
    if fact is None or fact.digest is None:
        return None
    return f"{fact.digest.algorithm} {fact.digest.value}"


def _finding(role: str, shared: str) -> Finding:
    return Finding(
        id=f"recompute.overlap.{role}", kind="exception", stage="recompute",
        what=f"{role} holds rows of the training data: its numbers do not show how the model does "
        "on cases that it has not seen",
        expected="no row in common", found=shared,
        fix=f"take the rows out of {role}; or, if they are other cases, make the ids distinct "
        "across roles and add a column that tells the cases apart",
    )  # fmt: skip
