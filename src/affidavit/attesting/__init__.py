"""Attesting: what people owe a bundle, and their signed answers to it. No model, no network."""

from affidavit.attesting.answering import Added, Draft, Request, add, draft, write
from affidavit.attesting.owed import Owed, Questions, questions

__all__ = [
    "Added",
    "Draft",
    "Owed",
    "Questions",
    "Request",
    "add",
    "draft",
    "questions",
    "write",
]
