"""One bundle for an index: its row, and what tells its version from another; or why it has none."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from affidavit.bundle.canonical import dumps
from affidavit.bundle.layout import DECLARATIONS
from affidavit.config import Declarations
from affidavit.errors import ConfigError
from affidavit.evidence import Evidence, Fact
from affidavit.inspect.index_attestations import attestations, validators
from affidavit.inspect.index_record import Attested, Problem, Version
from affidavit.printable import printable
from affidavit.standing import Status, as_of_now
from affidavit.toml_reader import read_declarations
from affidavit.verify import Check, Glance, Trust, glance
from affidavit.verify.attestations import About, weigh
from affidavit.verify.authors import authors_of
from affidavit.verify.windows import clock

_PARAMS: Final = "data/run/params.json"
_LIMIT: Final = 300
_MOST_FINDINGS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that was looked at: a version of a model, or a problem.

    Attributes:
        model: the model's name; empty for a problem.
        traits: part of the provenance to what it was: equal texts, equal parts.
        findings: ids of its gaps and exceptions.
    """

    row: Version | Problem
    model: str = ""
    traits: dict[str, str] = field(default_factory=dict)
    findings: frozenset[str] = frozenset()


def read_bundle(path: Path, name: str, *, trust: Trust | None, today: date) -> Found:
    """Look at one file; nothing is raised for what is in it.

    Args:
        path: the file.
        name: what to call it, below the folder that is looked through.
        trust: pinned signers, or None.
        today: the day against which attestations and keys are held.
    """
    seen = glance(path, trust=trust, now=clock(today.isoformat()))
    shown = printable(name)
    evidence, statements, word = seen.evidence, seen.statements, seen.word
    if evidence is None or statements is None or seen.evidence_id is None or seen.root is None:
        return Found(row=_problem(seen, shown))
    if word not in ("seal-holds", "not-checked"):
        return Found(row=_problem(seen, shown))
    subject, findings = evidence.subject, evidence.findings
    owner, tier = _declared(seen.declarations)
    about = _about(seen, evidence, today)
    attested = attestations(statements.all, about)
    seal, says = statements.seal, statements.predicate
    row = Version(
        bundle=shown,
        looked="seal-holds" if word == "seal-holds" else "not-checked",
        version=_short(subject.version),
        created_at=subject.created_at.isoformat() if subject.created_at else None,
        evidence_id=seen.evidence_id,
        root=seen.root,
        owner=owner,
        tier=tier,
        as_of=says.as_of if says else None,
        sealed_at=says.finished_on if says else None,
        gaps=sum(f.kind == "gap" for f in findings),
        exceptions=sum(f.kind == "exception" for f in findings),
        controls=_controls(seen, about),
        catalogs=tuple(_short(s.catalog) for s in seen.standings.values()),
        attestations=attested,
        next_expiry=_next_expiry(attested),
        signed_by=printable(seal.key.name) if seal and seal.key else None,
        fingerprint=printable(seal.fingerprint) if seal and seal.fingerprint else None,
        validated_by=validators(statements.all, about),
    )
    return Found(
        row=row, model=_short(subject.name), traits=_traits(evidence),
        findings=frozenset(f.id for f in findings[:_MOST_FINDINGS]),
    )  # fmt: skip


def _problem(seen: Glance, name: str) -> Problem:
    word, check = seen.word, seen.reason or Check(id="", status="failed", what="")
    subject = seen.evidence.subject if seen.evidence else None
    return Problem(
        bundle=name,
        kind=word if word in ("refuted", "unreadable") else "undecided",
        why=_short(seen.unreadable or check.what or "its record cannot be read"),
        expected=_short(check.expected) if check.expected else None,
        found=_short(check.found) if check.found else None,
        fix=_short(check.fix) if check.fix else None,
        says=f"{_short(subject.name)}, version {_short(subject.version)}" if subject else None,
    )


def _declared(content: bytes | None) -> tuple[str | None, str | None]:
    """Owner and tier, whatever else the file says and whatever version wrote it."""
    if content is None:
        return None, None
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return None, None
    owner, tier = (table.get(key) for key in ("owner", "tier"))
    return _stated(owner), _stated(tier)


def _stated(value: object) -> str | None:
    return _short(value) if isinstance(value, str) and value.strip() else None


def _about(seen: Glance, evidence: Evidence, today: date) -> About:
    """What answers have to be about to count."""
    is_told = DECLARATIONS not in {w.path for w in seen.withheld}
    authors = authors_of(evidence, _declarations(seen.declarations)) if is_told else frozenset()
    return About(
        evidence=evidence, evidence_id=seen.evidence_id or "",
        standings=tuple(seen.standings.values()), authors=authors, day=today.isoformat(),
    )  # fmt: skip


def _declarations(content: bytes | None) -> Declarations | None:
    """Declarations that can be read whole; of others nobody is known to be an author."""
    if content is None:
        return None
    try:
        return read_declarations(content, "declarations.toml")
    except ConfigError:
        return None


def _controls(seen: Glance, about: About) -> dict[Status, int]:
    """How many controls have each status as of the day; as sealed where no trust was given."""
    weighed = weigh(seen.statements.all if seen.statements and seen.has_trust else (), about)
    counted: Counter[Status] = Counter()
    for standing in about.standings:
        for one in standing.assessments:
            answers = weighed.answers.get((standing.catalog, one.control), ())
            counted[as_of_now(one, answers, about.day) if seen.has_trust else one.status] += 1
    return dict(sorted(counted.items()))


def _next_expiry(attested: tuple[Attested, ...]) -> str | None:
    holding = (a.expires_on for a in attested if a.state in ("valid", "expires-soon"))
    return min((day for day in holding if day), default=None)


def _traits(evidence: Evidence) -> dict[str, str]:
    """What each part of the provenance was, in the order in which a change is told."""
    commit, artifact = evidence.fact("code.commit"), evidence.fact("model.artifact")
    data = (i for i in evidence.items if i.kind in ("dataset", "protected-table"))
    by_role: dict[str, list[str]] = {}
    for item in data:
        by_role.setdefault(_short(item.role or "no role"), []).append(item.sha256)
    snapshots = {f.id: _fact_text(f) for f in evidence.provenance if f.kind == "data"}
    for fact_id, text in snapshots.items():
        if fact_id.endswith(".snapshot"):
            role = _short(fact_id.removeprefix("data.").removesuffix(".snapshot"))
            by_role.setdefault(role, [text])
    environment = [f for f in evidence.provenance if f.kind == "environment"]
    return {
        "model": _fact_text(artifact),
        "commit": _fact_text(commit),
        **{f"data ({role})": _one(sorted(found)) for role, found in sorted(by_role.items())},
        "environment": _one(sorted(f"{f.id} {_fact_text(f)}" for f in environment)),
        "parameters": _one(i.sha256 for i in evidence.items if i.path == _PARAMS),
        "configuration": _one(i.sha256 for i in evidence.items if i.kind == "configuration"),
        "declarations": _one(i.sha256 for i in evidence.items if i.kind == "declarations"),
    }


def _fact_text(fact: Fact | None) -> str:
    """A fact as its digest, or its value where it has none; empty where it is absent."""
    if fact is None:
        return ""
    return fact.digest.value if fact.digest else _one([dumps(fact.value).decode()])


def _one(parts: Iterable[str]) -> str:
    """One short text that is equal for equal parts; empty for none."""
    joined = "\n".join(parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32] if joined else ""


def _short(text: str) -> str:
    safe = printable(text)
    return safe if len(safe) <= _LIMIT else safe[: _LIMIT - 1] + "…"
