"""The rows that two versions have in common, in columns, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL
from affidavit.inspect.predicted import Predicted, PredictedRow
from affidavit.reading_rules import LARGEST_WEIGHT, LEAST_WEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Common rows in the order of their ids.

    Attributes:
        labels: (n_rows,), empty where not known.
        before, after: (n_rows,), what each version said of the row.
        weights: (n_rows,), the later version's; None without a weight column.
        no_interval: why no interval holds for these rows; empty where one does.
    """

    ids: Sequence[str]
    labels: Sequence[str]
    before: Sequence[PredictedRow]
    after: Sequence[PredictedRow]
    weights: Sequence[float] | None
    no_interval: str

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def labelled(self) -> list[int]:
        """Positions of the rows whose label is known."""
        return [i for i, label in enumerate(self.labels) if label != UNKNOWN_LABEL]


def common_rows(
    ids: Sequence[str], old: Predicted, new: Predicted, configs: tuple[Config, Config]
) -> Common:
    """The rows of these ids on both sides.

    Args:
        ids: of rows that both have, in order.
        old: the earlier version's predictions, by id.
        new: the later version's, by id.
        configs: the earlier and the later; a declared `unit` leaves no interval.

    Raises:
        ValueError: a weight that no builder writes.
    """
    if old.by_id is None or new.by_id is None:
        raise RuntimeError("rows without ids have none in common")
    is_weighted = configs[1].rows.weight is not None
    before, after = [old.by_id[i] for i in ids], [new.by_id[i] for i in ids]
    unit = configs[1].unit or configs[0].unit
    return Common(
        ids=ids,
        labels=[r.label for r in after],
        before=before,
        after=after,
        weights=[_weight(r.weight) for r in after] if is_weighted else None,
        no_interval=f"no interval: rows of one {unit} are not independent" if unit else "",
    )


def _weight(text: str) -> float:
    weight = float(text)
    if not LEAST_WEIGHT <= weight <= LARGEST_WEIGHT:
        raise ValueError("a weight out of range")
    return weight
