"""The input example that MLflow logged, scored, and held against an output logged beside it.

MLflow writes no output: `output_example.json` beside the example is our convention
(docs/worker-protocol.md). Both files are the model author's; they are parsed within bounds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.config import Config
from affidavit.errors import AffidavitError
from affidavit.evidence import Finding
from affidavit.recompute.floats import Floats
from affidavit.recompute.rescoring import tolerance
from affidavit.recompute.table import Table
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import ModelPlan
from affidavit.recompute.worker.scoring import Scorer, Scores

OUTPUT = "output_example.json"
MAX_ROWS = 100
MAX_BYTES = 4 << 20
_READ = "dataframe split"
_LOG_AGAIN = "log the model again, with an example that it can score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What became of the input example: notes for the report, and what does not hold."""

    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class _Unusable(Exception):
    """The example, or the output beside it, is not what it has to be; the message says why."""


def check_example(scorer: Scorer, plan: ModelPlan, folder: Path, config: Config) -> Example:
    """Score up to 100 rows of the input example, after everything else was scored.

    Args:
        scorer: the loaded model; a failure here is a finding, and its last use.
        plan: which file holds the example, and which columns the model takes.
        folder: the model's files.
        config: the task.
    """
    if plan.example is None or not _is_there(folder / plan.example[0]):
        return Example()
    file, kind = plan.example
    if kind != _READ:
        return Example(notes=(f"The input example is written as {kind}, which is not read.",))
    try:
        rows, total = _rows(_parse(folder / file), plan)
        scores = scorer.score(rows, "the input example")
    except _Unusable as error:
        return _exception(f"the input example cannot be scored: {error}", file)
    except AffidavitError as error:
        return _exception(f"the input example cannot be scored: {error.what}", file, error.cause)
    scored = f"{rows.num_rows} of {total} rows of the input example that MLflow logged were scored"
    if not (folder / OUTPUT).is_file():
        return Example(notes=(f"{scored}; no output was logged beside it to compare with.",))
    try:
        apart = _apart(scores, _outputs(folder / OUTPUT, total), config)
    except _Unusable as error:
        return _exception(f"{OUTPUT} cannot be compared with: {error}", OUTPUT)
    differing = int((apart > tolerance(scores.matrix, config)).sum())
    if not differing:
        return Example(notes=(f"{scored}, and equal the output that was logged beside it.",))
    said = f"{differing} of {rows.num_rows} differ, by {float(apart.max()):.2g} at most"
    found = _exception("the model does not answer its input example as it was logged", OUTPUT, said)
    return Example(notes=(f"{scored}; {said} from the logged output.",), findings=found.findings)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # MLmodel names what can be no file's name
        return False


def _parse(path: Path) -> Any:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _Unusable(f"it has more than {MAX_BYTES} bytes")
    try:
        return json.loads(content, parse_constant=lambda _: None)  # NaN, as pandas writes missing
    except (ValueError, RecursionError) as error:
        raise _Unusable("it is not JSON") from error


def _rows(document: Any, plan: ModelPlan) -> tuple[Any, int]:
    """The model's input of the first rows, and how many there are in all."""
    document = document if isinstance(document, dict) else {}
    columns, data = document.get("columns"), document.get("data")
    if not isinstance(columns, list) or not isinstance(data, list) or not columns or not data:
        raise _Unusable("it has no columns, or no rows")
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
        raise _Unusable("its columns are not names, each once")
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        raise _Unusable(f"not every row has its {len(columns)} values")
    first = list(zip(*data[:MAX_ROWS], strict=True))
    try:
        table = pa.table([_array(values) for values in first], names=columns)
        return model_input(Table("input example", table, is_text=False), plan), len(data)
    except (pa.ArrowException, OverflowError, ValueError) as error:  # lone surrogates too
        raise _Unusable(
            "a column mixes values of several types, or not those of its type"
        ) from error


def _array(values: tuple[Any, ...]) -> Any:
    """One column; where nothing is known of it, missing numbers, as pandas has them."""
    found = pa.array(list(values))
    return found.cast(pa.float64()) if pa.types.is_null(found.type) else found


def _outputs(path: Path, n: int) -> list[Any]:
    document = _parse(path)
    if not isinstance(document, list) or len(document) != n:
        raise _Unusable(f"expected a list of {n} outputs, one for each row of the example")
    return document[:MAX_ROWS]


def _apart(scores: Scores, outputs: Sequence[Any], config: Config) -> Floats:
    """How far each answer is from the logged one; another class is 1 apart."""
    if config.task != "multiclass":
        logged = [_single(one, config) for one in outputs]
        return np.asarray(np.abs(scores.matrix[:, 0] - np.array(logged)), dtype=np.float64)
    if all(isinstance(one, str) for one in outputs):
        codes = scores.matrix[:, 0] if scores.are_codes else np.argmax(scores.matrix, axis=1)
        named = [scores.classes[int(code)] for code in codes]
        return np.array([float(a != b) for a, b in zip(named, outputs, strict=True)])
    if scores.are_codes:
        raise _Unusable("the model answers with classes, and no classes are logged")
    wide = np.array([_by_class(one, scores.classes) for one in outputs])
    return np.asarray(np.abs(scores.matrix - wide).max(axis=1), dtype=np.float64)


def _single(value: Any, config: Config) -> float:
    if isinstance(value, dict) and config.task == "binary":
        value = value.get(config.label.positive)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _number(value)


def _by_class(value: Any, classes: Sequence[str]) -> list[float]:
    if isinstance(value, dict) and set(value) == set(classes):
        value = [value[name] for name in classes]
    if not isinstance(value, list) or len(value) != len(classes):
        raise _Unusable(f"expected a score for each of {len(classes)} classes")
    return [_number(one) for one in value]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unusable("expected a score for each row")
    try:
        return float(value)
    except OverflowError as error:
        raise _Unusable("an output is too large for a number") from error


def _exception(what: str, file: str, found: str = "") -> Example:
    finding = Finding(
        id="recompute.example", kind="exception", stage="recompute", what=what,
        expected="an example that the model answers as it was logged", found=found or None,
        fix=_LOG_AGAIN, items=(f"data/model/{file}",),
    )  # fmt: skip
    return Example(notes=("What became of the input example is among the findings.",),
                   findings=(finding,))  # fmt: skip
