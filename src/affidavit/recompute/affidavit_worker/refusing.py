"""The worker's own word for a model that it cannot use."""

from __future__ import annotations


class Refused(Exception):
    """The model cannot be used as it is; the message is for the user."""
