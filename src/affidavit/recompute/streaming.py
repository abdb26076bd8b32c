"""Counting a Parquet file in one pass: in memory are one batch of rows, and the cells.

The table is the one that `counting.count` makes of the same columns read whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from affidavit.counts import UNKNOWN_LABEL, CountTable
from affidavit.errors import SourceError
from affidavit.evidence import CountSpec
from affidavit.places import MISSING_GROUP, UNKNOWN_GROUPS
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.counting import Counter
from affidavit.recompute.rows import row_weights
from affidavit.recompute.table import Table, as_numbers, as_text

_BATCH_ROWS = 1 << 16
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of the file to count.

    Attributes:
        groups: a column for each attribute of the specification, in its order.
        label: rows without a value count as unlabelled.
        decision: of every row.
        weight: read where the specification is weighted.
    """

    groups: tuple[str, ...]
    label: str
    decision: str
    weight: str | None = None

    @property
    def counted(self) -> tuple[str, ...]:
        return (*self.groups, self.label, self.decision)


def count_parquet(path: Path, columns: Columns, spec: CountSpec) -> CountTable:
    """The count table of a Parquet file.

    Raises:
        SourceError: a file that cannot be read, rows without a decision, a group named as ours
            are, weights that are no positive numbers.
        ConfigError: a column that is not there.
    """
    try:
        with _open(path, columns) as file:
            return _count(file, path.name, columns, spec)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        reason = str(error).splitlines()[0].partition(": '")[0][:160]
        raise SourceError(
            f"{path.name} cannot be read as a Parquet file", reason, "correct the snapshot"
        ) from error


def _open(path: Path, columns: Columns) -> Any:
    schema = pq.read_schema(path)
    table = Table(path.name, schema.empty_table(), is_text=False)
    weight = () if columns.weight is None else (columns.weight,)
    for name in (*columns.counted, *weight):
        table.require(name, "the column to count")
        table.require_plain(name)
    texts = [c for c in columns.counted if _is_text(schema.field(c).type)]
    # Read ahead a little only: whole column chunks would be held else.
    return pq.ParquetFile(path, read_dictionary=texts, buffer_size=_READ_BYTES, pre_buffer=False)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _count(file: Any, name: str, columns: Columns, spec: CountSpec) -> CountTable:
    counted = {c: _Values() for c in columns.counted}
    weight = columns.weight if spec.weighted else None
    chosen = [*counted, *(() if weight is None else (weight,))]
    counter = Counter(spec)
    for batch in file.iter_batches(_BATCH_ROWS, columns=chosen, use_threads=False):
        coded = {c: values.code(batch.column(c)) for c, values in counted.items()}
        where = f"{name}: the row weight {weight!r}"
        weights = (
            None if weight is None else row_weights(as_numbers(batch.column(weight), where), where)
        )
        counter.add([coded[c] for c in columns.counted], weights)
    names = {c: values.names() for c, values in counted.items()}
    groups = [_groups(names[c], f"{name}: the group column {c!r}") for c in columns.groups]
    label, decision = names[columns.label], names[columns.decision]
    found = counter.renamed([*groups, label, decision]).table()
    if undecided := sum(c.n for c in found.rows if c.decision == UNKNOWN_LABEL):
        raise SourceError(
            f"{name}: the decision column {columns.decision!r} is missing in {undecided} rows",
            fix="complete the snapshot",
        )
    return found


class _Values:
    """The distinct values of one column so far; their places are its codes' names for a while.

    What a value is as text depends on all values of its column (`as_text`), and so is asked once
    the last batch is in.
    """

    def __init__(self) -> None:
        self._places: dict[object, int] = {}
        self._values: list[Any] = []
        self._type: Any = None

    def code(self, array: Any) -> Coded:
        """One batch, coded."""
        if not pa.types.is_dictionary(array.type):
            array = pc.dictionary_encode(array)
        self._type = array.type.value_type
        place = [self._place(v) for v in array.dictionary.to_pylist()]
        codes = pc.fill_null(array.indices.cast(pa.int32()), NONE).to_numpy(zero_copy_only=False)
        turned = np.array([*place, NONE], dtype=np.int32)[codes]
        return Coded(turned, tuple(str(i) for i in range(len(self._values))))

    def _place(self, value: Any) -> int:
        if value is None:
            return NONE
        # 0.0 and -0.0 are two texts, and NaN is not even itself.
        key = repr(value) if isinstance(value, float) else value
        if key not in self._places:
            self._places[key] = len(self._values)
            self._values.append(value)
        return self._places[key]

    def names(self) -> dict[str, str]:
        """The text of each place; none for no value."""
        texts = as_text(pa.array(self._values, type=self._type)).to_pylist()
        known = {str(i): UNKNOWN_LABEL if t is None else t for i, t in enumerate(texts)}
        return {**known, UNKNOWN_LABEL: UNKNOWN_LABEL}


def _groups(names: Mapping[str, str], where: str) -> dict[str, str]:
    taken = sorted(UNKNOWN_GROUPS & set(names.values()))
    if taken:
        raise SourceError(
            f"{where} holds the value {taken[0]!r}",
            "reports use it for rows whose group is not known",
            "leave missing values empty in the snapshot, or give the group another name",
        )
    return {k: v or MISSING_GROUP for k, v in names.items()}
