"""Scores for every row of every role, through one worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.bundle.canonical import Json
from affidavit.config import Config
from affidavit.errors import WorkerError
from affidavit.printable import printable
from affidavit.recompute.floats import Floats, rounded
from affidavit.recompute.worker.adapter_code import AdapterCode
from affidavit.recompute.worker.exactness import (
    Exact,
    NotExact,
    ask_attributions,
    ask_whether,
)
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.levels import LEVELS, Level, is_at_least, lacking_text
from affidavit.recompute.worker.model_files import ModelPlan
from affidavit.recompute.worker.sandbox import bounds, plan_launch
from affidavit.recompute.worker.scratch import scratch_folder
from affidavit.recompute.worker.session import Session, open_session

_MAX_CLASSES = 1000
_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the model answered for the rows of one role.

    Attributes:
        matrix: (n_rows, width), finite, to twelve significant digits.
        classes: the model's classes, as text; empty for a regression.
        are_codes: the one column holds indices into `classes`, not scores.
    """

    matrix: Floats
    classes: tuple[str, ...]
    are_codes: bool


class Scorer:
    """A loaded model in a running worker."""

    def __init__(
        self,
        session: Session,
        plan: ModelPlan,
        config: Config,
        adapter: AdapterCode | None = None,
    ) -> None:
        self._session, self._plan, self._config = session, plan, config
        self._adapter = adapter
        self.level, self.isolation = session.level, session.isolation
        self.call = ""
        self.model = ""
        self.notes: tuple[str, ...] = ()
        self.versions: dict[str, str] = {}

    def load(self, launch: Launch) -> None:
        """Have the worker load the model.

        Raises:
            WorkerError: it could not.
        """
        order: dict[str, Json] = {
            "type": "load",
            "folder": launch.folder,
            "packages": list(launch.packages),
            "flavor": self._plan.flavor,
            "file": self._plan.file,
            "format": self._plan.format,
            "class": self._plan.kind,
            "code": list(self._plan.code),
            "task": self._config.task,
            "positive": self._config.label.positive,
            "negative": _negative(self._config),
            "params": self._plan.params,
            "threads": self._config.worker.threads,
            "shape": self._shape,
            "adapter": self._adapter_order(launch),
        }
        doing = "loading"
        loaded = self._session.call(order, expect="loaded", doing=doing).header
        self.call, self.model = _text(loaded.get("call")), _text(loaded.get("model"))
        versions = loaded.get("versions")
        if isinstance(versions, dict):
            self.versions = {_text(k): _text(v) for k, v in sorted(versions.items())}
        self.versions["python"] = _text(self._session.python)

    def _adapter_order(self, launch: Launch) -> Json:
        if self._adapter is None:
            return None
        folders: list[Json] = [f"{launch.code}/src", launch.code]
        file = f"{launch.code}/{self._adapter.file}"
        return {"name": self._adapter.name, "file": file, "folders": folders}

    def score(
        self,
        rows: Any,
        role: str,
        sizes: Iterable[int] | None = None,
        *,
        made_up: bool = False,
    ) -> Scores:
        """Score the rows (a pyarrow Table of the model's columns), batch by batch.

        Args:
            rows: what the model is given.
            role: whose rows, for errors.
            sizes: of the batches, which together hold all rows; as configured where not given.
            made_up: the rows are in no data, so that the model may well raise.

        Raises:
            WorkerError: the model failed, or did not give one finite number for each row; `Raised`
                where it raised on made-up rows, and can be asked on.
        """
        matrix: Floats | None = None
        classes: tuple[str, ...] = ()
        coded = False
        start = 0
        for batch, size in enumerate(sizes or repeat(self._config.worker.batch_rows)):
            part = rows.slice(start, size)
            if not part.num_rows:
                break
            whose = f"made up from {role}" if made_up else f"of {role}"
            doing = f"scoring rows {start + 1} to {start + part.num_rows} {whose}"
            values, found, is_coded = self._batch(part, batch, doing, made_up=made_up)
            if batch and is_coded != coded:
                raise self._session.wrong(doing, "scores in one batch and classes in another")
            coded = is_coded
            if classes and found[: len(classes)] != classes:
                raise self._session.wrong(doing, "its classes changed between two batches")
            classes = found
            self._require_finite(values, start, whose, doing)
            if matrix is None:
                matrix = np.empty((rows.num_rows, values.shape[1]))
            if matrix.shape[1] != values.shape[1]:
                raise self._session.wrong(doing, "the width of its scores changed between batches")
            matrix[start : start + part.num_rows] = rounded(values)
            start += part.num_rows
        if matrix is None or start != rows.num_rows:
            raise ValueError("the batches do not hold all rows")
        return Scores(matrix=matrix, classes=classes, are_codes=coded)

    def _batch(
        self, part: Any, batch: int, doing: str, *, made_up: bool
    ) -> tuple[Floats, tuple[str, ...], bool]:
        body = _ipc(part)
        header: dict[str, Json] = {
            "type": "score", "batch": batch, "rows": part.num_rows,
            "shape": self._shape, **({"made_up": True} if made_up else {}),
        }  # fmt: skip
        width = _MAX_CLASSES if self._config.task == "multiclass" else 1
        answer = self._session.call(
            header, body, expect="scores", doing=doing, max_body=part.num_rows * width * 8
        )
        said = answer.header
        if not (_is(said.get("batch"), batch) and _is(said.get("rows"), part.num_rows)):
            rule = f"expected scores for {part.num_rows} rows, batch {batch}; found other ones"
            raise self._session.wrong(doing, rule)
        columns = said.get("width")
        valid = type(columns) is int and 1 <= columns <= width
        if not valid or len(answer.body) != part.num_rows * int(str(columns)) * 8:
            raise self._session.wrong(doing, "the length of the scores is not rows x width x 8")
        values = np.frombuffer(answer.body, dtype="<f8").astype(np.float64)
        notes = said.get("notes")
        if isinstance(notes, list):
            self.notes = tuple(dict.fromkeys((*self.notes, *(_text(n) for n in notes[:8]))))
        classes = _classes(said.get("classes"))
        coded = said.get("coded") is True
        if coded and (self._config.task != "multiclass" or columns != 1):
            raise self._session.wrong(doing, "indices into classes where scores were asked for")
        if coded and not set(np.unique(values).tolist()) <= set(range(len(classes))):
            raise self._session.wrong(doing, "an index beyond its own classes")
        if self._config.task == "multiclass" and not coded and len(classes) != columns:
            raise self._session.wrong(doing, f"{columns} columns for {len(classes)} classes")
        return values.reshape(part.num_rows, -1), classes, coded

    def exact(self, output: str | None) -> Exact | NotExact:
        """Whether the output (a class, of several) is a sum that the model's parameters give.

        Raises:
            WorkerError: the worker failed, or answered with something else.
        """
        return ask_whether(self._session, output)

    def attribute(
        self, background: Any, rows: Any, groups: Sequence[Sequence[int]], output: str | None
    ) -> Floats | NotExact:
        """(n_rows, n_groups): exact attributions, read from the model's parameters.

        Args:
            background: what the rows are compared with; columns as of `score`.
            rows: at least one.
            groups: places of the input columns that are attributed to as one.
            output: the class, of several.

        Raises:
            WorkerError: the worker failed, or did not give one finite number for each.
        """
        header: dict[str, Json] = {
            "output": output, "background": background.num_rows, "shape": self._shape,
        }  # fmt: skip
        both = _ipc(pa.concat_tables([background, rows]))
        return ask_attributions(self._session, header, both, rows.num_rows, groups)

    @property
    def _shape(self) -> str:
        return "frame" if self._plan.is_frame else "array"

    def _require_finite(self, values: Floats, start: int, whose: str, doing: str) -> None:
        bad = ~np.isfinite(values).all(axis=1)
        if bad.any():
            first = start + int(np.argmax(bad)) + 1
            rule = (
                f"a score that is NaN or infinite for {int(bad.sum())} of these rows, the first "
                f"is row {first} {whose}"
            )
            raise self._session.wrong(doing, rule)


