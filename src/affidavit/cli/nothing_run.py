"""What is said where a command that runs a bundle's model did not: the verdict, and that."""

from __future__ import annotations

from affidavit.cli.output import settings, wrapped
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.verify import Verdict


def nothing_run_lines(verdict: Verdict) -> list[str]:
    """The verdict, which says why; then what would let the model run, where something would."""
    quiet = settings().verbosity < 0
    lines = verdict_lines(verdict, quiet=quiet)
    if quiet:
        return lines
    lines += ["", "Nothing of the bundle was run."]
    if verdict.word == "INTACT, SIGNER NOT TRUSTED":
        lines += wrapped(
            "Add --key SIGNER.pub; or, if you answer for a model of unknown origin, "
            "--run-untrusted-model."
        )
    return lines
