"""Which signed answers count, by the reader's trust, and what the controls are as of now.

An answer counts if a pinned key signed it that is not revoked and holds its role, over this very
evidence, to the very question that the catalog in the bundle asks, apart from whom that question
keeps it apart from, on a day on which it holds. Everything else is listed with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from affidavit.bundle.attestation import Answered, AttestationPredicate, read_attestation
from affidavit.bundle.layout import EVIDENCE
from affidavit.errors import BundleError
from affidavit.evidence import Evidence, Record
from affidavit.standing import Answer, Assessment, CatalogStanding, Question, Status, as_of_now
from affidavit.verify.authors import why_not_apart
from affidavit.verify.statements import Statement
from affidavit.verify.trust import PinnedKey

NO_TRUST = "no trust was given"
_VALIDATOR = "validator"


class NotWeighed(Record):
    """A signed answer that does not count, and why; of an unpinned key, no word is repeated.

    Attributes:
        path: the statement.
        by: the pinned key's name.
    """

    path: str
    why: str
    by: str | None = None
    role: str | None = None
    catalog: str | None = None
    control: str | None = None


class ControlNow(Record):
    """A control whose status as of now is another than the sealed one, or rests on answers."""

    catalog: str
    control: str
    sealed: Status
    now: Status
    answers: tuple[Answer, ...] = ()


class StandingNow(Record):
    """The controls as of a day, and the answers that were not weighed.

    Attributes:
        day: YYYY-MM-DD, UTC.
        controls: only those that differ from the seal, or that answers were weighed for; none
            where no trust was given.
    """

    day: str
    controls: tuple[ControlNow, ...] = ()
    not_weighed: tuple[NotWeighed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Answers that count, by catalog and control, and those that do not."""

    answers: Mapping[tuple[str, str], tuple[Answer, ...]]
    not_weighed: tuple[NotWeighed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the answers have to be about.

    Attributes:
        authors: as `authors_of` gives them.
        day: on which an answer has to hold, YYYY-MM-DD.
    """

    evidence: Evidence
    evidence_id: str
    standings: Sequence[CatalogStanding]
    authors: frozenset[str]
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """One answer of one statement, found good but for time and later words of the same signer."""

    statement: Statement
    key: PinnedKey
    said: AttestationPredicate
    answered: Answered
    expires_on: str

    @property
    def place(self) -> tuple[str, str]:
        return self.answered.catalog, self.answered.control

    @property
    def last_word(self) -> tuple[str, bool]:
        """Later days come last; on one day a no does."""
        return self.said.made_on, self.answered.answer == "no"

    def not_weighed(self, why: str) -> NotWeighed:
        return NotWeighed(
            path=self.statement.path, why=why, by=self.key.name, role=self.said.role,
            catalog=self.answered.catalog, control=self.answered.control,
        )  # fmt: skip

    @property
    def answer(self) -> Answer:
        return Answer(
            role=self.said.role, answer=self.answered.answer, by=self.key.name,
            statement=self.statement.sha256, signed_on=self.said.made_on,
            expires_on=self.expires_on, said=self.said.statement,
        )  # fmt: skip


def controls_now(weighed: Weighed, standings: Iterable[CatalogStanding], day: str) -> StandingNow:
    """Every control as of a day that is not as sealed, or that rests on answers."""
    found = []
    for standing in standings:
        for one in standing.assessments:
            answers = weighed.answers.get((standing.catalog, one.control), ())
            now = as_of_now(one, answers, day)
            if answers or now != one.status:
                found.append(ControlNow(
                    catalog=standing.catalog, control=one.control, sealed=one.status, now=now,
                    answers=answers,
                ))  # fmt: skip
    return StandingNow(day=day, controls=tuple(found), not_weighed=weighed.not_weighed)


def unweighed(statements: Iterable[Statement], day: str) -> StandingNow:
    """What is said of attestations where no trust was given: that they are there."""
    return StandingNow(
        day=day,
        not_weighed=tuple(
            NotWeighed(path=s.path, why=NO_TRUST) for s in statements if _is_attestation(s)
        ),
    )


def weigh(statements: Iterable[Statement], about: About) -> Weighed:
    """Which answers of the signed attestations count on a day.

    Args:
        statements: their signatures were checked: `key` is given only if a pinned key signed.
        about: evidence, controls, authors and day.
    """
    words: list[_Word] = []
    left_out: list[NotWeighed] = []
    attestations = sorted((s for s in statements if _is_attestation(s)), key=lambda s: s.sha256)
    validators = tuple(_validators(attestations))
    for statement in attestations:
        found = _words_of(statement, about, validators)
        words += (w for w in found if isinstance(w, _Word))
        left_out += (w for w in found if isinstance(w, NotWeighed))
    answers: dict[tuple[str, str], list[Answer]] = {}
    for word in words:
        why = _why_not_now(word, words, about.day)
        if why is None:
            answers.setdefault(word.place, []).append(word.answer)
        else:
            left_out.append(word.not_weighed(why))
    return Weighed(
        answers={place: tuple(sorted(a, key=_order)) for place, a in answers.items()},
        not_weighed=tuple(left_out),
    )


def _order(answer: Answer) -> tuple[str, str]:
    return answer.role, answer.statement


def _is_attestation(statement: Statement) -> bool:
    return statement.signed.kind == "attestation"


def _validators(attestations: Iterable[Statement]) -> Iterator[PinnedKey]:
    """The signers of the reader's who answered anything as validator."""
    for statement in attestations:
        if statement.key is not None and statement.signed.predicate.get("role") == _VALIDATOR:
            yield statement.key


def _words_of(
    statement: Statement, about: About, validators: Sequence[PinnedKey]
) -> list[_Word | NotWeighed]:
    path, key = statement.path, statement.key
    if key is None:
        return [NotWeighed(path=path, why=statement.why_nobodys)]
    if statement.revoked is not None:
        return [NotWeighed(path=path, why=f"revoked: {statement.revoked}", by=key.name)]
    try:
        said = read_attestation(statement.signed.predicate, path)
    except BundleError as error:
        return [NotWeighed(path=path, why=str(error), by=key.name)]
    if fault := _wrong_subject(statement, said, about):
        return [NotWeighed(path=path, why=fault, by=key.name, role=said.role)]
    found: list[_Word | NotWeighed] = []
    for answered in said.answers:
        word = _Word(
            statement=statement, key=key, said=said, answered=answered, expires_on=said.expires_on
        )
        why, question = _why_not(word, _find(answered, about.standings), about, validators)
        if question is None:
            found.append(word.not_weighed(why))
        else:
            # Whatever it says itself, it holds no longer than the question's validity.
            last = min(said.expires_on, last_day(said.made_on, question))
            found.append(replace(word, expires_on=last))
    return found


def _wrong_subject(statement: Statement, said: AttestationPredicate, about: About) -> str | None:
    signed, subject = statement.signed, about.evidence.subject
    if (signed.subject_name, signed.subject_sha256) != (EVIDENCE, about.evidence_id):
        return "it is about other evidence"
    if said.evidence_id != about.evidence_id:
        return "it names other evidence than it was signed over"
    if (said.subject.name, said.subject.version) != (subject.name, subject.version):
        return f"it is about {said.subject.name}, version {said.subject.version}"
    return None


def _find(answered: Answered, standings: Sequence[CatalogStanding]) -> Assessment | None:
    found = (
        a
        for s in standings
        for a in s.assessments
        if (s.catalog, a.control) == (answered.catalog, answered.control)
    )
    return next(found, None)


def _why_not(
    word: _Word, assessment: Assessment | None, about: About, validators: Sequence[PinnedKey]
) -> tuple[str, Question | None]:
    """The question that is answered, or why the answer does not count whatever the day."""
    role = word.said.role
    if role not in word.key.roles:
        return f"the trust does not give {word.key.name} the role {role}", None
    if assessment is None:
        return "the bundle has no such control", None
    question = next((q for q in assessment.questions if q.role == role), None)
    if question is None:
        return f"the control asks nothing of the role {role}", None
    if question.question != word.answered.question:
        return "it answers another question than the catalog in the bundle asks", None
    if not assessment.is_for_people:
        return f"the control is {assessment.status}: there is nothing to sign", None
    if "authors" in question.separation and (why := why_not_apart(word.key, about.authors)):
        return why, None
    is_apart = all(word.key.is_apart_from(v) for v in validators)
    if "validator" in question.separation and not is_apart:
        return f"{word.key.name} also answered as validator", None
    return "", question


def _why_not_now(word: _Word, words: Sequence[_Word], day: str) -> str | None:
    """Why an answer does not count on a day; a signer's last word does, even an expired one."""
    if word.said.made_on > day:
        return f"signed on {word.said.made_on}, after {day}"
    later = [
        w for w in words
        if (w.place, w.said.role) == (word.place, word.said.role)
        and w.key.is_one_with(word.key)
        and w.said.made_on <= day and w.last_word > word.last_word
    ]  # fmt: skip
    if later:
        last = max(later, key=lambda w: w.last_word)
        return f"the same signer answered {last.answered.answer} on {last.said.made_on}"
    if word.expires_on < day:
        return f"expired on {word.expires_on}"
    return None


def last_day(made_on: str, question: Question) -> str:
    """The last day on which an answer of this day can hold; far beyond the calendar, its end."""
    try:
        last = date.fromisoformat(made_on) + timedelta(days=question.validity_days)
    except OverflowError:
        last = date.max
    return last.isoformat()
