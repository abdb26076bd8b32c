"""Attributions and decisions of some rows: in every build, and for one case that is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from affidavit.explanation_record import Decisions, Lacking, Quality
from affidavit.recompute.explain.asking import Asker, AskFailed
from affidavit.recompute.explain.attributing.attributions import Attributed, attribute
from affidavit.recompute.explain.decisions.single import Cases, Singles, explain_rows
from affidavit.recompute.explain.preparing import Prepared

_FIX = "look at the cause; the model was asked about rows that are not in the data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """A role that is ready, and its model.

    Attributes:
        by_budget: samples were lowered to keep within a time.
    """

    ready: Prepared
    asker: Asker
    by_budget: bool = False

    def attributed(
        self, rows: Any, part: str, samples: int | None = None
    ) -> tuple[Attributed | None, tuple[Lacking, ...]]:
        """The attributions of rows; where the model fails, none, and that this part is lacking."""
        try:
            found = attribute(
                self.ready.explained, self.asker, rows, self.ready.background,
                readable=self.ready.readable, samples=samples,
            )  # fmt: skip
        except AskFailed as error:
            return None, (Lacking(part=part, reason=error.cause_line, fix=_FIX),)
        return found, ()

    def singles(self, cases: Cases, attributed: Attributed | None) -> Singles:
        """Each case explained by its attributions, where there are any."""
        return explain_rows(
            self.ready.explained, self.asker, cases, attributed.values if attributed else None,
            attributed.errors if attributed else None, whole=self.asker.all_scores,
        )  # fmt: skip

    def record(
        self,
        singles: Singles,
        attributed: Attributed | None,
        *,
        lacking: tuple[Lacking, ...],
        notes: tuple[str, ...] = (),
    ) -> Decisions:
        """The decisions as they are stated; what `singles` lacks comes after `lacking`."""
        explained = self.ready.explained
        return Decisions(
            role=explained.rows.role, of=explained.of, scale=explained.scale,
            background=self.ready.background.record(), quality=self.quality(attributed),
            decisions=singles.decisions, lacking=(*lacking, *singles.lacking),
            notes=(*notes, *(attributed.notes if attributed else ())),
        )  # fmt: skip

    def quality(self, attributed: Attributed | None) -> Quality | None:
        """What the attributions are worth; None where there are none."""
        if attributed is None:
            return None
        return attributed.quality.model_copy(update={"by_budget": self.by_budget})
