"""The worker's own word for what it cannot do."""

from __future__ import annotations


class Refused(Exception):
    """The model, or this machine, cannot be used as asked; the message is for the user."""
