"""Which way of asking fits the loaded model."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from .answers import LABEL, LABELS_ONLY, MARGIN, PROBABILITY, VALUE, Family
from .boosters import CatBoostModel, LightGbm, XgBoost
from .onnx_graph import OnnxGraph
from .refusing import Refused
from .statistical import StatsModel


def family_of(model: Any, order: dict[str, Any]) -> Family:
    """The family of a loaded model.

    Args:
        model: what the loader gave.
        order: the parent's `load` message.
    """
    kind, task = type(model), order["task"]
    library = kind.__module__.partition(".")[0]
    if order["flavor"] == "onnx":
        return OnnxGraph(model, task)
    if order["flavor"] == "statsmodels":
        return StatsModel(model, task)
    if library == "catboost":
        return CatBoostModel(model, task)
    if library == "lightgbm":
        return LightGbm(model, task)
    if library == "xgboost":
        return XgBoost(model, task)
    if kind.__module__.startswith("mlflow.pyfunc"):
        return PythonFunction(model, order.get("params", {}))
    return ScikitLearn(model, task)


class ScikitLearn(Family):
    """Whatever has scikit-learn's interface: pipelines, searches, models of one's own."""

    def __init__(self, model: Any, task: str) -> None:
        known = getattr(model, "classes_", None)
        super().__init__("predict", VALUE, [] if known is None else known)
        self._model = model
        if task == "regression":
            return
        if hasattr(model, "predict_proba"):
            self.call, self.means = "predict_proba", PROBABILITY
        elif hasattr(model, "decision_function"):
            self.call, self.means = "decision_function", MARGIN
            self.note("scores are decision_function values, not probabilities")
        elif self.classes:
            self.means = LABEL
            self.note(LABELS_ONLY)
        elif task == "binary":
            self.note("the model has no classes: its prediction, a number, is taken as the score")

    def ask(self, frame: Any) -> Any:
        return getattr(self._model, self.call)(frame)


class PythonFunction(Family):
    """A python_function: its author's own predict, behind MLflow's check of the signature."""

    def __init__(self, model: Any, params: dict[str, Any]) -> None:
        super().__init__("predict of a python_function", VALUE)
        self._model, self._params = model, params
        if params and not _takes_params(model):
            raise Refused(
                "its predict has no argument params: MLflow would ignore those of affidavit.toml"
            )

    def ask(self, frame: Any) -> Any:
        if not self._params:
            return self._model.predict(frame)
        return self._model.predict(frame, params=copy.deepcopy(self._params))


def _takes_params(model: Any) -> bool:
    """Whether the author's own predict, behind MLflow's wrapper, has the argument."""
    inner = getattr(getattr(model, "_model_impl", None), "python_model", None)
    asked = getattr(model, "_predict_fn", model.predict) if inner is None else inner.predict
    return "params" in inspect.signature(asked).parameters
