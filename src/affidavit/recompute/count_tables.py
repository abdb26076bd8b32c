"""The count tables of a role, and the numbers that follow from each.

One table a question: the model's decisions by sensitive attribute (`main`), the decisions after
rules and overrides (`final`), by segment and period (`segments`), by estimated group (`estimated`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

import numpy as np

from affidavit.bundle.canonical import rounded
from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.errors import SourceError
from affidavit.evidence import CountSpec, Number
from affidavit.rates import derive
from affidavit.recompute.coded import NONE, Coded, code
from affidavit.recompute.counting import count
from affidavit.recompute.estimates import Estimate, Floats, portions
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import Classes, Rows
from affidavit.recompute.units import effective_rows

Which = Literal["main", "final", "segments"]


@dataclass(frozen=True, slots=True)
class Counted:
    """A count table and every number that it gives."""

    table: CountTable
    numbers: tuple[Number, ...]

    @property
    def spec(self) -> CountSpec:
        return self.table.spec

    def of(self, prefix: str) -> tuple[Number, ...]:
        """The numbers of one report: `performance`, `fairness`."""
        return tuple(n for n in self.numbers if n.id.startswith(f"{prefix}/"))


def read_unit(rows: Rows, config: Config) -> Coded | None:
    """The unit of each row, where `unit` names the column whose values several rows share.

    Raises:
        ConfigError: there is no such column.
        SourceError: rows without a unit.
    """
    if config.unit is None:
        return None
    rows.table.require(config.unit, "the unit, which several rows may share,")
    unit = _by_name(code(rows.table.text(config.unit)))
    unknown = int((~unit.is_known).sum())
    if unknown:
        raise SourceError(
            f"{rows.table.name}: the unit column {config.unit!r} is missing in {unknown} rows",
            "rows of one unit could not be told from others",
            "complete the snapshot, or take unit out of affidavit.toml",
        )
    return unit


def _by_name(column: Coded) -> Coded:
    """With codes in the order of the names, so that sums by code have one order for any rows."""
    order = sorted(range(len(column.names)), key=column.names.__getitem__)
    place = np.full(len(order) + 1, NONE, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Coded(place[column.codes], tuple(column.names[i] for i in order))


class RoleCounts:
    """Counts the rows of one role.

    Args:
        found: the prediction table.
        together: attributes whose groups are also formed together.
        unit: of each row, or None.
    """

    def __init__(
        self,
        found: Predictions,
        classes: Classes,
        config: Config,
        *,
        together: tuple[tuple[str, ...], ...],
        unit: Coded | None,
    ) -> None:
        self._found, self._classes, self._config = found, classes, config
        self._together, self._unit = together, unit

    def spec(self, table: Which, groupings: Sequence[Grouping]) -> CountSpec:
        """How a table of these columns is to be read."""
        config, names = self._config, {g.spec.name for g in groupings}
        return CountSpec(
            role=self._found.rows.role,
            table=table,
            task="multiclass" if config.task == "multiclass" else "binary",
            positive=self._classes.positive,
            favourable=config.label.favourable or "",
            attributes=tuple(g.spec for g in groupings),
            weighted=self._found.rows.is_weighted,
            small=config.fairness.smallest_group,
            rates=config.intervals.rates,
            intersections=tuple(t for t in self._together if names.issuperset(t)),
            unit=config.unit,
        )

    def count(self, table: Which, groupings: Sequence[Grouping]) -> Counted:
        """The table of the model's decisions, or of the final ones."""
        found = self._found
        decision = found.final if table == "final" and found.final is not None else found.decision
        return self._counted(
            self.spec(table, groupings), [g.column for g in groupings], label=found.rows.labels,
            decision=decision, weights=found.rows.weights, unit=self._unit,
        )  # fmt: skip

    def count_estimate(self, estimate: Estimate) -> Counted:
        """The table in which a row counts for each group with its probability."""
        rows, parts = self._found.rows, list(portions(estimate, self._found.rows.weights))
        places = np.concatenate([p.rows for p in parts])
        sizes = [len(p.rows) for p in parts]
        group = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
        spec = self.spec("main", ()).model_copy(
            update={
                "table": "estimated", "attributes": (estimate.spec,), "weighted": True,
                "mean_weight": self._mean_weight(),
            }
        )  # fmt: skip
        return self._counted(
            spec, [Coded(group, estimate.names)], label=rows.labels.where(places),
            decision=self._found.decision.where(places),
            weights=np.concatenate([p.weights for p in parts]),
            unit=None if self._unit is None else self._unit.where(places),
        )  # fmt: skip

    def _mean_weight(self) -> float:
        rows = self._found.rows
        return rounded(fsum(rows.weights.tolist()) / rows.n) if rows.is_weighted else 1.0

    def _counted(
        self,
        spec: CountSpec,
        columns: Sequence[Coded],
        *,
        label: Coded,
        decision: Coded,
        weights: Floats,
        unit: Coded | None,
    ) -> Counted:
        if unit is not None:
            named = [(a.name, c) for a, c in zip(spec.attributes, columns, strict=True)]
            weighed = weights if spec.weighted else None
            effective = effective_rows(named, label, decision, weighed, unit=unit, spec=spec)
            spec = spec.model_copy(update={"effective": effective})
        table = count(columns, label, decision, weights, spec)
        return Counted(table, derive(table))
