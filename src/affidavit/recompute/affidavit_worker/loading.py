"""From the files of a model to the model, by the flavor that the parent read in MLmodel."""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any

from .onnx_graph import load_graph
from .refusing import Refused

_CATBOOST = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")


def load_model(order: dict[str, Any]) -> Any:
    """The model object, by the flavor that the parent read in MLmodel."""
    folder, flavor = order["folder"], order["flavor"]
    for code in order["code"]:
        sys.path.insert(0, f"{folder}/{code}")
    if flavor == "python_function":
        import mlflow.pyfunc

        return mlflow.pyfunc.load_model(folder)
    path = f"{folder}/{order['file']}"
    if flavor == "xgboost":
        return load_xgboost(path, order["class"])
    if flavor == "catboost":
        return load_catboost(path, order["class"], order["format"])
    if flavor == "onnx":
        return load_graph(path, order["threads"])
    if flavor == "statsmodels":
        return load_serialised(path, "pickle")
    if flavor == "lightgbm" and order["class"] == "lightgbm.basic.Booster":
        import lightgbm

        return lightgbm.Booster(model_file=path)
    return load_serialised(path, order["format"])


def load_serialised(path: str, how: str) -> Any:
    """A scikit-learn style object. The sandbox is the protection, not the file's format."""
    if how == "skops":
        import skops.io

        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    if how not in ("pickle", "cloudpickle"):
        raise Refused(f"the serialization format {how!r} is none of skops, cloudpickle, pickle")
    loader = importlib.import_module(how)
    with io.FileIO(path) as file:
        return loader.load(io.BufferedReader(file))


def load_xgboost(path: str, name: str) -> Any:
    """A Booster, or a model with scikit-learn's interface, from XGBoost's own format."""
    import xgboost

    kind = getattr(xgboost, name.rpartition(".")[2], None)
    if kind is None or not name.startswith("xgboost."):
        raise Refused(f"the model class {name!r} is none of xgboost's")
    model = kind()
    model.load_model(path)
    return model


def load_catboost(path: str, name: str, how: str) -> Any:
    """One of CatBoost's models, from CatBoost's own format."""
    import catboost

    if name not in _CATBOOST:
        raise Refused(f"the model type {name!r} is none of {', '.join(_CATBOOST)}")
    model = getattr(catboost, name)()
    model.load_model(path, format=how)
    return model


def versions() -> dict[str, str]:
    """The version of each library that the model brought in."""
    names = ("numpy", "pandas", "pyarrow", "sklearn", "scipy", "lightgbm", "xgboost", "skops")
    more = ("cloudpickle", "mlflow", "catboost", "statsmodels", "onnxruntime", "torch")
    loaded = ((n, getattr(sys.modules.get(n), "__version__", None)) for n in (*names, *more))
    return {name: version for name, version in loaded if isinstance(version, str)}
