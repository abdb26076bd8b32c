"""Releasing: signed decisions on whether a bundle's model version may be used."""

from affidavit.release.approving import Draft, Request, add, draft

__all__ = ["Draft", "Request", "add", "draft"]
