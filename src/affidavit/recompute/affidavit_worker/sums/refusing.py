"""Why a model's parameters give no exact attributions."""

from __future__ import annotations


class NotExact(Exception):
    """The output is no sum over trees or columns that is read here; the message says why."""
