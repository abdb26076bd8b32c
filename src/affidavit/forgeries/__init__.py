"""Forges a good bundle in many ways before the user's eyes, and shows that each is refused."""

from affidavit.forgeries.interface import Family
from affidavit.forgeries.showing import Genuine, Shown, Tried, forge_all, open_genuine

__all__ = ["Family", "Genuine", "Shown", "Tried", "forge_all", "open_genuine"]
