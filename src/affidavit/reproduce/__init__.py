"""Reproduce: the numbers of a bundle computed again, and compared with what was signed."""

from affidavit.reproduce.rechecking import Rechecked, Request, recheck
from affidavit.reproduce.record import Recheck, SampleTaken

__all__ = ["Recheck", "Rechecked", "Request", "SampleTaken", "recheck"]
