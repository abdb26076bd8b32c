"""The mean attribution of each feature in each protected group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from affidavit.explanation_record import Attribution, GroupMean
from affidavit.recompute.coded import Coded
from affidavit.recompute.explain.between_groups.sides import Sides
from affidavit.recompute.explain.explained import Places
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import mean_of
from affidavit.recompute.mean_comparison import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributions:
    """What is averaged by group: numbers of each explained row that sum to a whole.

    Attributes:
        features: names, in the order of the columns of `values`.
        values: (n_rows, n_features).
        whole: (n_rows,): what a row's values sum to, up to a constant.
        errors: (n_rows, n_features), Monte Carlo standard errors that rows may share; None where
            there are none, or where they are independent from row to row and so already in the
            spread of the rows.
        weight: (n_rows,); None where all rows count alike.
        units: (n_rows,); None where every row is independent.
    """

    features: tuple[str, ...]
    values: Floats
    whole: Floats
    errors: Floats | None = None
    weight: Floats | None = None
    units: Coded | None = None

    def of_feature(self, j: int, rows: Places) -> Values:
        """One feature's values of some rows."""
        return self._values(self.values[:, j], rows)

    def of_whole(self, rows: Places) -> Values:
        """The wholes of some rows."""
        return self._values(self.whole, rows)

    def sampling_error(self, j: int, rows: Places) -> float:
        """At most the Monte Carlo standard error of the mean of some rows.

        The mean of the rows' errors: rows may have been explained with the same draws, and then
        their errors do not average out.
        """
        if self.errors is None:
            return 0.0
        return mean_of(
            self.errors[rows, j], None if self.weight is None else self.weight[rows]
        ).value

    def _values(self, column: Floats, rows: Places) -> Values:
        return Values(
            values=np.ascontiguousarray(column), weight=self.weight, units=self.units
        ).where(rows)


def group_means(given: Attributions, sides: Sequence[Sides]) -> tuple[GroupMean, ...]:
    """The mean attributions of every group of every attribute, or why a group has none."""
    return tuple(m for one in sides for m in _of_attribute(given, one))


def _of_attribute(given: Attributions, sides: Sides) -> Iterator[GroupMean]:
    for name, rows in sides.rows.items():
        group, why = {sides.attribute: name}, sides.why_not(name)
        if why is not None:
            yield GroupMean(group=group, n=len(rows), reason=why)
            continue
        yield GroupMean(
            group=group, n=len(rows),
            attributions=tuple(
                Attribution(
                    feature=feature, value=given.of_feature(j, rows).mean.value,
                    error=given.sampling_error(j, rows),
                )
                for j, feature in enumerate(given.features)
            ),
        )  # fmt: skip
