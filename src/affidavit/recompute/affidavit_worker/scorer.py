"""From a loaded model to scores."""

from __future__ import annotations

from typing import Any

from .refusing import Refused


def text_of(value: Any) -> str:
    """A class as the text that the data has for it: 1.0 is 1."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


class Scorer:
    """A loaded model and the one call that its scores come from.

    `score` gives a float64 array of shape (rows, width): for a binary task the score of
    `positive`; for a regression the prediction; for a multiclass task a column a class, or, where
    the model only names classes, the index into `classes`.
    """

    def __init__(self, model: Any, order: dict[str, Any]) -> None:
        self.model, self.task, self.positive = model, order["task"], order["positive"]
        self.notes: list[str] = []
        self.coded = False
        known = getattr(model, "classes_", None)
        self.classes = [] if known is None else [text_of(c) for c in known]
        module, name = type(model).__module__, type(model).__name__
        self.type = f"{module}.{name}"
        self.native = name == "Booster" and module.partition(".")[0] in ("lightgbm", "xgboost")
        self.call = self._choose()

    def _choose(self) -> str:
        if self.task == "regression" or self.native or self.type.startswith("mlflow.pyfunc"):
            return "predict"
        for call in ("predict_proba", "decision_function"):
            if hasattr(self.model, call):
                if call == "decision_function":
                    self.notes.append("scores are decision_function values, not probabilities")
                return call
        return "predict"

    def score(self, frame: Any) -> Any:
        import numpy as np

        if self.native and self.type.startswith("xgboost"):
            import xgboost

            answer = self.model.predict(xgboost.DMatrix(frame))
        else:
            answer = getattr(self.model, self.call)(self._prepared(frame))
        named = [str(c) for c in getattr(answer, "columns", [])]
        values = np.asarray(answer)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim not in (1, 2) or len(values) != len(frame):
            shape = "x".join(map(str, values.shape)) or "a single value"
            raise Refused(f"expected one answer for each of {len(frame)} rows, got {shape}")
        chosen = {"binary": self._binary, "regression": self._single}.get(
            self.task, self._multiclass
        )
        return np.ascontiguousarray(chosen(values, named), dtype="<f8").reshape(len(frame), -1)

    def _prepared(self, frame: Any) -> Any:
        """LightGBM knows words only as categories, where it was trained on them."""
        booster = getattr(self.model, "booster_", self.model)
        if not getattr(booster, "pandas_categorical", None) or not hasattr(frame, "select_dtypes"):
            return frame
        words = list(frame.select_dtypes(exclude=["number", "bool"]).columns)
        return frame.astype(dict.fromkeys(words, "category"))

    def _single(self, values: Any, _named: list[str]) -> Any:
        if values.ndim != 1 or values.dtype.kind not in "fiub":
            raise Refused(f"expected one number a row, got {values.dtype} of {values.ndim} axes")
        return values

    def _binary(self, values: Any, named: list[str]) -> Any:
        if values.ndim == 2:
            return values[:, self._column(values.shape[1], named)]
        if self.call == "decision_function":
            return values if self._column(2, []) == 1 else -values
        if values.dtype.kind in "OUSTb" or self.classes:
            return self._labels(values)
        if values.dtype.kind in "iu":
            self._note("the model answers with labels, not with probabilities")
        return self._single(values, named)

    def _labels(self, values: Any) -> Any:
        import numpy as np

        self._note("the model answers with labels, not with probabilities")
        texts = [text_of(v) for v in values.tolist()]
        seen = self.classes or sorted({*texts})
        wanted = self._same(seen) if any(self._is_positive(s) for s in seen) else None
        if wanted is None and not set(seen) <= {"0", "1", "False", "True"}:
            wanted = self.positive
        return np.array([t == wanted or (wanted is None and t in ("1", "True")) for t in texts])

    def _is_positive(self, text: str) -> bool:
        return text.casefold() == str(self.positive).casefold()

    def _same(self, seen: list[str]) -> str:
        return next(s for s in seen if self._is_positive(s))

    def _column(self, width: int, named: list[str]) -> int:
        """Which column is the positive class: by name, by classes_, or the second of 0 and 1."""
        for names in (self.classes, named):
            found = [i for i, name in enumerate(names) if self._is_positive(name)]
            if len(names) == width and len(found) == 1:
                return found[0]
        names = self.classes or named
        plain = [n.casefold() for n in names] in (["0", "1"], ["false", "true"], ["-1", "1"], [])
        if width != 2 or not plain:
            raise Refused(
                f"the model's classes are {', '.join(names) or 'unnamed'} ({width} columns); "
                f"none is {self.positive!r}"
            )
        self._note(f"the second of the model's two classes was taken for {self.positive!r}")
        return 1

    def _multiclass(self, values: Any, named: list[str]) -> Any:
        import numpy as np

        if values.ndim == 2:
            if not self.classes:
                width = values.shape[1]
                self.classes = named if named and not named[0].isdigit() else []
                self.classes = self.classes or [str(i) for i in range(width)]
            if len(self.classes) != values.shape[1]:
                raise Refused(f"{values.shape[1]} columns for {len(self.classes)} classes")
            return values
        self._note("the model answers with labels, not with probabilities")
        self.coded = True
        texts = [text_of(v) for v in values.tolist()]
        self.classes += sorted({*texts} - {*self.classes})
        places = {text: i for i, text in enumerate(self.classes)}
        return np.array([places[t] for t in texts], dtype="<f8")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def read_frame(body: bytearray, shape: str) -> Any:
    """The batch as the model was trained on it: a data frame, or a plain array."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        table = reader.read_all()
    if shape == "frame":
        return table.to_pandas()
    import numpy as np

    columns = [c.to_numpy() for c in table.columns]
    return np.column_stack(columns) if columns else np.empty((table.num_rows, 0))
