"""Which challenger it is: as configuration, provenance and files say, and all of them the same."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.layout import CHALLENGER, CONFIG, EVIDENCE
from affidavit.challenger_record import ARTIFACT_FACT, ASKED_FACT, FILES, VERSION_FACT
from affidavit.config import Config
from affidavit.errors import UsageError
from affidavit.gap_ids import CHALLENGER_SAME
from affidavit.subject import ModelRef, parse_ref
from affidavit.verify.checks import Fault
from affidavit.verify.consistency import model_digest
from affidavit.verify.records import Records


def asked_faults(records: Records, config: Config) -> Iterator[Fault]:
    """What was asked for, what the provenance says that it was, and its files do not agree."""
    evidence, report = records.evidence, records.challenger
    asked, version = evidence.fact(ASKED_FACT), evidence.fact(VERSION_FACT)
    if asked is None or version is None:
        if config.challenger is not None or report is not None:
            yield Fault(
                "a challenger was asked for, and the provenance does not name it", EVIDENCE,
                f"{ASKED_FACT} and {VERSION_FACT}", "neither or one",
            )  # fmt: skip
        return
    if config.challenger is None and not asked.source.startswith("--"):
        yield Fault(f"{CONFIG} asks for no challenger", EVIDENCE, "--challenger", asked.source)
    if not asked.source.startswith("--") and asked.value != config.challenger:
        yield Fault(
            f"{CONFIG} asks for another challenger", EVIDENCE, str(config.challenger),
            str(asked.value),
        )  # fmt: skip
    pinned, named = _ref(version.value), _ref(asked.value)
    if pinned is None or pinned.version is None or named is None or named.name != pinned.name:
        yield Fault(
            "the challenger's version is none of what was asked for", EVIDENCE, str(asked.value),
            str(version.value),
        )  # fmt: skip
        return
    if named.version not in (None, pinned.version):
        yield Fault("the challenger is another version than was asked for", EVIDENCE,
                    str(asked.value), str(version.value))  # fmt: skip
    is_subject = (pinned.name, pinned.version) == (evidence.subject.name, evidence.subject.version)
    is_told = any(f.id == CHALLENGER_SAME for f in evidence.findings)
    if is_subject != is_told or (is_told and named.alias is None):
        yield Fault(
            "an alias that stands for this very version is a gap, and nothing else is", EVIDENCE,
            f"the gap {CHALLENGER_SAME}" if is_subject else "no such gap", str(version.value),
        )  # fmt: skip
    if report is not None and (report.name, report.model_version) != (pinned.name, pinned.version):
        yield Fault(
            "the comparison is with another version than the provenance names", CHALLENGER,
            str(pinned), report.called,
        )  # fmt: skip
    yield from _file_faults(records)


def _ref(value: object) -> ModelRef | None:
    try:
        return parse_ref(str(value))
    except UsageError:
        return None


def _file_faults(records: Records) -> Iterator[Fault]:
    """Its files are by reference, and their digest is the one on record."""
    items = records.evidence.of_kind("challenger-model")
    for item in items:
        if item.embedded or item.origin != "collected" or not item.path.startswith(FILES):
            yield Fault(f"{item.path} is no file of a challenger, held by reference", EVIDENCE,
                        f"collected, {FILES}…", f"{item.origin}, {item.path}")  # fmt: skip
    fact = records.evidence.fact(ARTIFACT_FACT)
    digest = fact.digest.value if fact is not None and fact.digest is not None else None
    if fact is None and not items and records.challenger is None:
        return
    if not items and records.challenger is not None:
        yield Fault("the files of the challenger that was compared are not on record", EVIDENCE,
                    f"{ARTIFACT_FACT}, {FILES}…", "none")  # fmt: skip
        return
    if digest != model_digest(items, FILES) or fact is None or fact.value != len(items):
        yield Fault(
            f"{ARTIFACT_FACT} in the provenance is not the digest of its files", EVIDENCE,
            f"{len(items)} files, {model_digest(items, FILES)}",
            f"{fact.value if fact else 'no'} files, {digest}",
        )  # fmt: skip
