"""Models that misbehave: real model folders whose code does one bad thing."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Features, Label, Worker
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.levels import LEVELS, Level
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import Scores, open_scorer

BWRAP = pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap here")
EACH = pytest.mark.parametrize(
    "level", [pytest.param("bubblewrap", marks=BWRAP), "landlock+seccomp", "rlimits"]
)
ROWS = pd.DataFrame({"x": [0.1, 0.2, 0.9]})
_FRAME = json.dumps([{"type": "double", "name": "x", "required": True}])
# Trained on an array: pandas is not imported, which is most of a worker's start.
_ARRAY = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 1]}}])
_MLMODEL = """\
flavors:
  sklearn:
    code: code
    pickled_model: model.pkl
    serialization_format: pickle
signature:
  inputs: '{inputs}'
"""
_HEAD = """\
import os, socket, sys, time
import numpy as np

class Model:
    classes_ = np.array(["no", "yes"])

    def predict_proba(self, frame):
        x = frame["x"] if hasattr(frame, "columns") else frame[:, 0]
        right = np.column_stack([1 - x, x])
"""


def write_model(
    folder: Path, predicting: str = "return right", loading: str = "pass", *, array: bool = False
) -> Path:
    """A model folder as MLflow lays it out, with code of its own.

    Args:
        folder: where.
        predicting: the end of `predict_proba(self, frame)`; `right` is the honest answer.
        loading: what unpickling runs.
        array: it takes a plain array, and starts sooner.
    """
    (folder / "code").mkdir(parents=True)
    body = textwrap.indent(textwrap.dedent(predicting), " " * 8)
    make = "def make():\n" + textwrap.indent(textwrap.dedent(loading), " " * 4)
    source = f"{_HEAD}{body}\n\n{make}\n    return Model()\n"
    (folder / "code" / "misbehaving.py").write_text(source)
    (folder / "model.pkl").write_bytes(b"cmisbehaving\nmake\n(tR.")  # calls make()
    (folder / "MLmodel").write_text(_MLMODEL.format(inputs=_ARRAY if array else _FRAME))
    return folder


def score(
    folder: Path, *, strongest: Level = LEVELS[0], table: pd.DataFrame = ROWS,
    wheels: tuple[str, ...] = (), **limits: Any,
) -> Scores:  # fmt: skip
    """Load the model and score the rows, as the stage does."""
    import pyarrow as pa

    worker = Worker(**{"memory_mb": 2048, "timeout_s": 120, **limits})
    config = binary_config(
        worker=worker, features=Features(columns=("x",)),
        label=Label(column="outcome_of_the_loan", kind="outcome", positive="yes"),
    )  # fmt: skip
    plan = read_plan((folder / "MLmodel").read_bytes(), config, wheels)
    with open_scorer(folder, plan, config, own_interpreter(), strongest=strongest) as scorer:
        assert scorer.level == strongest  # a test of a level that is not here proves nothing
        return scorer.score(pa.Table.from_pandas(table, preserve_index=False), "evaluation")


def processes_naming(text: str) -> list[int]:
    """Processes whose command line holds this text (the sandbox's holds the model's folder)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in command:
                found.append(int(entry.name))
    return found


def is_gone(pid: int) -> bool:
    """Whether a process has ended (one that waits to be reaped has)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"
