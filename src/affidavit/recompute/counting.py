"""Exact counts of rows by groups, label and decision."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, Inexact
from math import prod

import numpy as np
from numpy.typing import NDArray

from affidavit.counts import UNKNOWN_LABEL, Cell, CountTable, count_table
from affidavit.errors import SourceError
from affidavit.evidence import CountSpec
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import exact

_MAX_CHARACTERS = 40
_MAX_CODE = 2**60
# Wide enough for any sum of twelve-digit weights; an inexact step would raise.
_EXACT = Context(prec=200, traps=[Inexact])


def count(found: Predictions, groupings: tuple[Grouping, ...], spec: CountSpec) -> CountTable:
    """The count table of one role.

    Args:
        found: the prediction table.
        groupings: one an attribute, in the order of the specification.
        spec: how the table is to be read.

    Raises:
        SourceError: weights whose sums are longer than the format holds.
    """
    columns = [(g.codes, g.names) for g in groupings]
    columns.append(_coded([UNKNOWN_LABEL if v is None else v for v in found.rows.labels]))
    columns.append(_coded(found.decision.tolist()))
    codes = np.stack([c for c, _ in columns])
    names = [v for _, v in columns]
    distinct, inverse, n = _distinct(codes, [len(v) for v in names])
    sums = _sums(found, inverse, len(n), spec)
    return count_table(spec, _cells(distinct, names, n, sums))


def _coded(texts: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    values = tuple(sorted(set(texts)))
    places = {v: i for i, v in enumerate(values)}
    return np.array([places[t] for t in texts], dtype=np.int64), values


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
    found: Predictions, inverse: NDArray[np.int64], cells: int, spec: CountSpec
) -> list[tuple[Decimal, Decimal]] | None:
    if not spec.weighted:
        return None
    totals = [(Decimal(0), Decimal(0))] * cells
    for cell, weight in zip(inverse.tolist(), found.rows.weights.tolist(), strict=True):
        w, w2 = totals[cell]
        one = exact(weight)
        totals[cell] = (_EXACT.add(w, one), _EXACT.add(w2, _EXACT.multiply(one, one)))
    if any(len(f"{s:f}") > _MAX_CHARACTERS for pair in totals for s in pair):
        raise SourceError(
            f"{found.rows.table.name}: the row weights span too many orders of magnitude",
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
