"""Whether a bundle may be worked with: read, and not refuted."""

from __future__ import annotations

from affidavit.errors import AffidavitError, BundleError
from affidavit.verify.records import Records
from affidavit.verify.verdict import Verdict
from affidavit.wording import count_text


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


def require_nothing_withheld(verdict: Verdict, unless: str) -> None:
    """Refuse to work from a bundle that is not all there.

    Args:
        verdict: of verify.
        unless: what was not done, for the error.

    Raises:
        AffidavitError: a discloser took files out.
    """
    if verdict.withheld:
        gone = count_text(len(verdict.withheld), "file is", "files are")
        raise AffidavitError(
            f"{gone} withheld from {verdict.bundle}: {unless}",
            f"the first is {verdict.withheld[0].path}", "ask for the whole bundle",
        )  # fmt: skip
