"""Resolve: registry, repository, data remote and environment, to provenance and files."""

from affidavit.resolve.interface import Contradiction
from affidavit.resolve.resolving import Resolution, resolve

__all__ = ["Contradiction", "Resolution", "resolve"]
