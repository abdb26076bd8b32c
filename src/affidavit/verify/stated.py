"""What holds of every stated number, wherever it comes from: one id, one role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from affidavit.evidence import Report
from affidavit.verify.checks import Fault


def stated_faults(reports: Mapping[str, Report]) -> Iterator[Fault]:
    """Numbers of one id in two reports, or of another role than their report."""
    home: dict[str, str] = {}
    for path, report in reports.items():
        for number in report.numbers:
            first = home.setdefault(number.id, path)
            if first != path:
                yield Fault(f"{number.id}: stands in two reports", path, f"{first} alone", path)
            if number.role != report.role:
                yield Fault(
                    f"{number.id}: is of another role than its report", path, report.role,
                    number.role,
                )  # fmt: skip
