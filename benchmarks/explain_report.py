"""The explanations of the sample's champion, from the opened model to the two reports.

By the methods that its configuration asks for (exact, pinned samples), and with shap and alibi as
second opinions and for anchors, their environments built before.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.sample import DEMO, sample_bundle

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.evidence import Evidence
from affidavit.explanation_record import Decisions
from affidavit.progress import Silent
from affidavit.recompute import WorkerOptions, recompute
from affidavit.reproduce.given_data import place_given
from affidavit.reproduce.unpacking import before_recompute, by_reference
from affidavit.toml_reader import read_config
from affidavit.workspace import new_workspace

RUNS = 3


class _Clock(Silent):
    """Takes the time from the first step of explaining to its end."""

    def __init__(self) -> None:
        self.began = self.took = 0.0

    def step(self, text: str) -> None:
        if text == "opening the model to explain it":
            self.began = time.perf_counter()

    def done(self, stage: str, text: str) -> None:
        del text
        if stage == "explain":
            self.took = time.perf_counter() - self.began


def measure() -> list[Figure]:
    bundle, _ = sample_bundle()
    figures = []
    for name, second, goal in (("exact", (), 15), ("exact, shap and alibi", ("shap", "alibi"), 60)):
        times, decisions = [], 0
        for _ in range(RUNS):
            took, decisions = _explained(bundle, {"second": second})
            times.append(took)
        note = f"{decisions} decisions; best of {RUNS}"
        figures.append(at_most(f"report of the sample, {name}", "s", min(times), goal, note=note))
    return figures


def _explained(bundle: Path, changed: Mapping[str, Any]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as place, new_workspace(Path(place)) as work:
        with zipfile.ZipFile(bundle) as archive:
            for entry in archive.infolist():
                path = entry.filename.partition("/")[2]
                if path.startswith("data/"):
                    work.place(path).write_bytes(archive.read(entry))
        whole = Evidence.model_validate_json((work.root / EVIDENCE).read_bytes())
        config = read_config((work.root / CONFIG).read_bytes(), "affidavit.toml")
        if config.explain is None:
            raise ValueError("the sample explains nothing")
        config = config.model_copy(
            update={"explain": config.explain.model_copy(update=dict(changed))}
        )
        evidence, clock = before_recompute(whole), _Clock()
        wanted = tuple(by_reference(evidence, with_tables=True))
        if place_given(wanted, (DEMO / "remote",), work, Silent()):
            raise ValueError("the sample's data are not in its remote")
        done = recompute(evidence, config, work, options=WorkerOptions(), progress=clock)
        # No anchor may hold a decision at the cut-off; anything else that lacks is a fault here.
        lacking = [
            f.what for f in done.evidence.findings
            if f.id.startswith("explain.") and "anchors" not in f.id
        ]  # fmt: skip
        if lacking:
            raise ValueError("; ".join(lacking))
        found = Decisions.model_validate_json(
            (work.root / "data/reports/decisions.json").read_bytes()
        )
        return clock.took, len(found.decisions)
