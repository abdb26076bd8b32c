"""From a loaded model to scores."""

from __future__ import annotations

from typing import Any

from .adapting import Adapter
from .answers import LABEL, LABELS_ONLY, MARGIN, PROBABILITY, tabular, text_of
from .families import family_of
from .refusing import Refused

_TRUTH = {"0": False, "false": False, "-1": False, "1": True, "true": True}
_SHOWN = 3
_PLAIN: tuple[list[str], ...] = (["0", "1"], ["false", "true"], ["-1", "1"], [])


class Scorer:
    """A loaded model and the one call that its scores come from.

    `score` gives a float64 array of shape (rows, width): for a binary task the score of
    `positive`; for a regression the prediction; for a multiclass task a column a class, or, where
    the model only names classes, the index into `classes`.
    """

    def __init__(self, model: Any, order: dict[str, Any], adapter: Adapter | None = None) -> None:
        self.task, self.positive = order["task"], order["positive"]
        self.negative = order.get("negative")
        self._answered: set[str] = set()  # labels, over all batches
        self.family, self.adapter = family_of(model, order), adapter
        self.coded = False
        self.classes = self.family.classes
        known = model[0] if order["flavor"] == "onnx" else model
        self.type = f"{type(known).__module__}.{type(known).__name__}"

    @property
    def call(self) -> str:
        """What is called, in words for the report."""
        return self.family.call

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores has to know."""
        return self.family.notes

    def place(self, width: int) -> int:
        """Which of so many unnamed columns is the positive class."""
        return self._column(width, [])

    def score(self, frame: Any) -> Any:
        """The scores of these rows."""
        import numpy as np

        if self.adapter is not None:
            frame = self.adapter(frame)
        values, named = tabular(self.family.ask(frame), frame)
        chosen = {"binary": self._binary, "regression": self._single}.get(
            self.task, self._multiclass
        )
        return np.ascontiguousarray(chosen(values, named), dtype="<f8").reshape(len(frame), -1)

    def _single(self, values: Any, _named: list[str]) -> Any:
        if values.ndim != 1 or values.dtype.kind not in "fiub":
            raise Refused(f"expected one number a row, got {values.dtype} of {values.ndim} axes")
        return values

    def _binary(self, values: Any, named: list[str]) -> Any:
        if values.ndim == 2:
            return values[:, self._column(values.shape[1], named)]
        means = self.family.means
        if means in (PROBABILITY, MARGIN):
            is_second = self.place(2) == 1
            return values if is_second else 1 - values if means == PROBABILITY else -values
        if values.dtype.kind in "OUSTb" or means == LABEL:
            return self._labels(values)
        if values.dtype.kind in "iu":
            return self._whole(values)
        return self._value(values)

    def _whole(self, values: Any) -> Any:
        """Whole numbers: labels where the positive class is one, or where they are 0 and 1."""
        import numpy as np

        if str(self.positive).lstrip("-").isdigit():
            if len(np.unique(values)) > 2:
                raise Refused("the model answers with more than two whole numbers for two classes")
            return self._labels(values)
        if {*np.unique(values).tolist()} <= {0, 1}:
            self.family.note(LABELS_ONLY)
            self.family.note(self._second_taken())
            return values
        return self._value(values)

    def _value(self, values: Any) -> Any:
        self.family.note(
            f"the model answers with one number a row; that it is the score of {self.positive!r} "
            "is its author's word"
        )
        return self._single(values, [])

    def _second_taken(self) -> str:
        return f"the second of the model's two classes was taken for {self.positive!r}"

    def _labels(self, values: Any) -> Any:
        """1 where the label is the positive one; never 0 for what may be no label at all."""
        import numpy as np

        self.family.note(LABELS_ONLY)
        texts = [text_of(v).casefold() for v in list(values)]
        positive = str(self.positive).casefold()
        self._answered |= {*texts}
        seen = {c.casefold() for c in self.classes} or self._answered
        if positive not in seen and seen <= {*_TRUTH}:
            if positive in _TRUTH:
                return np.array([_TRUTH[t] == _TRUTH[positive] for t in texts])
            self.family.note(self._second_taken())
            return np.array([_TRUTH[t] for t in texts])
        self._require_two_labels(seen)
        return np.array([t == positive for t in texts])

    def _require_two_labels(self, seen: set[str]) -> None:
        """Those of the data, as far as they are known; else two at most, one of them positive.

        A label of other words, counted as not positive, would be a decision that nobody made.
        """
        known = {str(n).casefold() for n in (self.positive, self.negative) if n is not None}
        foreign = [] if seen <= {*_TRUTH} else sorted(seen - known)  # -1 and 1, as SVMs have them
        if len(foreign) > 2 - len(known):
            shown = ", ".join(map(repr, foreign[:_SHOWN])) + (", ..." if foreign[_SHOWN:] else "")
            expected = " or ".join(repr(n) for n in (self.positive, self.negative) if n is not None)
            raise Refused(f"the model answers with the labels {shown}; expected {expected}")

    def _is_positive(self, text: str) -> bool:
        return text.casefold() == str(self.positive).casefold()

    def _column(self, width: int, named: list[str]) -> int:
        """Which column is the positive class: by name, by classes_, or the second of 0 and 1."""
        unnamed = ["0", "1"] if width == 2 and not self.classes and not named else []
        for names in (self.classes, named, unnamed):
            found = [i for i, name in enumerate(names) if self._is_positive(name)]
            if len(names) == width and len(found) == 1:
                return found[0]
        names = self.classes or named
        if width != 2 or [n.casefold() for n in names] not in _PLAIN:
            raise Refused(
                f"the model's classes are {', '.join(names) or 'unnamed'} ({width} columns); "
                f"none is {self.positive!r}"
            )
        self.family.note(self._second_taken())
        return 1

    def _multiclass(self, values: Any, named: list[str]) -> Any:
        import numpy as np

        if values.ndim == 2:
            if not self.classes:
                self.classes = named or [str(i) for i in range(values.shape[1])]
            if len(self.classes) != values.shape[1]:
                raise Refused(f"{values.shape[1]} columns for {len(self.classes)} classes")
            return values
        self.family.note(LABELS_ONLY)
        self.coded = True
        texts = [text_of(v) for v in list(values)]
        self.classes += sorted({*texts} - {*self.classes})
        places = {text: i for i, text in enumerate(self.classes)}
        return np.array([places[t] for t in texts], dtype="<f8")


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
