"""The Python and the packages that a model is run with, made while no model code can run."""

from affidavit.recompute.environments.findings import WORKER_FACT
from affidavit.recompute.environments.lock import LOCK
from affidavit.recompute.environments.preparing import WHEELS, Prepared, prepare_environment

__all__ = ["LOCK", "WHEELS", "WORKER_FACT", "Prepared", "prepare_environment"]
