"""Whether every `[[hold]]` that is missed has its finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from affidavit.bundle.layout import EVIDENCE
from affidavit.config import Config
from affidavit.evidence import Finding
from affidavit.holds import FINDING_PREFIX, HELD_REPORTS, hold_findings
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records


def hold_faults(records: Records, config: Config) -> Iterator[Fault]:
    """Findings on thresholds that do not follow from the configuration and the reports."""
    main = records.main_report
    if main is None:
        if config.hold and not any(f.stage == "recompute" for f in records.evidence.findings):
            yield Fault(
                "thresholds are set, nothing was recomputed, and no finding says why", EVIDENCE,
                f"a finding for {len(config.hold)} thresholds", "none",
            )  # fmt: skip
        return
    expected = hold_findings(config, records.of_role(main.role, HELD_REPORTS), ())
    yield from finding_faults(expected, records.evidence.findings, FINDING_PREFIX)


def finding_faults(
    expected: Iterable[Finding], findings: Iterable[Finding], prefix: str
) -> Iterator[Fault]:
    """Findings with this prefix that are not the expected ones: id, kind, expected and found."""
    wanted = Counter(map(_told, expected))
    stated = Counter(_told(f) for f in findings if f.id.startswith(prefix))
    ids = sorted({told[0] for told in (wanted - stated) + (stated - wanted)})
    for finding_id in ids:
        yield Fault(
            f"the finding {finding_id} does not follow from the record", EVIDENCE,
            _words(wanted, finding_id), _words(stated, finding_id),
        )  # fmt: skip


Told = tuple[str, str, str, str]


def _told(finding: Finding) -> Told:
    return finding.id, finding.kind, str(finding.expected), str(finding.found)


def _words(told: Counter[Told], finding_id: str) -> str:
    words = [f"{k}: expected {e}, found {f}" for i, k, e, f in told.elements() if i == finding_id]
    return "; ".join(words) or "no finding"
