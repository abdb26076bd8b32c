"""Groups that are estimated: a probability column a group, as BISG gives them.

A row counts for every group with its probability (weighted), and for at most one by the threshold
rule. Both are shown, since each has a bias of its own.

References:
    Elliott et al. (2009), Using the Census Bureau's surname list to improve estimates of race/
    ethnicity, Health Services and Outcomes Research Methodology 9; Chen, Kallus, Mao, Svacha and
    Udell (2019), Fairness under unawareness, FAccT, on the bias of both rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.config import Sensitive
from affidavit.errors import SourceError
from affidavit.evidence import AttributeSpec
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.rows import floats
from affidavit.recompute.table import as_numbers

Floats = NDArray[np.float64]
Source = Callable[[str], Any]
_DIGITS, _WEIGHT_DIGITS = 6, 9
_MOST = 1.01  # probabilities that were rounded may add up to a little more than 1
_NOTE = (
    "{name}: groups are estimated. Rates weighted by probability stand in a report of their own, "
    "beside the rule that a row is of the group whose probability is at least {least:g}. Both are "
    "biased where the estimate's error goes together with the decision: the threshold rule leaves "
    "out {none} of {n} rows that it cannot assign, weighting mixes the groups and tends to shrink "
    "their difference; neither says which way the sum goes in this data."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The estimated groups of one attribute over the rows of a role.

    Attributes:
        names: of the groups, sorted.
        shares: (n_rows, n_groups), probabilities to six decimals; NaN where not estimated.
    """

    spec: AttributeSpec
    names: tuple[str, ...]
    shares: Floats

    @property
    def is_given(self) -> NDArray[np.bool_]:
        """(n_rows,): whether any probability is there."""
        return np.asarray(~np.isnan(self.shares).all(axis=1))


def read_estimate(name: str, attribute: Sensitive, source: Source, where: str) -> Estimate:
    """The probability columns of an attribute.

    Args:
        name: of the attribute.
        attribute: its `probabilities`.
        source: reads a column by its name.
        where: file, for messages.

    Raises:
        SourceError: a value that is no probability, or probabilities that add up to more than 1.
    """
    names = tuple(sorted(attribute.probabilities))
    columns = [_column(source, attribute.probabilities[n], f"{where}: {name} = {n}") for n in names]
    shares = np.asarray(np.round(np.stack(columns, axis=1), _DIGITS), dtype=np.float64)
    most = shares.sum(axis=1)
    if bool((most > _MOST).any()):
        raise SourceError(
            f"{where}: the probabilities of {name} add up to more than 1 in "
            f"{int((most > _MOST).sum())} rows",
            fix=f"name columns that exclude each other in [sensitive.{name}] probabilities",
        )
    spec = AttributeSpec(name=name, reference=attribute.reference, source="estimated")
    return Estimate(spec=spec, names=names, shares=shares)


def _column(source: Source, column: str, where: str) -> Floats:
    values = floats(as_numbers(source(column), f"{where}, column {column!r}"))
    bad = ~np.isnan(values) & ~((values >= 0) & (values <= 1))
    if bad.any():
        raise SourceError(
            f"{where}: the column {column!r} holds {int(bad.sum())} values outside 0 to 1",
            fix="name the columns of probabilities, not of percentages or scores",
        )
    return values


def assign(estimate: Estimate, least: float) -> Coded:
    """The threshold rule: the one likeliest group, where its probability is at least `least`.

    Two groups that are equally likely are neither: an order of names is no reason to choose.
    """
    known = np.nan_to_num(estimate.shares, nan=-1.0)
    best = np.argmax(known, axis=1).astype(np.int32)
    highest = known[np.arange(len(best)), best]
    enough = (highest >= least) & ((known == highest[:, None]).sum(axis=1) == 1)
    return Coded(np.where(enough, best, np.int32(NONE)).astype(np.int32), estimate.names)


def bias_note(estimate: Estimate, least: float) -> str:
    """What is known of the two rules' bias, with the rows that the threshold leaves out."""
    none = int((~assign(estimate, least).is_known).sum())
    return _NOTE.format(name=estimate.spec.name, least=least, none=none, n=len(estimate.shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """The rows that may be of one group, and what each counts for it.

    Attributes:
        rows: (m,), indices.
        weights: (m,), probability times row weight, to nine decimals; above 0.
    """

    name: str
    rows: NDArray[np.int64]
    weights: Floats


def portions(estimate: Estimate, weights: Floats) -> Iterator[Portion]:
    """Each group's rows, weighed with its probability."""
    for position, name in enumerate(estimate.names):
        product = np.round(np.nan_to_num(estimate.shares[:, position]) * weights, _WEIGHT_DIGITS)
        rows = np.flatnonzero(product > 0)
        yield Portion(name=name, rows=rows, weights=product[rows])
