"""Checks a bundle against trust that comes from outside, and says what was found."""

from affidavit.verify.checks import Check
from affidavit.verify.glancing import Glance, glance
from affidavit.verify.proving import FileVerdict, verify_file
from affidavit.verify.refusal import FindingsVerdict, verify_findings
from affidavit.verify.trust import Trust, join, read_identity, read_keys
from affidavit.verify.trust_file import read_trust
from affidavit.verify.verdict import Verdict
from affidavit.verify.verifying import Examined, examine, expecting, verify_bundle

__all__ = [
    "Check",
    "Examined",
    "FileVerdict",
    "FindingsVerdict",
    "Glance",
    "Trust",
    "Verdict",
    "examine",
    "expecting",
    "glance",
    "join",
    "read_identity",
    "read_keys",
    "read_trust",
    "verify_bundle",
    "verify_file",
    "verify_findings",
]
