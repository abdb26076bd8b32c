"""A third explainer beside shap and alibi, and the exact values of a linear model by formula."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affidavit.config import Worker
from affidavit.progress import Silent
from affidavit.recompute.explain.backends import choosing, explainers
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Backend
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.options import WorkerOptions

TINY = Backend(
    name="tiny", package="tiny", second=("exact",), lock=Path("none.txt"),
    code=Path(__file__).parent / "tiny_explainer", module="tiny", licence="MIT",
)  # fmt: skip


@dataclass(frozen=True)
class EntryPoint:
    """As `importlib.metadata` gives one."""

    name: str
    gives: Any

    def load(self) -> Any:
        return self.gives


def plug_in(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    """As if packages with these entry points were installed."""

    def found(*, group: str, name: str | None = None) -> list[EntryPoint]:
        assert group == "affidavit.explainers"
        return [p for p in points if name in (None, p.name)]

    monkeypatch.setattr(choosing, "entry_points", found)


@contextmanager
def tiny(monkeypatch: pytest.MonkeyPatch, *names: str) -> Iterator[Explainers]:
    """The tiny explainer as a plug-in, with Affidavit's own packages for an environment."""
    plug_in(monkeypatch, EntryPoint("tiny", lambda: TINY))
    monkeypatch.setattr(explainers, "build_environment", lambda *_: own_interpreter())
    with Explainers(names or ("tiny",), Worker(), WorkerOptions(), Silent()) as found:
        yield found


def linear_values(weights: Any, rows: Any, background: Any) -> Any:
    """(n, n_features): of a sum of weighted columns; the weight times the way from the mean."""
    return np.asarray(weights) * (np.asarray(rows) - np.asarray(background).mean(axis=0))
