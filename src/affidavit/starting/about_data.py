"""Questions on rows, inputs and files: what names a row, which data there are, what travels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from affidavit.errors import UsageError
from affidavit.printable import printable
from affidavit.resolve.declared_query import is_database
from affidavit.starting.about_label import columns, in_data
from affidavit.starting.about_people import attributes
from affidavit.starting.known import Known, id_columns
from affidavit.starting.question import Answers, Candidate, Question, one
from affidavit.subject import parse_ref
from affidavit.toml_reader import is_inside, is_role

SELECTION = ("datasets",)
TABLES = (".csv", ".parquet")
_LONGEST = 30
INCLUDES = (
    Candidate(value="embed", note="the rows travel in the bundle: whoever has it has them"),
    Candidate(value="reference", note="only digests, sizes and what was computed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A file that a person chose, and the role that it plays."""

    name: str
    path: str


def roles(known: Known, answers: Answers) -> tuple[Role, ...]:
    """The chosen files with the names of their roles, each name once."""
    given = {t.path: t.role for t in known.tables if t.role is not None}
    found: list[Role] = []
    for path in answers.get(SELECTION) or ():
        taken = [r.name for r in found]
        named = one(answers, "dataset", path, "role") or given.get(path)
        name = named if named and named not in taken else _role_name(known, path, taken)
        found.append(Role(name=name, path=path))
    return tuple(found)


def data_questions(known: Known, answers: Answers) -> Iterator[Question]:
    """Rows, inputs, files, and who says all this."""
    label = one(answers, "label", "column")
    yield _row_id(known, label)
    yield _unit(known, answers)
    if personal := _personal(known, answers):
        yield _exclude(known, personal, answers)
    if not known.features:
        yield _features(known, answers)
    yield _files(known)
    yield from _each_file(known, answers)
    yield Question(
        key=("challenger",),
        ask="Is there another version to compare with on the same rows?",
        why="The version in use, or an alternative: each decision is then compared, row by row.",
        more="As in models:/credit-risk@champion, or models:/credit-risk/2.",
        is_needed=False,
        placeholder="models:/NAME/VERSION",
        check=_reference,
    )
    yield Question(
        key=("set_by",),
        ask="Who decides what stands in this file?",
        why="A file that comes after training stands on page one as an exception, with who set it "
        "and when.",
        more="A name or an address, as in validation@bank.example.",
        is_needed=False,
        placeholder="who",
    )


def _row_id(known: Known, label: str | None) -> Question:
    ids = [c for c in id_columns(known.others) if c != label]
    return Question(
        key=("rows", "id"),
        ask="Which column names a row?",
        why="Protected tables are joined by it, and a single decision is found by it later. The "
        "model never gets it.",
        candidates=tuple(Candidate(value=c) for c in ids),
        is_needed=False,
        none="rows have no name",
        placeholder="a column",
        default=(ids[0],) if len(ids) == 1 else None,
        check=in_data(known, besides=label, what="the label"),
    )


def _unit(known: Known, answers: Answers) -> Question:
    used = {one(answers, "label", "column"), one(answers, "decision", "column")}
    used |= {one(answers, "rows", "id")}
    names = [
        c for c in known.others
        if c.name not in used and not c.values and not c.is_unique and "id" in c.name.lower()
    ]  # fmt: skip
    check = in_data(known)
    return Question(
        key=("unit",),
        ask="Do several rows belong to one person or case? By which column?",
        why="Rows of one person are not independent: intervals are then by person, and wider.",
        candidates=columns(names),
        is_needed=False,
        placeholder="a column",
        check=lambda v: f"{printable(v)} has another use" if v in used else check(v),
    )


def _used(known: Known, answers: Answers) -> set[str | None]:
    """The columns that the questions before have given a use."""
    singles = (("label", "column"), ("decision", "column"), ("rows", "id"), ("unit",))
    return {one(answers, *key) for key in singles} | {a.column for a in attributes(known, answers)}


def _personal(known: Known, answers: Answers) -> list[str]:
    """Columns that look personal and that nothing else has taken."""
    used = _used(known, answers)
    return [c.name for c in known.others if c.personal and c.name not in used]


def _exclude(known: Known, personal: list[str], answers: Answers) -> Question:
    used, check = _used(known, answers), in_data(known)
    return Question(
        key=("rows", "exclude"),
        ask="Which columns are left out of everything?",
        why="Names, addresses and notes are no inputs, and nothing is computed of them.",
        candidates=columns([c for c in known.others if c.name in personal]),
        form="texts",
        is_needed=False,
        placeholder="a column",
        check=lambda v: f"{printable(v)} has another use" if v in used else check(v),
    )


