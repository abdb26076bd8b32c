"""Recompute: the model in a process of its own, and every number from the frozen snapshot."""

from affidavit.recompute.stage import Recomputed, recompute
from affidavit.recompute.worker.options import WorkerOptions

__all__ = ["Recomputed", "WorkerOptions", "recompute"]
