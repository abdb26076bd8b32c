"""Explaining the model: as a whole, by group, and single decisions, through its worker.

`asking.py` is the one way to the model; `explained.py` what is explained; then a module for each
part of the two reports (`affidavit.explanation_record`).
"""