def _features(known: Known, answers: Answers) -> Question:
    """Asked where the model has no signature; what the model must not get cannot be named."""
    kept = _used(known, answers) - {one(answers, "unit")}
    kept |= set(answers.get(("rows", "exclude")) or ())
    names = known.example or tuple(c.name for c in known.columns)
    check = in_data(known)
    return Question(
        key=("features", "columns"),
        ask="Which columns does the model take, in the order of training?",
        why="The model has no signature, so nothing else says it. A wrong order gives wrong "
        "scores.",
        more="Numbers or names with commas between them; 1-12 names a range.",
        candidates=tuple(Candidate(value=n) for n in names if n not in kept),
        form="texts",
        placeholder="a column",
        check=lambda v: f"{printable(v)} is kept from the model" if v in kept else check(v),
    )


def _files(known: Known) -> Question:
    scored = tuple(t.path for t in known.scored)
    sizes = {t.path: t.size for t in known.tables}
    tracked = [p for p in known.tracked if p.endswith(TABLES) and p not in sizes]
    unseen = "tracked by DVC; not seen here"
    return Question(
        key=SELECTION,
        ask="Which files are the model's data?",
        why="Numbers are computed on these rows, and their digests stand in the evidence.",
        more="Training and evaluation data that the model can score. A table with sensitive "
        "attributes alone is none of them.",
        candidates=tuple(Candidate(value=p, seen=sizes[p]) for p in scored)
        + tuple(Candidate(value=p, note=unseen) for p in tracked),
        form="texts",
        default=scored or tuple(tracked) or None,
        placeholder="the path of the data",
        check=lambda v: "" if v in scored else _inside(v),
    )


def _each_file(known: Known, answers: Answers) -> Iterator[Question]:
    given = {t.path for t in known.tables if t.role is not None}
    uris = {t.path: t.uri for t in known.tables}
    names = [r.name for r in roles(known, answers)]
    for index, path in enumerate(answers.get(SELECTION) or ()):
        before = names[:index]
        if path not in given:
            yield Question(
                key=("dataset", path, "role"),
                ask=f"What is {printable(path)} called?",
                why="The role names the numbers on the card: training, evaluation.",
                is_needed=False,
                default=(_role_name(known, path, before),),
                check=_role_check(before),
            )
        else:
            if is_database(uris.get(path) or ""):
                yield _query(path)
            yield from _origin(path)
        yield Question(
            key=("dataset", path, "include"),
            ask=f"Do the rows of {printable(path)} travel in the bundle?",
            why="Rows about people are personal data: whoever gets the bundle gets them.",
            more="With reference, whoever has the file gives it beside the bundle to recheck it.",
            candidates=INCLUDES,
            is_closed=True,
            placeholder="embed or reference",
        )


def _query(path: str) -> Question:
    """Asked of a database: it holds tables, and only a query says which rows are meant."""
    return Question(
        key=("dataset", path, "query"),
        ask=f"Which query gives the rows of {printable(path)}?",
        why="It is run once, and its rows are the data from then on. Page one names it.",
        more="One SELECT; with ORDER BY, where the same file is to come out again.",
        placeholder="SELECT ... ORDER BY ...",
    )


def _origin(path: str) -> Iterator[Question]:
    """Asked of data that is given: nothing but the person's word ties it to the model."""
    shown = printable(path)
    yield Question(
        key=("dataset", path, "exported_from"),
        ask=f"What was {shown} exported from?",
        why="Page one says that the link between model and data is your word, and repeats this.",
        more="In words, as in: warehouse, schema risk, table scores.",
        is_needed=False,
        placeholder="in a few words",
    )
    yield Question(
        key=("dataset", path, "exported_at"),
        ask="When was it exported?",
        why="Data of another day than the model's can differ from what it learned on.",
        is_needed=False,
        placeholder="as in 2026-11-03",
    )


def _role_name(known: Known, path: str, taken: Sequence[str]) -> str:
    """A role for a path, made unique: what the run calls it, else its file's name."""
    logged = known.chain.inputs if known.chain is not None else ()
    called = next((i.context for i in logged if i.path == path and i.context), None)
    stem = called or path.rstrip("/").rpartition("/")[2].partition(".")[0]
    role = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:_LONGEST] or "data"
    if not is_role(role):  # the name of a device
        role = f"{role}-data"
    while role in taken:
        role += "-2"
    return role


def _role_check(taken: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not is_role(value):
            return "small letters, digits, - and _, at most 40: it names files"
        return f"{value} is another file's" if value in taken else ""

    return check


def _reference(value: str) -> str:
    try:
        parse_ref(value)
    except UsageError as error:
        return error.fix
    return ""


def _inside(value: str) -> str:
    return "" if is_inside(value) else "a path inside the repository is needed, with /"
