"""What init could have found, made by hand, and a person who answers from a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from affidavit.starting.glimpse import Seen, Table
from affidavit.starting.known import Chain, Input, Known


def seen(
    name: str, *values: str, unique: bool = False, numeric: bool = False, personal: str = ""
) -> Seen:
    """A column; of its values the first stands in 100 rows, each next one in one fewer."""
    return Seen(
        name=name, values=values, counts=tuple(range(100, 100 - len(values), -1)),
        is_known=bool(values), is_unique=unique, is_numeric=numeric,
        personal=(personal,) if personal else (),
    )  # fmt: skip


EVALUATION = Table(
    path="data/evaluation.csv",
    rows=100,
    columns=(
        seen("application_id", unique=True, numeric=True),
        seen("income", numeric=True),
        seen("debt", numeric=True),
        seen("deny", "no", "yes"),
        seen("final", "yes", "no"),
        seen("Sex", "female", "male"),
        seen("email", personal="its name speaks of an e-mail address"),
    ),
)
PROTECTED = Table(
    path="data/protected.csv",
    rows=100,
    columns=(seen("application_id", unique=True), seen("applicant_age", numeric=True)),
)
KNOWN = Known(
    subject="models:/credit-risk/3",
    features=("income", "debt"),
    tables=(EVALUATION, PROTECTED),
    tracked=("data/evaluation.csv", "data/protected.csv"),
    thresholds=(("the run's parameter decision_threshold", "0.25"),),
    chain=Chain(
        version="3",
        inputs=(Input(name="x", digest="d", context="Validation", path="data/evaluation.csv"),),
    ),
)
UNSIGNED = Known(subject="models:/x/1", features=(), tables=(EVALUATION,))
BARE = Known(subject="models:/x/1", features=("a",))


@dataclass
class Person:
    """Types one line after the other, then nothing but Enter; keeps what was shown."""

    lines: Iterable[str]
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = iter(self.lines)

    def say(self, line: str = "") -> None:
        self.shown.append(line)

    def ask(self, prompt: str) -> str:
        self.shown.append(prompt)
        return next(self._left, "")

    @property
    def screen(self) -> str:
        return "\n".join(self.shown)
