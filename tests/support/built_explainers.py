"""shap's and alibi's own environments, built once below build/ (minutes and 1.4 GB the first time).

Where they cannot be built, what would have used them is skipped, and says why.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from affidavit.config import Worker
from affidavit.progress import Silent
from affidavit.recompute.explain.backends.choosing import OURS
from affidavit.recompute.explain.backends.environment import build_environment
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.options import WorkerOptions

OPTIONS = WorkerOptions(cache_dir=Path(__file__).resolve().parents[2] / "build" / "explainers")


@cache
def _environment(name: str) -> Interpreter | str:
    try:
        return build_environment(OURS[name], OPTIONS, Silent())
    except Unusable as unusable:
        return unusable.reason


def environment(name: str) -> Interpreter:
    """The environment of one of ours."""
    found = _environment(name)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def opened(name: str) -> Explainers:
    """An explainer of ours alone; to be closed by `with`."""
    environment(name)
    return Explainers((name,), Worker(), OPTIONS, Silent())
