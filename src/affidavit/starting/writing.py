"""The text of a first affidavit.toml, from what is known and what was answered.

Every key stands with a sentence that says what it is. What was left open is written as an open
place, a text in angle brackets under its candidates: the reader refuses it, with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from affidavit.printable import printable
from affidavit.starting.about_data import SELECTION as FILES
from affidavit.starting.about_data import roles
from affidavit.starting.about_people import SELECTION as ATTRIBUTES
from affidavit.starting.about_people import Attribute, attributes
from affidavit.starting.known import Known, is_telling
from affidavit.starting.question import Answers, Candidate, Form, Key, Question
from affidavit.starting.questions import questions
from affidavit.starting.toml_lines import comment, pair, toml_text

_LIMIT = 40  # candidates of one choice; more than that nobody reads
Asked = Mapping[Key, Question]


def config_text(known: Known, answers: Answers, *, day: str) -> str:
    """affidavit.toml.

    Args:
        known: what was found.
        answers: to every question, as `questions` asks them.
        day: on which it was answered, YYYY-MM-DD.
    """
    asked = {q.key: q for q in questions(known, answers)}
    blocks = [
        comment(
            "affidavit.toml: how Affidavit is to read this project. Commit it before you train, "
            "so that it counts as set before the result. What stands in <angle brackets> is left "
            "open: a build names its line. Lines above it that begin with three blanks are "
            f"candidates. Written by: affidavit init {known.subject}"
        ),
        "version = 1",
        _entry(asked, answers, ("task",)),
        _entry(asked, answers, ("unit",)),
        _entry(asked, answers, ("challenger",)),
        *_author(asked, answers, day),
        *_table("rows", asked, answers),
        *_table("label", asked, _needed(answers)),
        *_table("decision", asked, answers),
        *_features(known, asked, answers),
        *_datasets(known, asked, answers),
        *_sensitive(known, asked, answers),
        _MORE,
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _needed(answers: Answers) -> Answers:
    """The answers on the label; groups are compared only by a favourable value."""
    key = ("label", "favourable")
    if answers.get(key) == () and answers.get(ATTRIBUTES) != ():
        return {**answers, key: None}
    return answers


def _table(name: str, asked: Asked, answers: Answers) -> list[str]:
    """A table with all its keys that were asked for, in that order."""
    keys = [k for k in asked if len(k) == len((name, "key")) and k[0] == name]
    if not keys:
        return []
    entries = [_entry(asked, answers, key) for key in keys]
    return [f"[{name}]\n" + "\n\n".join(entries)]


def _entry(asked: Asked, answers: Answers, key: Key) -> str:
    """The sentence, the candidates where it is open, and the key."""
    question = asked.get(key)
    if question is None:
        return ""
    name, answer = key[-1], answers.get(key)
    lines = [comment(f"{question.ask} {question.why}")]
    if answer:
        return "\n".join([*lines, pair(name, answer, question.form)])
    form: Form = "texts" if question.takes_several else "text"
    left_open = pair(name, (f"<{question.placeholder}>",), form)
    lines += _candidates(question, name)
    return "\n".join([*lines, left_open if answer is None else f"# {left_open}"])


def _candidates(question: Question, name: str) -> list[str]:
    return [_candidate(c, name, question) for c in question.candidates[:_LIMIT]]


def _candidate(candidate: Candidate, name: str, question: Question) -> str:
    if question.takes_several:
        line = f"#   {toml_text(candidate.value)},"
    else:
        line = f"#   {pair(name, (candidate.value,), question.form)}"
    return f"{line}  # {printable(candidate.note)}" if candidate.note else line


def _author(asked: Asked, answers: Answers, day: str) -> list[str]:
    entry = _entry(asked, answers, ("set_by",))
    said = answers.get(("set_by",))
    return [f'{entry}\nset_on = "{day}"' if said else f'{entry}\n# set_on = "{day}"']


def _features(known: Known, asked: Asked, answers: Answers) -> list[str]:
    if known.features:
        listed = ", ".join(known.features)
        told = comment(f"The inputs: the model's signature names them ({listed}).")
        return [told, _ADAPTER] if known.needs_adapter else [told]
    return _table("features", asked, answers)


def _datasets(known: Known, asked: Asked, answers: Answers) -> list[str]:
    question = asked[FILES]
    head = comment(f"{question.ask} {question.why}")
    chosen = roles(known, answers)
    if not chosen:
        lines = ["[datasets.evaluation]", *_candidates_as(question, "path")]
        lines += [f'path = "<{question.placeholder}>"', 'include = "<embed or reference>"']
        return [head, "\n".join(lines)]
    blocks = [head]
    given = {t.path: t.uri for t in known.tables if t.role is not None and t.uri is not None}
    for role in chosen:
        place = ("uri", given[role.path]) if role.path in given else ("path", role.path)
        lines = [f"[datasets.{role.name}]", pair(place[0], (place[1],), "text")]
        keys = [k for k in asked if k[:2] == ("dataset", role.path) and k[2] != "role"]
        blocks.append("\n".join([*lines, *(_entry(asked, answers, key) for key in keys)]))
    return blocks


def _candidates_as(question: Question, key: str) -> list[str]:
    return [f"#   {pair(key, (c.value,), 'text')}" for c in question.candidates[:_LIMIT]]


def _sensitive(known: Known, asked: Asked, answers: Answers) -> list[str]:
    question = asked[ATTRIBUTES]
    head = comment(f"{question.ask} {question.why} The model never gets them.")
    chosen = attributes(known, answers)
    taken = [name for name in known.features if is_telling(name)]
    if taken:
        head += "\n" + comment(f"Inputs of the model with such a name: {', '.join(taken)}.")
    if chosen:
        return [head, *(_attribute(one, asked, answers) for one in chosen)]
    if answers.get(ATTRIBUTES) == ():
        return [head + "\n" + comment("Decided: no groups are compared.")]
    return [head, *_attribute_candidates(known, question), _OPEN_ATTRIBUTE]


def _attribute(attribute: Attribute, asked: Asked, answers: Answers) -> str:
    lines = [f"[sensitive.{attribute.name}]", pair("column", (attribute.column,), "text")]
    if attribute.table is not None:
        lines.append(pair("table", (attribute.table.path,), "text"))
    keys = [k for k in asked if k[:2] == ("sensitive", attribute.name)]
    return "\n".join([*lines, *(_entry(asked, answers, key) for key in keys)])


def _attribute_candidates(known: Known, question: Question) -> Iterable[str]:
    """Each candidate as a block that is taken whole."""
    listed: Answers = {ATTRIBUTES: tuple(c.value for c in question.candidates[:_LIMIT])}
    for one in attributes(known, listed):
        lines = [f"[sensitive.{one.name}]", pair("column", (one.column,), "text")]
        lines.append('source = "<how it is known>"')
        if one.table is not None:
            lines.append(pair("table", (one.table.path,), "text"))
            lines.append('join_on = "<the column that joins it>"')
        yield "\n".join(f"#   {line}" for line in lines)


_ADAPTER = """\
# No data that were looked at have them as columns. Where code at the commit
# makes them of others, name its function, and the columns that it is given:
# [model]
# adapter = "<module:function>"
# [features]
# columns = ["<a column of the data>"]"""

_OPEN_ATTRIBUTE = """\
# The name after the dot is the card's word for it, as in [sensitive.sex]. Take
# this table out, if no groups are to be compared.
[sensitive.attribute]
column = "<a column>"
source = "<self-reported, observed or estimated>\""""

_MORE = """\
# ---- What else can be said; docs/configuration.md has every key.

# A number held against a threshold, by somebody, on a day. One that does not
# hold stands on page one.
# [[hold]]
# metric = "roc_auc"
# min = 0.75
# set_by = "<who>"
# set_on = "<day, as in 2026-11-01>"

# Groups with fewer rows are not compared; attributes whose groups are also
# formed together.
# [fairness]
# smallest_group = 30
# intersections = [["<an attribute>", "<another>"]]

# Parts of the rows, by a column that is not sensitive, that performance is
# shown by.
# [segments.<name>]
# column = "<a column>"

# When each row was: performance and stability by period.
# [time]
# column = "<a column>"
# by = "quarter\""""
