"""Second opinions: the same rows attributed by other libraries, and what each is worth.

The game is the record's: a feature that is not known takes the background rows' values, and the
output is on the same scale. A kernel method that can ask about every set of features is exact on
the background; beyond about eleven features it samples sets, is run with two seeds, and its error
is told by how far the two are apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pyarrow as pa

from affidavit.bundle.canonical import Json
from affidavit.explanation_record import Lacking, Method, Quality
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.backends.coding import CodedRows
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Backend, Unusable
from affidavit.recompute.explain.backends.process import Answer, Library
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.floats import Floats

_OURS: tuple[Method, ...] = ("shap.kernel", "shap.permutation", "alibi.kernel")
_KERNEL_SETS = 2048  # and twice the features: shap's own default
_MADE_UP = 256 << 20  # bytes that a kernel method makes up for one row
ROWS_AT_ONCE = 1 << 18
PART = "second opinion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One library's attributions.

    Attributes:
        name: the backend's.
        values: (n_rows, n_features) on the scale.
        errors: (n_rows, n_features): standard errors, 0 where the method asked about everything.
        quality: what they are worth, and how they came about.
    """

    name: str
    values: Floats
    errors: Floats
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What the other libraries say, and which of them say nothing."""

    opinions: tuple[Opinion, ...]
    lacking: tuple[Lacking, ...]


def second_opinions(
    explained: Explained, ask: Ask, rows: Any, background: Any, explainers: Explainers
) -> Opinions:
    """Each method of each backend, on the same rows and background.

    Args:
        explained: the features, the scale, the seed, and how many orders are sampled.
        ask: the model.
        rows: (n_rows) a pyarrow Table of the model's columns, at least one row.
        background: a pyarrow Table of the same columns.
        explainers: those that the configuration names.
    """
    found: list[Opinion] = []
    lacking: list[Lacking] = []
    for name in explainers.names:
        try:
            methods = explainers.backend(name).second
        except Unusable as unusable:
            lacking.append(_lacking(name, unusable.reason, unusable.fix))
            continue
        for method in methods:
            game = Game(explained, ask, rows, background)
            try:
                found.append(opinion_of(game, name, method, explainers))
            except Unusable as unusable:
                lacking.append(_lacking(f"{name}, {method}", unusable.reason, unusable.fix))
            except AskFailed as failed:
                fix = "make the model answer on rows that mix two people's inputs, or explain less"
                lacking.append(_lacking(f"{name}, {method}", failed.cause_line, fix))
    return Opinions(opinions=tuple(found), lacking=tuple(lacking))


class Game:
    """Rows against a background, as codes, and the model's output on any mix of them.

    Attributes:
        rows, background: (n, n_features) codes.
        calls, scored: how often the model was asked, and about how many rows.
    """

    def __init__(self, explained: Explained, ask: Ask, rows: Any, background: Any) -> None:
        self.explained, self._ask = explained, ask
        self._coded = CodedRows(pa.concat_tables([rows, background]), explained.features)
        self.rows = self._coded.matrix[: rows.num_rows]
        self.background = self._coded.matrix[rows.num_rows :]
        self.calls = self.scored = 0

    def answer(self, matrix: Floats) -> Floats:
        """(n,): outputs, on the scale, of rows given as codes."""
        answers = [
            self._asked(matrix[start : start + ROWS_AT_ONCE])
            for start in range(0, len(matrix), ROWS_AT_ONCE)
        ]
        return np.concatenate(answers) if answers else np.empty(0)

    def _asked(self, matrix: Floats) -> Floats:
        rows = self._coded.decode(matrix)
        self.calls += 1
        self.scored += rows.num_rows
        return self.explained.on_scale(self._ask.scores(rows))

    def additivity(self, values: Floats) -> float:
        """The largest gap between a row's sum and its output less the background's mean."""
        due = self.answer(self.rows) - self.answer(self.background).mean()
        return float(np.abs(values.sum(axis=1) - due).max(initial=0.0))


@dataclass(kw_only=True)
class _Run:
    """What a method gave: attributions, their errors, and facts for the record."""

    values: Floats
    errors: Floats
    samples: int
    stability: float | None = None
    settings: dict[str, str] = field(default_factory=dict)


def opinion_of(game: Game, name: str, method: str, explainers: Explainers) -> Opinion:
    """What one method of one backend says of the game's rows.

    Raises:
        Unusable: there is no such library here, or it failed.
        AskFailed: the model did.
    """
    backend = explainers.backend(name)
    label = f"{backend.package}.{method}"
    seed = int(game.explained.random(f"second.{label}").randint(1 << 31))

    def run(library: Library) -> tuple[_Run, dict[str, str]]:
        asked = _Asked(library=library, game=game, backend=backend, method=method)
        how = {"kernel": _kernel, "permutation": _permutation}.get(method, _other)
        return how(asked, seed), library.versions

    found, versions = explainers.through(name, run)
    known = label in _OURS
    settings = found.settings if known else {**found.settings, "explainer": label}
    quality = Quality(
        method=cast("Method", label) if known else "plug-in", scale=game.explained.scale, seed=seed,
        rows=len(game.rows), samples=found.samples, additivity=game.additivity(found.values),
        monte_carlo=float(found.errors.max(initial=0.0)), stability=found.stability,
        calls=game.calls, scored=game.scored, settings=settings,
        environment=environment_text(versions), licence=backend.licence,
    )  # fmt: skip
    return Opinion(name=name, values=found.values, errors=found.errors, quality=quality)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    library: Library
    game: Game
    backend: Backend
    method: str

    def explain(self, settings: dict[str, Json], seed: int) -> Answer:
        arrays = {"rows": self.game.rows, "background": self.game.background}
        return self.library.explain(self.method, arrays, settings, seed, self.game.answer)

    def require(self, answer: Answer, shape: tuple[int, ...]) -> Floats:
        if answer.values.shape != shape:
            raise Unusable(
                f"{self.backend.name} gave attributions of the shape {answer.values.shape}, "
                f"expected {shape}", f"leave {self.backend.name} out of [explain] second",
            )  # fmt: skip
        return answer.values


def _kernel(asked: _Asked, seed: int) -> _Run:
    n_features = asked.game.rows.shape[1]
    samples = most_samples(n_features, len(asked.game.background))
    is_whole = samples >= 2**n_features - 2
    seeds = (seed,) if is_whole else (seed, (seed + 1) % (1 << 31))
    runs = [
        asked.require(asked.explain({"samples": samples}, s), asked.game.rows.shape) for s in seeds
    ]
    values = np.mean(runs, axis=0)
    settings = {"l1_reg": "off", "sets": "all" if is_whole else "sampled, two seeds"}
    if is_whole:
        return _Run(
            values=values, errors=np.zeros_like(values), samples=2**n_features - 2,
            settings=settings,
        )  # fmt: skip
    apart = np.abs(runs[0] - runs[1])
    # Of one run the variance is mean((a - b)²) / 2, of their mean half of that; over a row's
    # features, since one difference alone is too noisy a measure.
    error = np.sqrt(np.mean(apart**2, axis=1, keepdims=True)) / 2
    return _Run(
        values=values, errors=np.broadcast_to(error, values.shape), samples=samples,
        stability=float(apart.max(initial=0.0)), settings=settings,
    )  # fmt: skip


def _permutation(asked: _Asked, seed: int) -> _Run:
    samples = asked.game.explained.explain.samples
    shape = asked.game.rows.shape
    values, spread = asked.require(asked.explain({"samples": samples}, seed), (2, *shape))
    # The two walks of an order are not independent: counted as one draw, which is never too few.
    return _Run(
        values=values, errors=spread / np.sqrt(samples), samples=samples,
        settings={"orders": f"{samples}, each forwards and backwards"},
    )  # fmt: skip


def _other(asked: _Asked, seed: int) -> _Run:
    """A plug-in's method; what it says of its error is its own."""
    samples = asked.game.explained.explain.samples
    found = asked.explain({"samples": samples}, seed)
    values = asked.require(found, asked.game.rows.shape)
    return _Run(values=values, errors=np.zeros_like(values), samples=samples)


def most_samples(n_features: int, n_background: int) -> int:
    """How many sets of features a kernel method asks about: shap's default, within our memory."""
    held = _MADE_UP // (8 * max(1, n_features) * max(1, n_background))
    return max(2, min(2 * n_features + _KERNEL_SETS, held))


def environment_text(versions: dict[str, str]) -> str:
    """The versions that decide the numbers, in one line."""
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _lacking(who: str, reason: str, fix: str) -> Lacking:
    return Lacking(part=f"{PART} ({who})", reason=reason, fix=fix)
