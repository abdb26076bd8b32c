"""Which sum a loaded model's output is, and how rows become what it is a sum over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .columns import require_column_wise
from .forms import Form, Wanted
from .lightgbm_trees import read_lightgbm
from .linear import read_linear
from .refusing import NotExact
from .sklearn_trees import (
    FORESTS,
    SINGLE,
    read_forest,
    read_gradient_boosting,
    read_hist_boosting,
    read_single,
)
from .xgboost_trees import read_xgboost

_AREAS = ("linear_model", "svm", "discriminant_analysis")
_Reader = Callable[[Any, Wanted], Form]


def read_form(model: Any, *, is_probability: bool, place: int, width: int) -> Form:
    """The output as a sum.

    Args:
        model: as it was loaded.
        is_probability: whether it is asked for probabilities.
        place: of the class that is asked for.
        width: how many classes there are; 1 where the output is a number of its own.

    Raises:
        NotExact: it is none, or none that is read here.
    """
    wanted = Wanted(is_probability=is_probability, place=place, width=width)
    steps, last = _taken_apart(model)
    form = _of_last(last, wanted)

    def to_matrix(rows: Any) -> Any:
        for step in steps:
            rows = step.transform(rows)
        return form.to_matrix(rows)

    return Form(form.sum, form.scale, to_matrix)


def _taken_apart(model: Any) -> tuple[list[Any], Any]:
    """The steps before the model, and the model."""
    steps: list[Any] = []
    while True:
        kind = type(model)
        if not kind.__module__.startswith("sklearn."):
            return steps, model
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif kind.__name__ in ("TunedThresholdClassifierCV", "FixedThresholdClassifier"):
            model = model.estimator_
        elif kind.__name__ == "FrozenEstimator":
            model = model.estimator
        elif kind.__name__ == "Pipeline":
            for name, step in model.steps[:-1]:
                require_column_wise(name, step)
                if step is not None and not isinstance(step, str):
                    steps.append(step)
            model = model.steps[-1][1]
        else:
            return steps, model


def _of_last(model: Any, wanted: Wanted) -> Form:
    kind = type(model)
    library, _, rest = kind.__module__.partition(".")
    if library == "lightgbm":
        return read_lightgbm(getattr(model, "booster_", model), wanted)
    if library == "xgboost":
        booster = model if not hasattr(model, "get_booster") else model.get_booster()
        missing = getattr(model, "missing", None)
        return read_xgboost(booster, wanted, _rounds(model, booster), missing)
    if library == "sklearn":
        reader = _reader(kind.__name__, rest.partition(".")[0])
        if reader is not None:
            return reader(model, wanted)
    raise NotExact(f"{kind.__name__} is neither linear nor made of trees that are read here")


def _rounds(model: Any, booster: Any) -> int:
    """Rounds up to the best one, where training stopped early and the model heeds it."""
    best = None if model is booster else booster.attr("best_iteration")
    return 0 if best is None else int(best) + 1


def _reader(kind: str, area: str) -> _Reader | None:
    stem = kind.removesuffix("Classifier").removesuffix("Regressor")
    if area == "tree" and stem in SINGLE:
        return read_single
    if area == "ensemble" and stem in FORESTS:
        return read_forest
    if area == "ensemble" and stem == "GradientBoosting":
        return read_gradient_boosting
    if area == "ensemble" and stem == "HistGradientBoosting":
        return read_hist_boosting
    if area in _AREAS and (area != "svm" or kind.startswith("LinearSV")):
        return read_linear
    return None
