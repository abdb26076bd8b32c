"""Columns of few values, as small integers into their names: labels, decisions, groups.

Coding text costs several times what counting the codes costs, so a column is coded once, where it
is read, and stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Places = NDArray[np.intp]
Strings = NDArray[np.object_]
NONE = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of text as codes.

    Attributes:
        codes: (n_rows,), indices into `names`; -1 where the row has no value.
        names: distinct, in any order.
    """

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def is_known(self) -> Bools:
        """(n_rows,): whether the row has a value."""
        return np.not_equal(self.codes, NONE)

    def equals(self, name: str) -> Bools:
        """(n_rows,): whether the row's value is `name`."""
        if name not in self.names:
            return np.zeros(len(self.codes), dtype=bool)
        return np.equal(self.codes, self.names.index(name))

    def where(self, keep: Bools | Places | slice) -> Coded:
        """The same column on some of its rows."""
        return Coded(self.codes[keep], self.names)

    def replaced(self, rows: Bools, name: str) -> Coded:
        """The same column with `name` in these rows; names that no row keeps go."""
        if not rows.any():
            return self
        names = self.names if name in self.names else (*self.names, name)
        codes = np.where(rows, np.int32(names.index(name)), self.codes)
        return of_used(Coded(codes, names))

    def filled(self, name: str) -> Coded:
        """The same column with `name` in the rows without a value."""
        return self.replaced(~self.is_known, name)

    def sizes(self, keep: Bools | None = None) -> list[int]:
        """How many (of the kept) rows have each name."""
        codes = self.codes[self.is_known if keep is None else self.is_known & keep]
        return [int(n) for n in np.bincount(codes, minlength=len(self.names))]

    def texts(self) -> Strings:
        """(n_rows,): the values as text; None where there is none."""
        return np.array([*self.names, None], dtype=object)[self.codes]

    def arrow(self) -> Any:
        """The values as an Arrow string array; null where there is none."""
        codes = pa.array(self.codes, mask=~self.is_known)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.names, pa.string())).cast(
            pa.string()
        )


def code(texts: Any) -> Coded:
    """Code an Arrow column of text, or of text in a dictionary; null has no code.

    A dictionary may hold words that no row has, a word twice, or null: the names are the words
    that rows have.
    """
    if not pa.types.is_dictionary(texts.type):
        texts = pc.dictionary_encode(texts)
        array = _one(texts)
        return Coded(_codes(array), tuple(array.dictionary.to_pylist()))
    array = _one(texts)
    words = code(array.dictionary)
    codes = np.append(words.codes, np.int32(NONE))[_codes(array)]
    return of_used(Coded(codes, words.names))


def _one(column: Any) -> Any:
    """A dictionary column as one array; its chunks may have different dictionaries."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.unify_dictionaries().combine_chunks()


def _codes(array: Any) -> NDArray[np.int32]:
    codes = pc.fill_null(array.indices.cast(pa.int32()), NONE)
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int32)


def of_used(column: Coded) -> Coded:
    """The same column with the names alone that rows have."""
    sizes = column.sizes()
    if all(sizes):
        return column
    used = [i for i, n in enumerate(sizes) if n]
    place = np.full(len(sizes) + 1, NONE, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return Coded(place[column.codes], tuple(column.names[i] for i in used))


def constant(name: str, n: int) -> Coded:
    """The same value in every row."""
    return Coded(np.zeros(n, dtype=np.int32), (name,))


def chosen(is_first: Bools, first: str, second: str) -> Coded:
    """`first` where the flag is set, else `second`."""
    return Coded(np.where(is_first, 0, 1).astype(np.int32), (first, second))
