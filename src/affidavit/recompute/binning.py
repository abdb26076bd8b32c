"""The bins of two distributions: cut, or named, by the reference alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.places import MISSING_GROUP
from affidavit.recompute.coded import Bools, Coded, code
from affidavit.recompute.columns import as_floats
from affidavit.recompute.floats import Floats, rounded
from affidavit.recompute.table import as_text

OTHER = "(other)"
N_BINS = 10
MAX_VALUES = 20
MIN_ROWS = 10
_LONGEST = 80
_GLANCE = 1000


@dataclass(frozen=True, slots=True)
class Binning:
    """The bin of every row of both sides.

    Attributes:
        names: of the bins, in order.
        reference, found: (n_rows of each side,), indices into `names`.
    """

    names: tuple[str, ...]
    reference: NDArray[np.int64]
    found: NDArray[np.int64]

    def sizes(self, codes: NDArray[np.int64]) -> tuple[int, ...]:
        """How many of these rows are in each bin."""
        return tuple(int(n) for n in np.bincount(codes, minlength=len(self.names)))


def of_column(reference: Any, found: Any, base: Bools) -> Binning:
    """The bins of an input: of numbers by quantiles, of text and of few values by value.

    Args:
        reference: an Arrow array.
        found: an Arrow array of the same kind.
        base: (n_rows of `reference`,): which rows the bins are made from.
    """
    ours, theirs = as_floats(reference), as_floats(found)
    if ours is None or theirs is None:
        return by_values(code(as_text(reference)), code(as_text(found)), base)
    values = ours[base & ~np.isnan(ours)]
    # Most columns of many values show them at once; sorting all rows is for the others.
    few = np.empty(0) if len(np.unique(values[:_GLANCE])) > MAX_VALUES else np.unique(values)
    if len(values) and not 0 < len(few) <= MAX_VALUES:
        return by_quantiles(ours, theirs, base)
    return by_values(_coded(ours, few), _coded(theirs, few), base)


def by_quantiles(reference: Floats, found: Floats, base: Bools) -> Binning:
    """Ten bins that hold as many rows of the reference each, fewer where values tie.

    An edge belongs to the bin below it. It is a value of the reference (the inverse of its
    distribution function) to twelve digits; a bin for rows without a value comes last.
    """
    values = reference[base & ~np.isnan(reference)]
    edges = _edges(values)
    names = (*_between([f"{e:.12g}" for e in edges.tolist()]), MISSING_GROUP)
    return Binning(names, _placed(reference, edges), _placed(found, edges))


def by_values(reference: Coded, found: Coded, base: Bools) -> Binning:
    """A bin a value: the 20 most frequent that at least ten rows of the reference have.

    All other values are one bin, so that no bin names a value that few persons have; rows without
    one come last.
    """
    sizes = zip(reference.names, reference.sizes(base), strict=True)
    often = sorted((-n, v) for v, n in sizes if n >= MIN_ROWS and _may_name(v))[:MAX_VALUES]
    names = (*sorted(v for _, v in often), OTHER, MISSING_GROUP)
    return Binning(names, _matched(reference, names), _matched(found, names))


def _may_name(value: str) -> bool:
    return len(value) <= _LONGEST and value not in (OTHER, MISSING_GROUP)


def _matched(column: Coded, names: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: i for i, name in enumerate(names[:-2])}
    of_code = [place.get(name, len(names) - 2) for name in column.names]
    return np.array([*of_code, len(names) - 1], dtype=np.int64)[column.codes]


def _coded(numbers: Floats, values: Floats) -> Coded:
    """Numbers as text, to twelve digits: those among `values`, and the others as one."""
    texts = [f"{v:.12g}" for v in values.tolist()]
    names = (*sorted(set(texts)), OTHER)
    of_value = np.array([*(names.index(t) for t in texts), len(names) - 1], dtype=np.int32)
    place = np.searchsorted(values, numbers)
    is_one = np.equal(np.append(values, np.nan)[np.minimum(place, len(values))], numbers)
    codes = of_value[np.where(is_one, place, len(values))]
    return Coded(np.where(np.isnan(numbers), np.int32(-1), codes), names)


def _edges(values: Floats) -> Floats:
    if not len(values):
        return np.empty(0)
    shares = np.arange(1, N_BINS) / N_BINS
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    top = values.max()
    if edges[-1] == top:
        # Nothing of the reference lies above its maximum: cut below it instead.
        below = values[values < top]
        edges = edges[:-1] if not len(below) else np.unique([*edges[:-1], below.max()])
    return np.unique(rounded(edges[np.isfinite(edges)]))


def _placed(values: Floats, edges: Floats) -> NDArray[np.int64]:
    place = np.searchsorted(edges, values, side="left")
    return np.where(np.isnan(values), len(edges) + 1, place).astype(np.int64)


def _between(edges: list[str]) -> tuple[str, ...]:
    if not edges:
        return ("all",)
    middle = [f">{low} to {high}" for low, high in pairwise(edges)]
    return (f"<={edges[0]}", *middle, f">{edges[-1]}")
