"""Rows as codes: what a library is given in place of people's data, and what comes back as rows.

An explainer by sampling only puts values of one row into another, so that it needs no values: each
column is numbered, from the smallest value to the largest with a missing one first, and a matrix of
these numbers is decoded into real cells before the model is asked. Nothing is rounded on the way, a
category needs no number of its own, and the library never holds a person's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.explanation_record import FeatureName
from affidavit.recompute.floats import Floats

Codes = NDArray[np.int64]


class WrongCodes(Exception):
    """A matrix that an explainer asks about and that names no rows of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input column, numbered.

    Attributes:
        values: a pyarrow array of its distinct values, a missing one first, then rising.
        codes: (n_rows,): of each row, the place of its value in `values`.
    """

    values: Any
    codes: Codes

    @property
    def has_missing(self) -> bool:
        return bool(len(self.values)) and not self.values[0].is_valid


def number(column: Any) -> Column:
    """Number a column's values; NaN is one value, the largest.

    Args:
        column: a pyarrow chunked array.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    found = column.combine_chunks().dictionary_encode(null_encoding="encode")
    found = found if isinstance(found, pa.DictionaryArray) else found.combine_chunks()
    known = pc.sort_indices(found.dictionary)
    n_missing = found.dictionary.null_count
    order = pa.concat_arrays([known[len(known) - n_missing :], known[: len(known) - n_missing]])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    codes = rank[found.indices.to_numpy(zero_copy_only=False).astype(np.int64)]
    return Column(values=found.dictionary.take(order), codes=codes)


class CodedRows:
    """Rows as a matrix of codes, one column for each feature, and the way back.

    Attributes:
        matrix: (n_rows, n_features) float64 codes.
    """

    def __init__(self, rows: Any, features: tuple[FeatureName, ...]) -> None:
        """Number `rows` (a pyarrow Table) by feature; a feature may be several columns."""
        self._rows, self._features = rows, features
        self.columns = {name: number(rows.column(name)) for name in rows.column_names}
        self._first: list[Codes] = []
        parts = []
        for feature in features:
            of = np.stack([self.columns[c].codes for c in feature.columns], axis=1)
            _, first, codes = np.unique(of, axis=0, return_index=True, return_inverse=True)
            self._first.append(first.astype(np.int64))
            parts.append(codes.reshape(-1))
        shape = (rows.num_rows, len(features))
        self.matrix: Floats = np.stack(parts, axis=1).astype(float) if parts else np.empty(shape)

    def decode(self, matrix: Floats) -> Any:
        """Rows as a pyarrow Table, in the order and types of the model's inputs.

        Args:
            matrix: (n, n_features) codes; what lies between two is taken to the nearest.

        Raises:
            WrongCodes: not such a matrix.
        """
        if matrix.ndim != 2 or matrix.shape[1] != len(self._features):
            raise WrongCodes(f"rows of {matrix.shape[-1]} codes, not {len(self._features)}")
        if not np.isfinite(matrix).all():
            raise WrongCodes("a code that is no number")
        taken: dict[str, Any] = {}
        for j, feature in enumerate(self._features):
            codes = np.rint(matrix[:, j])
            first = self._first[j]
            if len(codes) and not 0 <= codes.min() <= codes.max() < len(first):
                raise WrongCodes(f"a code of {feature.name} beyond its {len(first)} values")
            places = first[codes.astype(np.int64)]
            for name in feature.columns:
                column = self.columns[name]
                taken[name] = column.values.take(pa.array(column.codes[places]))
        schema = self._rows.schema
        arrays = [taken[f.name].cast(f.type) for f in schema]
        return pa.Table.from_arrays(arrays, schema=schema)
