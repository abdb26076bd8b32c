"""Attesting: what people owe a bundle, and their signed answers to it. No model, no network."""

from affidavit.attesting.answering import Draft, Request, add, draft, write
from affidavit.attesting.owed import Owed, Questions, questions

__all__ = [
    "Draft",
    "Owed",
    "Questions",
    "Request",
    "add",
    "draft",
    "questions",
    "write",
]
