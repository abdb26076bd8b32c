"""What no configuration sets, and what the reports must say as the configuration says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.bundle.names import portability_fault, stored_name
from affidavit.config import Config
from affidavit.evidence import LEVEL, SMALL, Evidence, Report
from affidavit.scan_record import DANGEROUS, SCAN, UNREAD, Scan
from affidavit.verify.checks import Fault

_MODEL: Final = "data/model/"


def settings_faults(path: str, report: Report, config: Config | None) -> Iterator[Fault]:
    """Where a report is read with other constants, or another kind of label."""
    spec = report.counts
    small = SMALL if config is None else config.fairness.smallest_group
    if spec is not None and (spec.level, spec.small) != (LEVEL, small):
        yield Fault(
            f"{path} is made with other constants than format 1 and affidavit.toml have", path,
            f"level {LEVEL}, small {small}", f"level {spec.level}, small {spec.small}",
        )  # fmt: skip
    if config is not None and report.label_kind != config.label.kind:
        yield Fault(
            f"{path} calls the label another kind than affidavit.toml", path, config.label.kind,
            str(report.label_kind),
        )  # fmt: skip


def evidence_faults(evidence: Evidence) -> Iterator[Fault]:
    """Facts and findings of one id twice; item names that no system should unpack."""
    ids = {
        "fact": [f.id for f in evidence.provenance],
        "finding": [f.id for f in evidence.findings],
    }
    for what, given in ids.items():
        for name, times in Counter(given).items():
            if times > 1:
                yield Fault(f"the {what} {name} stands {times} times", EVIDENCE, "once", str(times))
    yield from _given_faults(evidence)
    for item in evidence.items:
        if fault := portability_fault(item.path):
            yield Fault(f"the item {item.path!r}: {fault}", EVIDENCE, "a portable path", item.path)
    yield from _model_name_faults(evidence)


def _model_name_faults(evidence: Evidence) -> Iterator[Fault]:
    """A model's file bears its own name, or is stored under `_names/` since that is not portable.

    Else a second file could be given the name of the one that the card shows, and be run in its
    place.
    """
    files = evidence.of_kind("model")
    names = Counter(i.name_below(_MODEL) for i in files)
    for name, times in names.items():
        if times > 1:
            what = f"{times} files of the model are called {name!r}"
            yield Fault(what, EVIDENCE, "one", str(times))
    for item in files:
        original = item.original_name
        if original is None:
            continue
        if not item.path.startswith(f"{_MODEL}_names/") or stored_name(original) == original:
            yield Fault(
                f"{item.path} is said to be called {original!r}", EVIDENCE,
                "a name that is not portable, stored under _names/", item.path,
            )  # fmt: skip


def scan_faults(evidence: Evidence, scan: Scan | None) -> Iterator[Fault]:
    """A dangerous import has its finding, and the finding its import; so with unread files."""
    if scan is None:
        return
    stated = {f.id for f in evidence.findings}
    wanted = [(DANGEROUS, len(scan.dangerous)), (UNREAD, len(scan.unread))]
    for finding, times in wanted:
        if times and finding not in stated:
            yield Fault(f"{SCAN} asks for the finding {finding}", EVIDENCE, "there", "not there")
    if DANGEROUS in stated and not scan.dangerous:
        yield Fault(f"{SCAN} does not bear the finding {DANGEROUS} out", SCAN, "an import", "none")


def _given_faults(evidence: Evidence) -> Iterator[Fault]:
    """Whether affidavit.toml came with the commit is said twice: by `given`, and by its origin."""
    given = evidence.configuration.given
    origin = next((i.origin for i in evidence.items if i.path == CONFIG), None)
    expected = {"commit": "collected", "option": "declared", None: None}[given]
    if origin != expected:
        yield Fault(
            f"the configuration is said to be given by {given or 'nobody'}", EVIDENCE,
            f"{CONFIG} {expected or 'absent'}", f"{CONFIG} {origin or 'absent'}",
        )  # fmt: skip
    exceptions = {f.id for f in evidence.findings if f.kind == "exception"}
    if given == "option" and "configuration" not in exceptions:
        yield Fault(
            f"{CONFIG} was set after training, and no finding says so", EVIDENCE,
            "the exception configuration", "none",
        )  # fmt: skip
