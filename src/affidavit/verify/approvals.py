"""Which decisions on the release of this bundle count, by the reader's trust.

A decision counts if a pinned key made it that counts and holds its role, over this very root. It
is listed, with its maker; whether a release may go ahead is for a gate to say. That a rejection
was left out, no bundle can show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from affidavit.bundle.approval import ApprovalPredicate, Choice, read_approval
from affidavit.bundle.layout import TAG_MANIFEST
from affidavit.errors import BundleError
from affidavit.evidence import Evidence, Record, Sha256
from affidavit.verify.attestations import NO_TRUST, NotWeighed
from affidavit.verify.statements import Statement, Statements
from affidavit.verify.trust import SEALER, PinnedKey, Trust


class Decision(Record):
    """A decision that counts.

    Attributes:
        statement: sha256 of its file.
        by: the pinned key's name.
        said: the reason, in the signer's words.
        by_sealer: whether one who sealed the bundle made it, by key, name or certificate.
    """

    statement: Sha256
    by: str
    role: str
    decision: Choice
    made_on: str
    said: str | None
    by_sealer: bool


class Decisions(Record):
    """The decisions on the release as of a day, and those that do not count."""

    day: str
    counted: tuple[Decision, ...] = ()
    not_weighed: tuple[NotWeighed, ...] = ()

    @property
    def rejected(self) -> tuple[Decision, ...]:
        return tuple(d for d in self.counted if d.decision == "reject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What decisions have to be about, and the day (YYYY-MM-DD) on which they have to be made."""

    root: str
    evidence: Evidence
    evidence_id: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    statement: Statement
    key: PinnedKey
    said: ApprovalPredicate

    @property
    def order(self) -> tuple[str, bool, str]:
        """Later days come last; on one day a rejection does; of two alike, one has to."""
        return self.said.made_on, self.said.decision == "reject", self.statement.sha256

    def is_beside(self, other: _Word) -> bool:
        """Whether the same signer said both in the same role."""
        return self.said.role == other.said.role and self.key.is_one_with(other.key)

    def not_weighed(self, why: str) -> NotWeighed:
        return NotWeighed(
            path=self.statement.path, why=why, by=self.key.name, role=self.said.role
        )  # fmt: skip


def weigh_approvals(statements: Statements, about: Decided, trust: Trust | None) -> Decisions:
    """Which decisions count.

    Args:
        statements: their signatures were checked: `key` is given only if a pinned key signed.
        about: root, evidence and day.
        trust: pinned signers; None weighs nothing.
    """
    found = [s for s in statements.all if s.signed.kind == "approval"]
    if trust is None:
        left = tuple(NotWeighed(path=s.path, why=NO_TRUST) for s in found)
        return Decisions(day=about.day, not_weighed=left)
    read = [_word(s, about) for s in found]
    words = [w for w in read if isinstance(w, _Word)]
    left_out = [w for w in read if isinstance(w, NotWeighed)]
    counted: list[Decision] = []
    for word in sorted(words, key=lambda w: (w.said.made_on, w.statement.sha256)):
        if (why := _superseded(word, words)) is not None:
            left_out.append(word.not_weighed(why))
        else:
            counted.append(_decision(word, statements))
    return Decisions(day=about.day, counted=tuple(counted), not_weighed=tuple(left_out))


def _word(statement: Statement, about: Decided) -> _Word | NotWeighed:
    path, key = statement.path, statement.key
    if key is None:
        return NotWeighed(path=path, why=statement.why_nobodys)
    if statement.revoked is not None:
        return NotWeighed(path=path, why=f"revoked: {statement.revoked}", by=key.name)
    try:
        said = read_approval(statement.signed.predicate, path)
    except BundleError as error:
        return NotWeighed(path=path, why=str(error), by=key.name)
    word = _Word(statement=statement, key=key, said=said)
    why = _why_not(word, about)
    return word if why is None else word.not_weighed(why)


def _why_not(word: _Word, about: Decided) -> str | None:
    signed, said, subject = word.statement.signed, word.said, about.evidence.subject
    if (signed.subject_name, signed.subject_sha256) != (TAG_MANIFEST, about.root):
        return "it is about another bundle"
    if (said.root, said.evidence_id) != (about.root, about.evidence_id):
        return "it names another bundle or other evidence than it is about"
    if (said.subject.name, said.subject.version) != (subject.name, subject.version):
        return f"it is about {said.subject.name}, version {said.subject.version}"
    if said.role == SEALER:
        return "to seal is no decision on a release"
    if said.role not in word.key.roles:
        return f"the trust does not give {word.key.name} the role {said.role}"
    if said.made_on > about.day:
        return f"signed on {said.made_on}, after {about.day}"
    return None


def _superseded(word: _Word, words: Iterable[_Word]) -> str | None:
    """The last word of a signer in a role counts; on one day a rejection is the last."""
    later = [w for w in words if w.is_beside(word) and w.order > word.order]
    if not later:
        return None
    last = max(later, key=lambda w: w.order)
    done = "rejected it" if last.said.decision == "reject" else "approved it"
    return f"the same signer {done} on {last.said.made_on}"


def _decision(word: _Word, statements: Statements) -> Decision:
    said = word.said
    return Decision(
        statement=word.statement.sha256, by=word.key.name, role=said.role, decision=said.decision,
        made_on=said.made_on, said=said.statement,
        by_sealer=statements.is_sealer(word.key),
    )  # fmt: skip
