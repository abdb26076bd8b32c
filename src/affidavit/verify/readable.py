"""Whether a bundle may be worked with: read, and not refuted."""

from __future__ import annotations

from affidavit.errors import BundleError
from affidavit.verify.records import Records
from affidavit.verify.verdict import Verdict


def require_readable(records: Records | None, verdict: Verdict, unless: str) -> Records:
    """The records of a bundle that was not refuted.

    Args:
        records: as they were read.
        verdict: of verify.
        unless: what was not done, for the error.

    Raises:
        BundleError: refuted, or unreadable.
    """
    bad = verdict.failed or tuple(c for c in verdict.not_run if c.required)
    if records is None or verdict.failed:
        raise BundleError(
            f"{verdict.bundle} is {verdict.word}: {unless}", bad[0].what if bad else "",
            (bad[0].fix if bad else None) or "affidavit verify says what is wrong with it",
        )  # fmt: skip
    return records
