"""Models that benchmarks write for the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save(model: Any, frame: Any, folder: Path) -> None:
    """A model folder as MLflow lays it out, with the signature of the frame's columns."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = infer_signature(frame.head(), model.predict(frame.head()))
    mlflow.sklearn.save_model(
        model, str(folder), signature=signature, serialization_format="cloudpickle",
        pip_requirements=[],
    )  # fmt: skip
