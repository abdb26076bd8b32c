"""Reads bundles for people: show and diff. Seal, root and records are checked first, by verify."""

from affidavit.inspect.difference import Difference
from affidavit.inspect.differing import diff_bundles
from affidavit.inspect.extracting import extract
from affidavit.inspect.reading import Reading, open_reading

__all__ = ["Difference", "Reading", "diff_bundles", "extract", "open_reading"]
