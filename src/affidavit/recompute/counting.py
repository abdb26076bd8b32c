"""Exact counts of rows by groups, label and decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal, Inexact
from math import prod

import numpy as np
from numpy.typing import NDArray

from affidavit.counts import UNKNOWN_LABEL, Cell, CountTable, count_table
from affidavit.errors import SourceError
from affidavit.evidence import CountSpec
from affidavit.recompute.coded import Coded
from affidavit.recompute.rows import exact

_MAX_CHARACTERS = 40
_MAX_CODE = 2**60
# Wide enough for any sum of twelve-digit weights; an inexact step would raise.
_EXACT = Context(prec=200, traps=[Inexact])


def count(
    groups: Sequence[Coded],
    label: Coded,
    decision: Coded,
    weights: NDArray[np.float64],
    spec: CountSpec,
) -> CountTable:
    """The count table of some rows.

    Args:
        groups: one column an attribute, in the order of the specification.
        label: no code where it is not known.
        decision: of every row.
        weights: (n_rows,), read where the specification is weighted.
        spec: how the table is to be read.

    Raises:
        SourceError: weights whose sums are longer than the format holds.
    """
    columns = [*groups, label, decision]
    codes = np.stack([np.where(c.is_known, c.codes, len(c.names)) for c in columns])
    names = [(*c.names, UNKNOWN_LABEL) for c in columns]
    distinct, inverse, n = _distinct(codes.astype(np.int64), [len(v) for v in names])
    sums = _sums(weights, inverse, len(n), spec)
    return count_table(spec, _cells(distinct, names, n, sums))


def _distinct(
    codes: NDArray[np.int64], sizes: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct columns of codes, which of them each row is, and how many rows each has."""
    if prod(sizes) > _MAX_CODE:
        distinct, inverse, n = np.unique(codes, axis=1, return_inverse=True, return_counts=True)
        return distinct, inverse.reshape(-1), n
    joined = np.ravel_multi_index(tuple(codes), tuple(sizes))
    _, first, inverse, n = np.unique(
        joined, return_index=True, return_inverse=True, return_counts=True
    )
    return codes[:, first], inverse.reshape(-1), n


def _sums(
    weights: NDArray[np.float64], inverse: NDArray[np.int64], cells: int, spec: CountSpec
) -> list[tuple[Decimal, Decimal]] | None:
    if not spec.weighted:
        return None
    totals = [(Decimal(0), Decimal(0))] * cells
    for cell, weight in zip(inverse.tolist(), weights.tolist(), strict=True):
        w, w2 = totals[cell]
        one = exact(weight)
        totals[cell] = (_EXACT.add(w, one), _EXACT.add(w2, _EXACT.multiply(one, one)))
    if any(len(f"{s:f}") > _MAX_CHARACTERS for pair in totals for s in pair):
        raise SourceError(
            f"{spec.role}: the row weights span too many orders of magnitude",
            f"their exact sums are longer than {_MAX_CHARACTERS} digits",
            "round the weights in the snapshot, to six decimals say",
        )
    return totals


def _cells(
    distinct: NDArray[np.int64],
    names: list[tuple[str, ...]],
    n: NDArray[np.int64],
    sums: list[tuple[Decimal, Decimal]] | None,
) -> Iterator[Cell]:
    for i, rows in enumerate(n.tolist()):
        texts = [v[c] for v, c in zip(names, distinct[:, i].tolist(), strict=True)]
        w, w2 = (Decimal(rows), Decimal(rows)) if sums is None else sums[i]
        yield Cell(
            groups=tuple(texts[:-2]), label=texts[-2], decision=texts[-1], n=rows, sum_w=w,
            sum_w2=w2,
        )  # fmt: skip
