"""What a model answered, in one of the shapes that scores can be taken from."""

from __future__ import annotations

from typing import Any

from .refusing import Refused

# What one number a row means: the probability of the second class, a value that rises with it, the
# name of the class, or whatever its author meant.
PROBABILITY, MARGIN, LABEL, VALUE = "probability", "margin", "label", "value"

LABELS_ONLY = "the model answers with labels, not with probabilities"


def text_of(value: Any) -> str:
    """A class as the text that the data has for it: 1.0 is 1."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


class Family:
    """One way of asking a model; each family of libraries has its own.

    Attributes:
        call: what is called, in words for the report.
        classes: the model's classes as text, where it says them.
        means: what one number a row is: PROBABILITY, MARGIN, LABEL or VALUE.
        notes: what a reader of the scores has to know.
    """

    def __init__(self, call: str, means: str, classes: Any = ()) -> None:
        self.call, self.means = call, means
        self.classes = [text_of(c) for c in classes]
        self.notes: list[str] = []

    def ask(self, frame: Any) -> Any:
        """The model's own answer for these rows."""
        raise NotImplementedError

    def prepared(self, frame: Any) -> Any:
        """These rows as the model itself is given them."""
        return frame

    def note(self, text: str) -> None:
        """Say it once."""
        if text not in self.notes:
            self.notes.append(text)


def tabular(answer: Any, frame: Any) -> tuple[Any, list[str]]:
    """The answer as an array of one or two axes, and the names of its columns where it has any.

    Refuses what is not one answer for each row, in the order of the rows.
    """
    import numpy as np

    if isinstance(answer, dict) or _are_records(answer):
        import pandas as pd

        answer = pd.DataFrame(answer)
    _require_order(answer, frame)
    named = [str(c) for c in getattr(answer, "columns", [])]
    values = _numbers(np.asarray(answer))
    if values.ndim == 2 and values.shape[1] == 1:
        values, named = values[:, 0], []
    if values.ndim not in (1, 2) or len(values) != len(frame):
        shape = "x".join(map(str, values.shape)) or "a single value"
        raise Refused(f"expected one answer for each of {len(frame)} rows, got {shape}")
    return values, named


def _numbers(values: Any) -> Any:
    """Numbers that came as objects (decimals, fractions) as numbers; everything else as it is."""
    import numbers
    from decimal import Decimal

    if values.dtype.kind != "O" or not values.size:
        return values
    found = [v for v in values.flat if not isinstance(v, bool)]
    if len(found) == values.size and all(isinstance(v, numbers.Real | Decimal) for v in found):
        return values.astype(int if all(isinstance(v, numbers.Integral) for v in found) else float)
    return values


def _are_records(answer: Any) -> bool:
    return isinstance(answer, list) and bool(answer) and all(isinstance(a, dict) for a in answer)


def _require_order(answer: Any, frame: Any) -> None:
    """Pandas keeps the place of each row: in another order, answers would be those of others."""
    theirs, ours = getattr(answer, "index", None), getattr(frame, "index", None)
    if theirs is None or ours is None or callable(theirs) or len(theirs) != len(ours):
        return
    if not theirs.equals(ours) and theirs.sort_values().equals(ours):
        raise Refused("the answers came in another order than the rows (by their index)")
