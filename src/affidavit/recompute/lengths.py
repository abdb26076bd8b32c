"""Values that become words of reports: long ones are refused before anything is counted."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.errors import SourceError
from affidavit.recompute.coded import NONE, Coded

MAX_TEXT: Final = 200


def require_short(texts: Any, where: str) -> None:
    """Refuse values of more than 200 characters; readers of CSV files have limits too.

    Args:
        texts: an Arrow string array, (n_rows,).
        where: file and column, for the message.

    Raises:
        SourceError: says in which row, never which value.
    """
    lengths = pc.fill_null(pc.utf8_length(texts), 0)
    sizes = np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)
    _require(sizes, where)


def require_short_names(column: Coded, where: str) -> None:
    """The same of a column of few values.

    Raises:
        SourceError: says in which row, never which value.
    """
    sizes = np.array([len(name) for name in column.names] + [0], dtype=np.int64)
    if sizes.max() > MAX_TEXT:
        _require(np.where(column.codes == NONE, 0, sizes[column.codes]), where)


def _require(sizes: NDArray[np.int64], where: str) -> None:
    long = sizes > MAX_TEXT
    if long.any():
        row = int(np.argmax(long))
        raise SourceError(
            f"{where}: row {row + 1} holds a value of {int(sizes[row]):,} characters; expected at "
            f"most {MAX_TEXT}, and {int(long.sum()):,} in all have more",
            "it would be a word of the reports",
            "shorten the values in the snapshot, or name another column",
        )
