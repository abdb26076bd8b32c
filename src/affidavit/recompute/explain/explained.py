"""What is explained: the rows of one role, what the model is given of them, and its output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from affidavit.config import Config, Explain
from affidavit.evidence import Scale
from affidavit.explanation_record import Cell, FeatureName
from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats
from affidavit.recompute.groups import Grouping
from affidavit.recompute.rows import Rows

Places = NDArray[np.int64]
_NEAREST_SCORE = 1e-12  # of a score of 0 or 1, whose log-odds no number holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How the values of an input column go: by what they may be changed to.

    Attributes:
        kind: `number`, `integer`, `boolean`, or `category` (text, or a number declared as such).
    """

    column: str
    kind: Literal["number", "integer", "boolean", "category"]


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One role's rows, and the output that is explained.

    Attributes:
        inputs: a pyarrow Table, what the model was given of all rows of the role.
        features: what is attributed to; each input column is in exactly one.
        kinds: of the input columns, in their order.
        of: the label whose score is explained; the label column of a regression.
        scores: (n_rows,): the score that is explained, as the model answers.
        scale: that attributions and curves are on.
        cut: (n_rows,): the threshold in force, NaN where there is none; None where a decision does
            not come from a threshold on this score.
        decision: of each row.
        is_favourable: (n_rows,): whether the decision is the favourable one; None where nobody
            said which that is.
        groupings: of the sensitive attributes.
    """

    config: Config
    explain: Explain
    rows: Rows
    inputs: Any
    features: tuple[FeatureName, ...]
    kinds: tuple[Kind, ...]
    of: str
    scores: Floats
    scale: Scale
    cut: Floats | None
    decision: Coded
    is_favourable: NDArray[np.bool_] | None
    groupings: tuple[Grouping, ...]

    @property
    def n(self) -> int:
        return int(self.inputs.num_rows)

    @cached_property
    def outputs(self) -> Floats:
        """(n_rows,): the scores on the scale."""
        return self.on_scale(self.scores)

    def on_scale(self, scores: Floats) -> Floats:
        """Scores as outputs: unchanged, or their log-odds."""
        return scores if self.scale == "score" else log_odds(scores)

    def random(self, purpose: str) -> np.random.RandomState:
        """A generator of its own for each purpose, so that no part's draws shift another's.

        RandomState, whose stream numpy promises to keep (NEP 19).
        """
        digest = hashlib.sha256(f"{self.explain.seed}:{purpose}".encode()).digest()
        return np.random.RandomState(int.from_bytes(digest[:4], "big"))

    def draw(self, purpose: str, most: int) -> Places:
        """Places of at most `most` rows, drawn without replacement, rising."""
        if self.n <= most:
            return np.arange(self.n)
        return np.sort(self.random(purpose).choice(self.n, size=most, replace=False))

    def take(self, places: Places) -> Any:
        """These rows of the inputs."""
        return self.inputs.take(pa.array(places))


def is_saturated(scores: Floats) -> NDArray[np.bool_]:
    """Which scores are so near 0 or 1 that their log-odds are held back."""
    return np.asarray((scores <= _NEAREST_SCORE) | (scores >= 1 - _NEAREST_SCORE))


def log_odds(scores: Floats) -> Floats:
    """ln(p / (1 - p)), with scores of 0 and 1 taken for the nearest number that has one."""
    held = np.clip(scores, _NEAREST_SCORE, 1 - _NEAREST_SCORE)
    return np.asarray(np.log(held) - np.log1p(-held))


def digest_of(rows: Any) -> str:
    """sha256 of rows as CSV: names them without showing them."""
    sink = pa.BufferOutputStream()
    pacsv.write_csv(rows, sink)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def with_columns(rows: Any, columns: dict[str, Any]) -> Any:
    """The rows with some columns replaced, cast to the types that the model is given."""
    for name, values in columns.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.chunked_array([values]).cast(rows.field(place).type))
    return rows


def cell(value: object) -> Cell:
    """A value as records hold it: a number, true or false, text, or None where it is missing."""
    if value is None or isinstance(value, bool | str):
        return value
    return float(value) if isinstance(value, int | float) else str(value)