@contextmanager
def open_scorer(
    model: Path,
    plan: ModelPlan,
    config: Config,
    interpreter: Interpreter,
    *,
    beside: Path | None = None,
    adapter: AdapterCode | None = None,
    strongest: Level = LEVELS[0],
    weakest: Level = LEVELS[-1],
) -> Iterator[Scorer]:
    """The model, loaded in a worker that is gone when the block ends.

    Args:
        model: the folder of the model's files.
        plan: what MLmodel says.
        config: the task, and the worker's limits.
        interpreter: what the worker runs on.
        beside: where the worker's scratch folder is made; None for the system's own place.
        adapter: what stands before the model, where anything does.
        strongest: leaves out levels of isolation that are stronger; for tests.
        weakest: refuses what shuts in less.

    Raises:
        WorkerError: the worker or the model did not start, or no sandbox holds here.
    """
    with scratch_folder(beside) as ours:
        launch = plan_launch(
            model, config.worker, interpreter, ours, strongest=strongest,
            code=adapter.folder if adapter is not None else None,
        )  # fmt: skip
        if not is_at_least(launch.level, weakest):
            raise WorkerError(
                f"the model was not started: {weakest} or more is asked for, {launch.level} holds",
                "; ".join((lacking_text(launch.level), *launch.weaker_because)),
                "install bubblewrap, or run it on a machine that has it",
            )
        with open_session(launch, bounds(config.worker)) as session:
            scorer = Scorer(session, plan, config, adapter)
            scorer.load(launch)
            yield scorer


def _negative(config: Config) -> str | None:
    """The other label of a binary task, where the configuration names it."""
    label = config.label
    return label.favourable if label.favourable != label.positive else None


def _ipc(part: Any) -> memoryview:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as writer:
        writer.write_table(part)
    return memoryview(sink.getvalue())


def _classes(value: Json) -> tuple[str, ...]:
    """The classes, none twice; nothing where the answer has no such list."""
    if not isinstance(value, list) or len(value) > _MAX_CLASSES:
        return ()
    named = tuple(str(v)[:_TEXT] for v in value)
    return named if len(set(named)) == len(named) else ()


def _is(value: Json, number: int) -> bool:
    """This very whole number: neither true nor 1.0."""
    return type(value) is int and value == number


def _text(value: Json) -> str:
    return printable(str(value))[:_TEXT]
