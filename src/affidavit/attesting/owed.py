"""What people still owe a bundle, by role, each with what to do about it, ready to paste.

Statuses are those as of now: an answer that the reader's trust gives weight to is no longer owed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args, get_origin

from pydantic import Field

from affidavit.attesting.choosing import shown_name
from affidavit.config import Declarations
from affidavit.evidence import Record, Sha256
from affidavit.standing import Assessment, CatalogStanding, Status
from affidavit.verify import Verdict
from affidavit.verify.attestations import ControlNow
from affidavit.verify.records import Records

Kind = Literal["exception", "sign", "declare", "document", "evidence"]
# Whoever stands first answers for more; a role of a bank's own catalog comes after these.
ROLES: Final = ("owner", "developer", "validator", "approver", "dpo", "institution")
_KINDS: Final = get_args(Kind)
# As the vocabulary of the catalogs writes a need into the rule of a missing control.
_DECLARED: Final = re.compile(r"(?:^|; )declared (\w+): has\(declared\.\1\)")
_DOCUMENT: Final = re.compile(r"(?:^|; )document ([a-z-]+): has\(declared\.document\)")
_TOLD: Final = "`{}` is not declared", "no document on `{}` is named"
Place = tuple[str, str]


class Owed(Record):
    """One thing that a role owes.

    Attributes:
        kind: an exception to settle; a question to sign; a field or document to declare; evidence
            that a build has to find.
        controls: that wait for it, by the names that `affidavit attest` takes.
        what: the question, or what is missing.
        remedy: what to do, in words; for a declaration the lines of declarations.toml.
        command: to run then, as a shell takes it.
    """

    role: str
    kind: Kind
    controls: tuple[str, ...]
    what: str
    remedy: str
    command: str | None = None


class Questions(Record):
    """What `affidavit questions --json` prints."""

    schema_: Literal["affidavit/questions"] = Field(default="affidavit/questions", alias="schema")
    version: Literal[1] = 1
    verdict: str
    evidence_id: Sha256
    as_of: str
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """A control that is not settled as of now."""

    place: Place
    name: str
    assessment: Assessment
    status: Status
    owing: tuple[str, ...]


def questions(records: Records, verdict: Verdict, bundle: str) -> Questions:
    """Everything that is owed, by role; within a role exceptions first.

    Args:
        records: of the bundle.
        verdict: of verify, with the controls as of now.
        bundle: its path, for the commands.
    """
    now = verdict.now
    standings = tuple(records.standings.values())
    answers = {(c.catalog, c.control): c for c in now.controls} if now else {}
    waiting = tuple(_open(standings, answers))
    subject = records.evidence.subject
    build = shlex.join([
        "affidavit", "build", f"models:/{subject.name}/{subject.version}",
        "--declarations", "declarations.toml", "--signer", "KEY.pem",
    ])  # fmt: skip
    owed = [*_exceptions(waiting), *_unsigned(waiting, bundle), *_missing(waiting, build)]
    owed.sort(key=lambda o: (_rank(o.role), o.role, _KINDS.index(o.kind)))
    return Questions(
        verdict=verdict.word, evidence_id=records.evidence_id, as_of=now.day if now else "",
        owed=tuple(owed),
    )  # fmt: skip


def _rank(role: str) -> int:
    return ROLES.index(role) if role in ROLES else len(ROLES)


def _open(
    standings: Sequence[CatalogStanding], answers: Mapping[Place, ControlNow]
) -> Iterator[_Open]:
    for standing in standings:
        for one in standing.assessments:
            place = (standing.catalog, one.control)
            found = answers.get(place)
            said = {a.role for a in found.answers} if found else set()
            yield _Open(
                place, shown_name(standings, place), one, found.now if found else one.status,
                tuple(r for r in one.roles if r not in said),
            )  # fmt: skip


def _exceptions(waiting: Sequence[_Open]) -> Iterator[Owed]:
    for one in waiting:
        if one.status == "exception":
            remedy = one.assessment.remedy or "settle it, and build again"
            because = one.assessment.because
            if one.assessment.status != "exception":  # an answer of today, not of the seal
                because = (
                    "a role answered no since it was sealed; affidavit verify names the answer"
                )
                remedy = (
                    "settle it with the role; a later answer by the same signer takes its place"
                )
            yield Owed(
                role="owner", kind="exception", controls=(one.name,), what=because, remedy=remedy
            )


def _unsigned(waiting: Sequence[_Open], bundle: str) -> Iterator[Owed]:
    """One entry a question; counterparts that put the very same question to a role, in one."""
    unsigned = [o for o in waiting if o.status == "needs-attestation"]
    for role in dict.fromkeys(r for o in unsigned for r in o.owing):
        mine = [o for o in unsigned if role in o.owing]
        for group in _grouped(mine, role):
            words = [w for o in group for w in ("--control", o.name)]
            yield Owed(
                role=role, kind="sign", controls=tuple(o.name for o in group),
                what=_asked(group[0], role),
                remedy="answer over your signature, or say what keeps you from it",
                command=shlex.join([
                    "affidavit", "attest", bundle, *words, "--as", role, "--signer", "KEY.pem",
                ]),
            )  # fmt: skip


def _asked(one: _Open, role: str) -> str:
    return next(q.question for q in one.assessment.questions if q.role == role)


def _grouped(mine: Sequence[_Open], role: str) -> list[list[_Open]]:
    """Counterparts with the same question together, in the order of the first.

    One yes answers one question: where the newer text asks something else, so does its entry.
    """
    groups: list[list[_Open]] = []
    for one in mine:
        same = {(c.catalog, c.control) for c in one.assessment.counterparts}
        joined = [
            g for g in groups
            if _asked(g[0], role) == _asked(one, role) and any(o.place in same for o in g)
        ]  # fmt: skip
        for group in joined[1:]:
            joined[0].extend(group)
            groups.remove(group)
        if joined:
            joined[0].append(one)
        else:
            groups.append([one])
    return groups


def _missing(waiting: Sequence[_Open], build: str) -> Iterator[Owed]:
    missing = [o for o in waiting if o.status == "missing"]
    needs: dict[tuple[Kind, str], list[str]] = {}
    for one in missing:
        rule = one.assessment.rule
        fields, documents = _DECLARED.findall(rule), _DOCUMENT.findall(rule)
        for field in fields:
            needs.setdefault(("declare", field), []).append(one.name)
        for about in documents:
            needs.setdefault(("document", about), []).append(one.name)
    for (kind, name), controls in needs.items():
        yield Owed(
            role="owner", kind=kind, controls=tuple(dict.fromkeys(controls)),
            what=_TOLD[kind == "document"].format(name),
            remedy=document_lines(name) if kind == "document" else declared_lines(name),
            command=build,
        )  # fmt: skip
    yield from _evidence(missing)


def _evidence(missing: Sequence[_Open]) -> Iterator[Owed]:
    """What no declaration mends: numbers, data, code, and what no stage makes yet."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in missing:
        rule = one.assessment.rule
        stated = len(_DECLARED.findall(rule)) + len(_DOCUMENT.findall(rule))
        because = [b for b in one.assessment.because.split("; ") if not _is_stated(b)]
        remedies = (one.assessment.remedy or "").split("; ")
        if stated == 0:
            what, remedy = one.assessment.because, one.assessment.remedy or ""
        elif because:
            what = "; ".join(because)
            remedy = "; ".join(r for r in remedies if "declarations.toml" not in r)
        else:
            continue
        found.setdefault((what, remedy), []).append(one.name)
    for (what, remedy), controls in found.items():
        yield Owed(
            role="developer", kind="evidence", controls=tuple(controls), what=what, remedy=remedy
        )


def _is_stated(because: str) -> bool:
    return because.endswith(("is not declared", "is named"))


def declared_lines(field: str) -> str:
    """The line of declarations.toml for a field, under a comment that says what to write."""
    about = Declarations.model_fields.get(field)
    hint = f"# {about.description}\n" if about is not None and about.description else ""
    is_list = about is not None and get_origin(about.annotation) is tuple
    return f"{hint}{field} = " + ('["..."]' if is_list else '"..."')


def document_lines(about: str) -> str:
    """The table of declarations.toml for a document; tables come after all fields."""
    return f'[[document]]\nabout = "{about}"\ntitle = "..."\nversion = "..."\ndated = "YYYY-MM-DD"'
