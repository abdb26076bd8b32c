"""Data that the builder gave: said to be so everywhere, and the one finding that follows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.config import Config, Dataset
from affidavit.declared_record import (
    BY_OPTION,
    BY_URI,
    DECLARED,
    EXECUTED,
    INCLUDE,
    LINK,
    MD5,
    PROVENANCE,
    ROWS,
    SNAPSHOT,
    TRACKED,
    declared_findings,
    fact_id,
    name_in,
    snapshot_digest,
)
from affidavit.evidence import Evidence, Fact, Finding, Item
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records

_MOMENT: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z")
_SOURCES: Final = frozenset({BY_OPTION, BY_URI})


def given_faults(records: Records) -> Iterator[Fault]:
    """Items, facts and findings on given data that do not say the same.

    A bundle made before data could be given has nothing of this, and nothing is asked of it.
    """
    evidence = records.evidence
    by_name = records.data_items
    for name in sorted({*by_name, *_names(evidence)}):
        yield from _data_faults(evidence, name, by_name.get(name, []))
        yield from _digest_faults(evidence, name)
    yield from _row_faults(records)
    if records.stated is not None:
        yield from _stated_faults(evidence, records.stated, by_name)
    yield from _finding_faults(evidence)


def _names(evidence: Evidence) -> Iterator[str]:
    """Whatever has a fact on its snapshot."""
    for fact in evidence.provenance:
        if (name := name_in(fact.id, SNAPSHOT)) is not None:
            yield name


def _data_faults(evidence: Evidence, name: str, items: Sequence[Item]) -> Iterator[Fault]:
    """Either all of it is declared, or none: files, and the fact on them."""
    fact = evidence.fact(fact_id(name, SNAPSHOT))
    is_given = fact is not None and fact.basis == "declared"
    for item in items:
        if (item.origin == "declared") != is_given:
            yield Fault(
                f"{item.path} and {fact_id(name, SNAPSHOT)} disagree on who gave the data",
                EVIDENCE, f"{item.origin} (item)", fact.basis if fact else "no such fact",
            )  # fmt: skip
    if fact is None:
        return
    if not is_given:
        # DVC names data by md5; a sha256 is our own, of data that nobody else names.
        if fact.digest is not None and fact.digest.algorithm == "sha256":
            yield Fault(
                f"{fact.id} is {fact.basis} by a digest that no commit names", EVIDENCE,
                "md5, or declared", "sha256",
            )  # fmt: skip
        return
    if fact.source not in _SOURCES:
        yield Fault(
            f"{fact.id} is declared by nobody", EVIDENCE, " or ".join(sorted(_SOURCES)), fact.source
        )  # fmt: skip
    ran = evidence.fact(fact_id(name, EXECUTED))
    if ran is not None and (ran.basis != "declared" or not _MOMENT.fullmatch(str(ran.value))):
        yield Fault(f"{ran.id} is no moment that the builder's clock gave", EVIDENCE,
                    "declared: YYYY-MM-DDThh:mm:ssZ", f"{ran.basis}: {ran.value}")  # fmt: skip
    if ran is not None and evidence.fact(fact_id(name, "query")) is None:
        yield Fault(f"{ran.id} is of no query", EVIDENCE, fact_id(name, "query"), "no such fact")
    found = {snapshot_digest(items, name, is_file=one) for one in (True, False)}
    stated = fact.digest.value if fact.digest is not None else "none"
    if not items or stated not in found:
        yield Fault(
            f"{fact.id} is not the digest of its files", EVIDENCE, " or ".join(sorted(found)),
            stated,
        )  # fmt: skip


def _row_faults(records: Records) -> Iterator[Fault]:
    """The rows that a query gave are those of every report on them."""
    for path, report in records.reports.items():
        fact = records.evidence.fact(fact_id(report.role, ROWS))
        if fact is not None and fact.value != report.n_rows:
            yield Fault(
                f"{fact.id} is not the number of rows in {path}", EVIDENCE, str(report.n_rows),
                str(fact.value),
            )  # fmt: skip


def _digest_faults(evidence: Evidence, name: str) -> Iterator[Fault]:
    """What run and commit name, where that is not what was given."""
    md5, snapshot = (evidence.fact(fact_id(name, part)) for part in (MD5, SNAPSHOT))
    is_given = snapshot is not None and snapshot.basis == "declared"
    is_measured = (
        md5 is not None and md5.basis == "measured"
        and md5.digest is not None and md5.digest.algorithm == "md5"
    )  # fmt: skip
    if is_given != (md5 is not None) or (md5 is not None and not is_measured):
        # Without it nothing shows that run or commit name other data.
        yield Fault(
            f"{fact_id(name, MD5)} is not the measured MD5 of given data", EVIDENCE,
            "measured, with an md5" if is_given else "no such fact",
            "no such fact" if md5 is None else f"{md5.basis}, {md5.digest}",
        )  # fmt: skip
    if md5 is None:
        return
    tracked, link = evidence.fact(fact_id(name, TRACKED)), evidence.fact(fact_id(name, LINK))
    if tracked is not None and tracked.digest != md5.digest:
        yield Fault(
            f"{tracked.id}: data was given that the commit contradicts", EVIDENCE,
            str(tracked.digest and tracked.digest.value), str(md5.digest and md5.digest.value),
        )  # fmt: skip
    differs = link is not None and link.digest is not None and link.digest != md5.digest
    exceptions = {f.id for f in evidence.findings if f.kind == "exception"}
    if differs and fact_id(name, LINK) not in exceptions:
        yield Fault(
            f"the run read other {name} data than was given, and no finding says so", EVIDENCE,
            f"the exception {fact_id(name, LINK)}", "none",
        )  # fmt: skip


def _stated_faults(
    evidence: Evidence, config: Config, by_name: dict[str, list[Item]]
) -> Iterator[Fault]:
    """What the configuration says of the data is on record as it says it, and nothing else is."""
    expected = {
        fact_id(role, key): str(getattr(dataset, key))
        for role, dataset in config.datasets.items()
        for key in PROVENANCE
        if getattr(dataset, key) is not None
    }
    endings = tuple(f".{key}" for key in PROVENANCE)
    found = {
        f.id: str(f.value) if f.basis == "declared" else f"{f.value} ({f.basis})"
        for f in evidence.provenance
        if f.id.startswith("data.") and f.id.endswith(endings)
    }
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            yield Fault(
                f"{name} is not what {CONFIG} says", EVIDENCE, expected.get(name, "no such fact"),
                found.get(name, "no such fact"),
            )  # fmt: skip
    for role, dataset in sorted(config.datasets.items()):
        yield from _role_faults(evidence, role, dataset, by_name.get(role, []))
    for fact in evidence.provenance:
        if (added := name_in(fact.id, INCLUDE)) is not None:
            yield from _added_faults(fact, added, config, by_name)


def _role_faults(
    evidence: Evidence, role: str, dataset: Dataset, items: Sequence[Item]
) -> Iterator[Fault]:
    fact = evidence.fact(fact_id(role, SNAPSHOT))
    if fact is None:
        return
    if dataset.uri is not None and fact.basis != "declared":
        yield Fault(
            f"{fact.id} is {fact.basis}, and {CONFIG} takes the data from elsewhere", EVIDENCE,
            "declared", fact.basis,
        )  # fmt: skip
    if fact.source == BY_URI and dataset.uri is None:
        yield Fault(
            f"{fact.id} comes from a uri that {CONFIG} does not have", EVIDENCE, "a uri", "none"
        )  # fmt: skip
    for item in items:
        if fact.basis == "declared" and item.embedded != (dataset.include == "embed"):
            yield Fault(
                f"{item.path} does not travel as {CONFIG} says", EVIDENCE, dataset.include,
                "embed" if item.embedded else "reference",
            )  # fmt: skip


def _added_faults(
    fact: Fact, role: str, config: Config, by_name: dict[str, list[Item]]
) -> Iterator[Fault]:
    """A role that only an option names: declared, with its data, and not in the configuration."""
    if role in config.datasets:
        yield Fault(f"{fact.id}: {CONFIG} names that role", EVIDENCE, "no such fact", fact.id)
    if fact.basis != "declared" or fact.value not in {"embed", "reference"}:
        yield Fault(
            f"{fact.id} is no word of the builder's", EVIDENCE, "declared: embed or reference",
            f"{fact.basis}: {fact.value}",
        )  # fmt: skip
    travels = {i.embedded for i in by_name.get(role, [])}
    if travels != {fact.value == "embed"}:
        yield Fault(
            f"the data of {role} does not travel as {fact.id} says", EVIDENCE, str(fact.value),
            ", ".join("embed" if t else "reference" for t in sorted(travels)) or "no data",
        )  # fmt: skip


def _finding_faults(evidence: Evidence) -> Iterator[Fault]:
    """The findings that page one has to show, word for word."""
    endings = f".{DECLARED}"
    wanted = Counter(map(_told, declared_findings(evidence.provenance)))
    stated = Counter(
        _told(f) for f in evidence.findings if f.id.startswith("data.") and f.id.endswith(endings)
    )
    for told in sorted((wanted - stated) | (stated - wanted)):
        yield Fault(
            f"the finding {told[0]} does not follow from the record", EVIDENCE,
            _there(wanted, told), _there(stated, told),
        )  # fmt: skip


Told = tuple[str, str, str, str]


def _told(finding: Finding) -> Told:
    return finding.id, finding.kind, finding.what, finding.fix


def _there(told: Counter[Told], one: Told) -> str:
    return one[2] if told[one] else "not so"
