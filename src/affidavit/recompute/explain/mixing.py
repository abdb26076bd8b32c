"""Made-up rows: some features of one row, the rest of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affidavit.explanation_record import FeatureName
from affidavit.recompute.explain.explained import Places


class Mixed:
    """Rows and background rows of one table, to be mixed feature by feature."""

    def __init__(self, features: Sequence[FeatureName], rows: Any, background: Any) -> None:
        """Take two pyarrow Tables with the same columns.

        Args:
            features: each column is in exactly one.
            rows: those that are explained.
            background: those that stand for "not known".
        """
        both = pa.concat_tables([rows, background.cast(rows.schema)])
        self._columns = both.combine_chunks().columns
        self._schema, self._n = rows.schema, rows.num_rows
        feature_of = {c: j for j, f in enumerate(features) for c in f.columns}
        self._feature = [feature_of[c] for c in rows.column_names]
        self.n_features = len(features)

    def rows(self, row: Places, other: Places, own: NDArray[np.bool_]) -> Any:
        """A pyarrow Table of made-up rows.

        Args:
            row: (n,), places among the rows.
            other: (n,), places among the background rows.
            own: (n, n_features): whether a feature is the row's.
        """
        places: dict[int, Any] = {}
        for j in set(self._feature):
            places[j] = pa.array(np.where(own[:, j], row, self._n + other))
        taken = [c.take(places[j]) for c, j in zip(self._columns, self._feature, strict=True)]
        return pa.table(taken, schema=self._schema)
