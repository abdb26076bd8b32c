"""Recompute: the model in a process of its own, and every number from the frozen snapshot."""

from affidavit.recompute.stage import Recomputed, recompute

__all__ = ["Recomputed", "recompute"]
