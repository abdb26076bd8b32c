"""Boosted trees: what a prediction means depends on the objective that they were made for."""

from __future__ import annotations

import json
from typing import Any

from .answers import LABEL, LABELS_ONLY, MARGIN, PROBABILITY, VALUE, Family
from .refusing import Refused

_LIGHTGBM = ("binary", "cross_entropy", "multiclass", "multiclassova")
_XGBOOST = ("binary:logistic", "reg:logistic", "multi:softprob")
_CATBOOST = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")
_CUSTOM = "custom"
_HEADER_TREES = 1


def _no_probability(objective: str) -> str:
    return f"scores are raw values (objective {objective}), not probabilities"


class LightGbm(Family):
    """A Booster, or LightGBM's models with scikit-learn's interface."""

    def __init__(self, model: Any, task: str) -> None:
        classes = getattr(model, "classes_", ())
        super().__init__("predict", VALUE, classes)
        self._model, self._booster = model, getattr(model, "booster_", model)
        objective = self._objective()
        is_native = self._booster is model
        if is_native:
            self.call = f"Booster.predict (objective {objective})"
        if task == "regression":
            return
        if objective in _LIGHTGBM:
            self.means = PROBABILITY
            if not is_native:
                self.call = "predict_proba"
            return
        self._model, self.means = self._booster, MARGIN
        self.call = f"Booster.predict (objective {objective})"
        self.note(_no_probability(objective))

    def ask(self, frame: Any) -> Any:
        call = self._model.predict_proba if self.call == "predict_proba" else self._model.predict
        return call(self.prepared(frame))

    def _objective(self) -> str:
        """From the head of the model's own text; a custom objective leaves no line there."""
        head = self._booster.model_to_string(num_iteration=_HEADER_TREES).partition("\nTree=")[0]
        found = [s for s in head.splitlines() if s.startswith("objective=")]
        name = found[0].removeprefix("objective=").split() if found else []
        return name[0] if name else _CUSTOM

    def prepared(self, frame: Any) -> Any:
        """LightGBM knows words only as categories, where it was trained on them."""
        if not self._booster.pandas_categorical or not hasattr(frame, "select_dtypes"):
            return frame
        words = list(frame.select_dtypes(exclude=["number", "bool"]).columns)
        return frame.astype(dict.fromkeys(words, "category"))


class XgBoost(Family):
    """A Booster, or XGBoost's models with scikit-learn's interface.

    Always asked through the Booster: the other interface makes [1 - x, x] of any x, also where x
    is no probability.
    """

    def __init__(self, model: Any, task: str) -> None:
        is_native = not hasattr(model, "get_booster")
        self._booster = model if is_native else model.get_booster()
        objective = self._objective()
        super().__init__(
            f"Booster.predict (objective {objective})", VALUE,
            () if is_native else getattr(model, "classes_", ()),
        )  # fmt: skip
        self._range = self._trees(model)
        self._missing = getattr(model, "missing", None)
        self._require_known_categories()
        if task == "regression":
            return
        if objective in _XGBOOST:
            self.means = PROBABILITY
        elif objective in ("multi:softmax", "binary:hinge"):
            self.means = LABEL
            self.note(LABELS_ONLY)
        else:
            self.means = MARGIN
            self.note(_no_probability(objective))

    def ask(self, frame: Any) -> Any:
        import numpy as np
        import xgboost

        more = {} if self._missing is None else {"missing": self._missing}
        given = xgboost.DMatrix(self.prepared(frame), enable_categorical=True, **more)
        found = self._booster.predict(given, iteration_range=self._range)
        if self.means == LABEL:
            return self._named(found)
        return np.asarray(found, dtype="<f8")

    def _objective(self) -> str:
        learner = json.loads(self._booster.save_config())["learner"]
        return str(learner["objective"]["name"])

    def _trees(self, model: Any) -> tuple[int, int]:
        """Trees up to the best iteration, where training stopped early, as XGBoost's models do."""
        if model is self._booster:
            return (0, 0)
        best = self._booster.attr("best_iteration")
        return (0, 0) if best is None else (0, int(best) + 1)

    def _named(self, codes: Any) -> Any:
        """The index of a class, as a float, by the class's name where the model has names."""
        if not self.classes:
            return codes
        return [self.classes[int(c)] for c in codes]

    def _categorical(self) -> list[int]:
        kinds = self._booster.feature_types or []
        return [i for i, kind in enumerate(kinds) if kind == "c"]

    def _require_known_categories(self) -> None:
        """Before 3.1, XGBoost kept no names of categories: which code a word had, nobody knows."""
        if not self._categorical():
            return
        names = getattr(self._booster, "get_categories", None)
        known = None if names is None else names()
        if known is None or getattr(known, "empty", lambda: False)():
            raise Refused(
                "the model takes categories, and its file does not hold their names (XGBoost "
                "before 3.1); encode them as numbers, or in a pipeline"
            )

    def prepared(self, frame: Any) -> Any:
        """Words as categories, where it takes them."""
        places = self._categorical()
        if not places or not hasattr(frame, "columns"):
            return frame
        return frame.astype({frame.columns[i]: "category" for i in places})


class CatBoostModel(Family):
    """CatBoost's models; the general one is asked for probabilities where its loss has them."""

    def __init__(self, model: Any, task: str) -> None:
        import numpy as np

        classes = np.asarray(model.classes_).tolist()
        super().__init__("predict", VALUE, classes)
        self._model = model
        loss = self._loss()
        if task == "regression":
            self.call = f"predict (loss {loss})"
        elif loss in _CATBOOST:
            self.call, self.means = f"predict (probability, loss {loss})", PROBABILITY
        else:
            self.call, self.means = f"predict (raw value, loss {loss})", MARGIN
            self.note(_no_probability(loss))

    def ask(self, frame: Any) -> Any:
        if self.means == PROBABILITY:
            return self._model.predict(frame, prediction_type="Probability")
        if self.means == MARGIN:
            return self._model.predict(frame, prediction_type="RawFormulaVal")
        return self._model.predict(frame)

    def _loss(self) -> str:
        chosen = self._model.get_all_params().get("loss_function")
        return _CUSTOM if chosen is None else str(chosen).partition(":")[0]
