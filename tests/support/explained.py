"""What is explained, made of arrays, and a model that is a function here.

A function stands in for the model's process where what is tested is arithmetic; the process itself,
crashes included, is tested with real models in tests/recompute/explain/test_asking.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.config import Config, Explain
from affidavit.evidence import AttributeSpec, Scale
from affidavit.explanation_record import FeatureName
from affidavit.recompute.coded import Coded, chosen, code
from affidavit.recompute.explain.explained import Explained, Kind
from affidavit.recompute.floats import Floats
from affidavit.recompute.groups import Grouping
from affidavit.recompute.rows import Rows
from affidavit.recompute.table import Table

Model = Callable[[Mapping[str, Any]], Floats]


class AskOf:
    """A model that is a function of columns (numpy arrays by name); counts what it was asked."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.calls = self.scored = 0

    def scores(self, rows: Any) -> Floats:
        self.calls += 1
        self.scored += rows.num_rows
        columns = {c: rows.column(c).to_numpy() for c in rows.column_names}
        return np.asarray(self._model(columns), dtype=float)


def explained_of(
    columns: Mapping[str, Sequence[Any] | Floats],
    model: Model,
    *,
    threshold: float | None = 0.5,
    scale: Scale = "score",
    labels: Sequence[str | None] | None = None,
    sensitive: Mapping[str, Sequence[str]] | None = None,
    features: Mapping[str, tuple[str, ...]] | None = None,
    explain: Mapping[str, Any] | None = None,
    task: str = "binary",
) -> Explained:
    """The rows of a binary task, `yes` at or above the threshold, `no` being favourable."""
    inputs = pa.table({name: pa.array(values) for name, values in columns.items()})
    n = inputs.num_rows
    scores = AskOf(model).scores(inputs)
    known = list(labels) if labels is not None else ["yes", "no"] * (n // 2) + ["yes"] * (n % 2)
    groups = dict(sensitive or {})
    config = Config.model_validate(
        {
            "version": 1, "task": task,
            "label": {
                "column": "label", "kind": "outcome",
                **({"positive": "yes", "favourable": "no"} if task == "binary" else {}),
            },
            "decision": {"threshold": threshold} if task == "binary" else {},
            "sensitive": {g: {"column": g, "source": "observed"} for g in groups},
            "datasets": {"evaluation": {"path": "rows.csv", "include": "embed"}},
            "explain": dict(explain or {}),
        },
        strict=False,
    )  # fmt: skip
    assert isinstance(config.explain, Explain)
    table = Table("rows.csv", inputs.append_column("label", pa.array(known)), is_text=False)
    targets = np.empty(0) if task == "binary" else np.asarray(known, dtype=float)
    rows = Rows(
        role="evaluation", table=table, id_column=pa.array([f"r{i}" for i in range(n)]),
        labels=code(pa.array([None if k is None else str(k) for k in known], pa.string())),
        targets=targets, weights=np.ones(n),
        is_weighted=False,
    )  # fmt: skip
    is_yes = scores >= (threshold or 0)
    return Explained(
        config=config, explain=config.explain, rows=rows, inputs=inputs,
        features=tuple(
            FeatureName(name=k, columns=v)
            for k, v in (features or {c: (c,) for c in columns}).items()
        ),
        kinds=tuple(Kind(column=f.name, kind=_kind(f.type)) for f in inputs.schema),
        of="yes" if task == "binary" else "label", scores=scores, scale=scale,
        cut=np.full(n, threshold) if task == "binary" and threshold is not None else None,
        decision=chosen(is_yes, "yes", "no"),
        is_favourable=~is_yes if task == "binary" else None,
        groupings=tuple(
            Grouping(spec=AttributeSpec(name=g, source="observed"), column=coded(list(v)))
            for g, v in groups.items()
        ),
    )  # fmt: skip


def coded(values: Sequence[str]) -> Coded:
    """Texts as codes."""
    return code(pa.array(values))


def _kind(kind: Any) -> Any:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else "category"
