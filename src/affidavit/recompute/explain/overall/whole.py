"""The model as a whole: what it goes by, how, and whether it stays reasonable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from affidavit.explanation_record import (
    Correlated,
    Curve,
    FeatureName,
    Importance,
    Interaction,
    Lacking,
    Probe,
    Surrogate,
)
from affidavit.progress import Progress
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.correlated import as_features, find_correlated
from affidavit.recompute.explain.overall.curves import partial_dependence
from affidavit.recompute.explain.overall.effects import accumulated_effects
from affidavit.recompute.explain.overall.importance import mean_absolute, permutation_importance
from affidavit.recompute.explain.overall.interactions import FEATURES, find_interactions
from affidavit.recompute.explain.overall.losses import loss_of
from affidavit.recompute.explain.overall.probing import run_probes
from affidavit.recompute.explain.overall.surrogate import grow_surrogate
from affidavit.recompute.floats import Floats

_FIX: Final = "look at the cause; the model was asked about made-up rows, as this part needs"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The parts of the report that speak of the model as a whole.

    Attributes:
        metric: whose rise `importance` states; None where it was not computed.
        importance: of every feature, the largest first; then of groups that go together.
    """

    metric: str | None = None
    importance: tuple[Importance, ...] = ()
    correlated: tuple[Correlated, ...] = ()
    curves: tuple[Curve, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    surrogate: Surrogate | None = None
    probes: tuple[Probe, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()


def explain_whole(
    explained: Explained, ask: Ask, attributions: Floats | None, progress: Progress
) -> Whole:
    """Every part that the model allows; a part that it fails at is lacking, with the reason.

    Probes come last: a model that is stressed may fail, and is asked no more after a few failures.

    Args:
        explained: the rows, and the output that is explained.
        ask: the model.
        attributions: (n_rows, n_features), of any rows, the features in their order; None where
            there are none.
        progress: told of each step.
    """
    parts = _Parts()
    correlated = find_correlated(explained)
    groups = as_features(explained, correlated)
    importance = _importance(parts, explained, ask, attributions, groups, progress=progress)
    first = _main_features(explained, importance.of)
    progress.step("drawing curves")
    shown = first[: explained.explain.curves]
    parts.lacking += [_no_curve(feature) for feature in shown if len(feature.columns) > 1]
    dependence = parts.of(
        "partial dependence", lambda: partial_dependence(explained, ask, shown, correlated)
    )
    effects = parts.of(
        "accumulated local effects", lambda: accumulated_effects(explained, ask, shown)
    )
    progress.step("looking for interactions")
    interactions = parts.of(
        "interactions", lambda: find_interactions(explained, ask, first[:FEATURES])
    )
    progress.step("growing a surrogate tree")
    surrogate = parts.kept(grow_surrogate(explained))
    probed = run_probes(explained, ask, progress)
    parts.kept(probed.not_asked)
    left_out = probed.not_asked if isinstance(probed.not_asked, str) else ""
    return Whole(
        metric=importance.metric, importance=importance.of, correlated=correlated,
        curves=dependence + effects, interactions=interactions, surrogate=surrogate,
        probes=probed.probes, lacking=tuple(parts.lacking), notes=(left_out,) if left_out else (),
    )  # fmt: skip


@dataclass(slots=True)
class _Parts:
    """Runs the parts, and keeps what is lacking of them."""

    lacking: list[Lacking] = field(default_factory=list)

    def of(self, part: str, run: Callable[[], tuple[_T, ...]]) -> tuple[_T, ...]:
        """What the part gives; nothing, and that it is lacking, where the model fails."""
        try:
            return run()
        except AskFailed as error:
            self.lacking.append(Lacking(part=part, reason=error.cause_line, fix=_FIX))
            return ()

    def kept(self, found: _T | Lacking) -> _T | None:
        """What was found; None where it is lacking."""
        if isinstance(found, Lacking):
            self.lacking.append(found)
            return None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Importances:
    """Both measures of importance, of each feature and of each group of them.

    Attributes:
        metric: whose loss rose; None where nothing was shuffled.
    """

    metric: str | None
    of: tuple[Importance, ...]


def _importance(
    parts: _Parts,
    explained: Explained,
    ask: Ask,
    attributions: Floats | None,
    groups: Sequence[FeatureName],
    *,
    progress: Progress,
) -> _Importances:
    features = (*explained.features, *groups)
    loss = parts.kept(loss_of(explained))
    found: dict[str, Importance] = {}
    metric = None
    if loss is not None:
        shuffled = partial(permutation_importance, explained, ask, loss, features, progress)
        found = {i.feature: i for i in parts.of("permutation importance", shuffled)}
        metric = loss.metric if found else None
    if attributions is not None:
        for name, mean in mean_absolute(explained.features, attributions, groups).items():
            has = found.get(name, Importance(feature=name))
            found[name] = has.model_copy(update={"mean_absolute": mean})
    own = [found[f.name] for f in explained.features if f.name in found]
    joint = [found[g.name] for g in groups if g.name in found]
    return _Importances(metric=metric, of=(*sorted(own, key=_size, reverse=True), *joint))


def _size(importance: Importance) -> float:
    """What features are ordered by: the rise of the loss; without it, the mean attribution."""
    found = importance.loss or importance.mean_absolute
    return found.value or 0.0 if found is not None else 0.0


def _no_curve(feature: FeatureName) -> Lacking:
    return Lacking(
        part=f"curves of {feature.name}",
        reason=f"it is {len(feature.columns)} columns, and a curve goes along one",
        fix="explain its columns one by one: take it out of [explain.groups]",
    )


def _main_features(
    explained: Explained, importance: Sequence[Importance]
) -> tuple[FeatureName, ...]:
    """The features, the most important first; as they stand where nothing says which those are."""
    place = {i.feature: n for n, i in enumerate(importance)}
    return tuple(sorted(explained.features, key=lambda f: place.get(f.name, len(place))))
