"""One role's rows, less the model's input: who they are, what they weigh, what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.config import Config
from affidavit.errors import ConfigError, SourceError
from affidavit.printable import printable
from affidavit.reading_rules import LARGEST_WEIGHT, LEAST_WEIGHT
from affidavit.recompute.coded import Coded
from affidavit.recompute.finite import require_finite
from affidavit.recompute.floats import Floats, rounded
from affidavit.recompute.lengths import require_short, require_short_names
from affidavit.recompute.table import Table

_ALL = slice(None)
_IDENTIFY = "name a column that identifies rows, or correct the snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What the data says of each row of a role.

    Attributes:
        table: the snapshot.
        id_column: an Arrow string array, distinct; None where the configuration names no column.
        labels: as text; no code where the label is not known.
        targets: the label as a number, NaN where unknown (regression only; else empty).
        weights: positive, to twelve significant digits; all 1 without a weight column.
        is_weighted: whether the configuration names a weight column.
    """

    role: str
    table: Table
    id_column: Any  # pyarrow.StringArray, which has no types
    labels: Coded
    targets: Floats
    weights: Floats
    is_weighted: bool

    @property
    def n(self) -> int:
        return len(self.labels)

    def ids(self, part: slice = _ALL) -> Any:
        """An Arrow string array: what tells each row (of a part) from the others.

        Without a column that is the row's number, from 1.
        """
        if self.id_column is not None:
            return self.id_column[part]
        numbers = range(1, self.n + 1)[part]
        return pa.array(np.arange(numbers.start, numbers.stop)).cast(pa.string())

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """(n_rows,): whether the label is known."""
        return self.labels.is_known


def read_rows(table: Table, role: str, config: Config) -> Rows:
    """Ids, labels and weights of one role.

    Raises:
        SourceError: a column that is not there; ids that are missing or stand twice; labels or
            weights that are no numbers where numbers are needed; an id or label of more than 200
            characters; an infinite value that the model might be given.
    """
    label = config.label.column
    table.require(label, "the label column")
    if config.decision.column is not None:
        table.require(config.decision.column, "the decision column")
    targets = np.empty(0)
    if config.task == "regression":
        targets = floats(table.numbers(label, "the label column"))
        if np.isinf(targets).any():
            raise SourceError(
                f"{table.name}: the label column {label!r} holds infinite values",
                fix="correct the snapshot",
            )
    require_finite(table, role, config)
    labels = table.coded(label)
    require_short_names(labels, f"{table.name}: the label column {label!r}")
    return Rows(
        role=role,
        table=table,
        id_column=_ids(table, config.rows.id),
        labels=labels,
        targets=targets,
        weights=_weights(table, config.rows.weight),
        is_weighted=config.rows.weight is not None,
    )


def _ids(table: Table, column: str | None) -> Any:
    if column is None:
        return None
    table.require(column, "the row id")
    ids, where = table.text(column), f"{table.name}: the row id {column!r}"
    require_short(ids, where)
    require_distinct(ids, where)
    return ids


def require_distinct(ids: Any, where: str) -> None:
    """Refuse ids that are missing or stand for two rows.

    Raises:
        SourceError: says how many; never which, they may be personal data.
    """
    if ids.null_count:
        raise SourceError(f"{where} is missing in {ids.null_count} rows", fix=_IDENTIFY)
    distinct = int(pc.count_distinct(ids).as_py())
    if distinct != len(ids):
        raise SourceError(
            f"{where} is not distinct: expected {len(ids)} values, found {distinct}",
            "a row could not be told from another",
            _IDENTIFY,
        )


def _weights(table: Table, column: str | None) -> Floats:
    if column is None:
        return np.broadcast_to(np.float64(1), table.n_rows)  # one number, however many rows
    table.require(column, "the row weight")
    numbers = table.numbers(column, "the row weight")
    return row_weights(numbers, f"{table.name}: the row weight {column!r}")


def row_weights(numbers: Any, where: str) -> Floats:
    """Weights to twelve significant digits.

    Args:
        numbers: an Arrow float array.
        where: file and column, for a message.

    Raises:
        SourceError: a weight that is missing, zero, negative, infinite or beyond all measure.
    """
    weights = floats(numbers)
    bad = ~((weights >= LEAST_WEIGHT) & (weights <= LARGEST_WEIGHT))
    if bad.any():
        raise SourceError(
            f"{where} is not a number from {LEAST_WEIGHT:g} to {LARGEST_WEIGHT:g} in "
            f"{int(bad.sum())} rows",
            "a row that is to count for nothing should not be in the snapshot",
            "correct the weights, or take [rows] weight out of affidavit.toml",
        )
    return rounded(weights)


def floats(numbers: Any) -> Floats:
    """An Arrow float array as numpy; missing is NaN."""
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The label values of a classification, over all roles.

    Attributes:
        is_negative_known: False where neither data nor configuration name the other value.
    """

    values: tuple[str, ...]
    positive: str = ""
    negative: str = ""
    is_negative_known: bool = True


def read_classes(rows: tuple[Rows, ...], config: Config) -> Classes:
    """The label values there are, and for a binary task which is which.

    Raises:
        ConfigError: `positive` or `favourable` is no label value, or a binary task has more than
            two of them.
    """
    found = tuple(sorted({name for r in rows for name in r.labels.names}))
    if config.task != "binary":
        return Classes(values=found)
    column, positive = config.label.column, config.label.positive
    shown = printable(", ".join(found[:12])) + (", ..." if len(found) > 12 else "")
    if positive is None:
        raise ConfigError(
            "affidavit.toml: [label] positive is needed for a binary task",
            f"{column!r} holds {shown}", "name the value whose probability is the score",
        )  # fmt: skip
    if len(found) > 2:
        raise ConfigError(
            f"affidavit.toml: task = 'binary', but {column!r} holds {len(found)} values",
            shown, "set task = 'multiclass', or clear the label column",
        )  # fmt: skip
    favourable = config.label.favourable or positive
    # Data that shows one value only can still contradict what the two are said to be.
    foreign = set(found) - {positive, favourable}
    if len(foreign) > (1 if favourable == positive else 0):
        key, value = "positive", positive
        if positive in found:
            key, value = "favourable", favourable
        raise ConfigError(
            f"affidavit.toml: [label] {key} = {value!r} is no value of {column!r}",
            f"it holds {shown}", f"set {key} to one of them",
        )  # fmt: skip
    others = [v for v in (*found, favourable) if v != positive]
    return Classes(
        values=found, positive=positive, negative=others[0] if others else f"not {positive}",
        is_negative_known=bool(others),
    )  # fmt: skip
