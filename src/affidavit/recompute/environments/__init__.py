"""The Python and the packages that a model is run with, made while no model code can run."""

from affidavit.recompute.environments.preparing import Prepared, prepare_environment

__all__ = ["Prepared", "prepare_environment"]
