"""Affidavit: one registered model version, as audit evidence that stands on its own."""

__version__ = "0.1.0"
