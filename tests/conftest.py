"""Fixtures that several folders share; what they make is in tests/support/."""

from tests.support.mlflow_world import mlflow_server
from tests.support.sample_world import card_default

__all__ = ["card_default", "mlflow_server"]
