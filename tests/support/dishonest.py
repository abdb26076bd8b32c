"""Bundles of a dishonest signer: built and sealed by the product, with one lie told on the way.

The lie is told where the numbers are made, so that everything after it (assessments, card, seal)
agrees with it: only computing the numbers again can find it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.recompute.case import Case
from tests.support.small_world import SmallBundle, build_small

from affidavit import pipeline
from affidavit.bundle import canonical
from affidavit.config import Config
from affidavit.evidence import Evidence, Finding, Number, Report
from affidavit.gap_ids import gap_id
from affidavit.recompute import Recomputed, recompute
from affidavit.workspace import Workspace

Lie = Callable[[Evidence, Config, Workspace, dict[str, Any]], Recomputed]


def build_dishonest(
    folder: Path, config: str, fill: Callable[[Case], Case], lie: Lie
) -> SmallBundle:
    """Build models:/m/1 with `lie` in the place of recompute."""

    def lying(evidence: Evidence, cfg: Config, work: Workspace, **more: Any) -> Recomputed:
        return lie(evidence, cfg, work, more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "recompute", lying)
        return build_small(folder, config, fill)


def number_changed(number_id: str, factor: float) -> Lie:
    """One number of a report is some times what it was."""

    def lie(evidence: Evidence, config: Config, work: Workspace, more: Any) -> Recomputed:
        done = recompute(evidence, config, work, **more)
        return _rewritten(done, work, lambda r: _with_number(r, number_id, factor))

    return lie


def model_exchanged(other: Path) -> Lie:
    """The numbers are those of another model than the one in the bundle."""

    def lie(evidence: Evidence, config: Config, work: Workspace, more: Any) -> Recomputed:
        shipped = work.payload / "model" / "model.pkl"
        kept = shipped.read_bytes()
        shipped.write_bytes((other / "model.pkl").read_bytes())
        try:
            return recompute(evidence, config, work, **more)
        finally:
            shipped.write_bytes(kept)

    return lie


def attribute_omitted(name: str) -> Lie:
    """An attribute is said to have too many values, and its fairness is not stated."""

    def lie(evidence: Evidence, config: Config, work: Workspace, more: Any) -> Recomputed:
        few = {k: v for k, v in config.sensitive.items() if k != name}
        done = recompute(evidence, config.model_copy(update={"sensitive": few}), work, **more)
        gaps = tuple(
            Finding(
                id=gap_id("sensitive", one, name), kind="gap", stage="recompute",
                what=f"fairness by {name} is not computed on {one}: it has 900 different values",
                expected="at most 200", found="900", fix="name a coarser column",
            )
            for one in config.datasets
        )  # fmt: skip
        return dataclasses.replace(done, evidence=done.evidence.adding(findings=gaps))

    return lie


def finding_omitted(finding_id: str) -> Lie:
    """A finding of recompute is left out."""

    def lie(evidence: Evidence, config: Config, work: Workspace, more: Any) -> Recomputed:
        done = recompute(evidence, config, work, **more)
        kept = tuple(f for f in done.evidence.findings if f.id != finding_id)
        assert len(kept) < len(done.evidence.findings), finding_id
        return dataclasses.replace(
            done, evidence=done.evidence.model_copy(update={"findings": kept})
        )

    return lie


def _with_number(report: Report, number_id: str, factor: float) -> Report:
    def told(number: Number) -> Number:
        if number.id != number_id or number.value is None:
            return number
        return number.model_copy(update={"value": canonical.rounded(number.value * factor)})

    return report.model_copy(update={"numbers": tuple(map(told, report.numbers))})


def _rewritten(done: Recomputed, work: Workspace, change: Callable[[Report], Report]) -> Recomputed:
    items = []
    for item in done.evidence.items:
        if item.kind == "report" and item.path.endswith(".json"):
            path = work.locate(item)
            content = canonical.record_bytes(change(Report.model_validate_json(path.read_bytes())))
            path.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            item = item.model_copy(update={"sha256": digest, "size_bytes": len(content)})  # noqa: PLW2901 - the same item, told anew
        items.append(item)
    return dataclasses.replace(
        done, evidence=done.evidence.model_copy(update={"items": tuple(items)})
    )
