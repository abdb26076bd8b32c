"""The text of a first affidavit.toml and declarations.toml, from what a model and its data show.

What decides about people is never filled in: the favourable outcome, the threshold and the
sensitive columns stand as candidates, commented out. Each candidate is a whole line; with one of
each choice uncommented, `affidavit.toml_reader` takes the file.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from affidavit.cli.glimpse import Seen, Table
from affidavit.config import Declarations
from affidavit.printable import printable

_TELLING = re.compile(
    r"(?:^|[^a-z])(?:sex|gender|race|racial|ethnic\w*|colou?r|afam|black|hispanic|minority|age|"
    r"birth\w*|dob|marital|married|single|religion|nationalit\w*|citizen\w*|disab\w*|pregnan\w*)"
    r"(?:[^a-z]|$)"
)
_LIMIT = 40  # candidates of one choice; more than that nobody reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What init could see of a model.

    Attributes:
        subject: as it was asked for, `models:/credit-risk/3`.
        features: the model's input columns; empty without a signature.
        tables: the data files whose header could be read.
        tracked: paths that DVC tracks at the training commit.
        thresholds: the run's parameters that may be a threshold, as (name, value).
    """

    subject: str
    features: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    tracked: tuple[str, ...] = ()
    thresholds: tuple[tuple[str, str], ...] = ()

    @property
    def scored(self) -> tuple[Table, ...]:
        """The tables that the model could score: those with every feature."""
        return tuple(t for t in self.tables if set(self.features) <= set(t.names))

    @property
    def others(self) -> tuple[Seen, ...]:
        """The columns of scored tables that the model does not take, each name once."""
        found = {c.name: c for t in self.scored for c in t.columns if c.name not in self.features}
        return tuple(found.values())


def config_text(known: Known) -> str:
    """affidavit.toml with candidates; `# choose` marks what is left to a person."""
    parts = [
        _comment(
            "affidavit.toml: how Affidavit is to read this project. Commit it before you train, "
            "so that it counts as set before the result. Written by: affidavit init "
            f"{printable(known.subject)}. Where a line says choose, take the # from one of the "
            "lines below it."
        ),
        "version = 1",
        _TASK,
        *_rows(known), *_label(known), *_decision(known), *_features(known), *_datasets(known),
        *_sensitive(known), _GROUPS, _HOLD,
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _rows(known: Known) -> list[str]:
    ids = [c.name for c in known.others if c.is_unique]
    lines = ["[rows]", "# The column that names a row; never given to the model."]
    lines += _lines("id", ids or ["<a column>"])
    lines += [
        "# Weights of the rows, where they are a sample.",
        '# weight = "<a column>"',
        "# Columns that are neither features nor label: names, addresses, notes.",
        '# exclude = ["<a column>"]',
    ]
    return ["\n".join(lines)]


def _label(known: Known) -> list[str]:
    columns = sorted(known.others, key=lambda c: (c.is_unique, not c.values))
    lines = [
        "[label]",
        "# choose: the column that was to be predicted, one the model does not take",
    ]
    lines += _lines("column", [c.name for c in columns] or ["<a column>"])
    lines += [
        "# choose: what that column really is",
        '# kind = "outcome"        # observed: what became of the case',
        '# kind = "past-decision"  # what you or another decided then, not what became of it',
        '# kind = "proxy"          # stands in for what could not be observed',
        "# choose (binary): the value whose probability is the score",
        *_label_values("positive", columns),
        "# choose: the value that is good for the person concerned; nobody can guess it",
        *_label_values("favourable", columns),
        "# What that value means for the person, in words for page one.",
        '# favourable_means = "<in a few words>"',
        "# How long after the decision an outcome was awaited.",
        '# horizon = "24 months"',
    ]
    return ["\n".join(lines)]


def _label_values(key: str, columns: Sequence[Seen]) -> list[str]:
    lines = [
        f"# {key} = {toml_text(value)}  # seen in {toml_text(column.name)}"
        for column in columns
        for value in column.values
    ]
    return lines[:_LIMIT] or [f'# {key} = "<a value of the label>"']


def _decision(known: Known) -> list[str]:
    lines = [
        "[decision]",
        "# choose (binary): a threshold, or the column of the final decision after rules and",
        "# overrides; score >= threshold predicts the positive value",
    ]
    lines += [
        f"# threshold = {value}  # the run's parameter {toml_text(name)}"
        for name, value in known.thresholds
    ]
    if not known.thresholds:
        lines.append("# threshold = <a probability from 0 to 1>")
    lines += _lines("column", [c.name for c in known.others if 0 < len(c.values) <= 2] or
                    ["<a column>"])  # fmt: skip
    return ["\n".join(lines)]


def _features(known: Known) -> list[str]:
    if known.features:
        names = ", ".join(printable(name) for name in known.features)
        return [_comment(f"Features: the model's signature names them ({names}).")]
    columns = [c.name for c in known.others] or ["<a column>"]
    listed = "\n".join(f"#   {toml_text(name)}," for name in columns)
    head = "# choose: the model has no signature; its input columns, in the order of training"
    return [f"{head}\n# [features]\n# columns = [\n{listed}\n# ]"]


def _datasets(known: Known) -> list[str]:
    scored = [t.path for t in known.scored]
    paths = scored or [p for p in known.tracked if p.endswith((".csv", ".parquet"))]
    parts = ["# The data, by the paths that DVC tracks at the training commit."]
    choice = (
        "# choose; there is no default\n"
        '# include = "embed"      # the rows travel in the bundle\n'
        '# include = "reference"  # only digests, sizes and what was computed'
    )
    for role, path in zip(_roles(paths), paths, strict=True):
        parts.append(f"[datasets.{role}]\npath = {toml_text(path)}\n{choice}")
    if not paths:
        parts.append(f'# choose\n# [datasets.evaluation]\n# path = "data/evaluation.csv"\n{choice}')
    return parts


def _roles(paths: Sequence[str]) -> list[str]:
    """A role for each path: its file's name in small letters, made unique."""
    roles: list[str] = []
    for path in paths:
        stem = path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
        role = re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:30] or "data"
        while role in roles:
            role += "-2"
        roles.append(role)
    return roles


def _sensitive(known: Known) -> list[str]:
    parts = [
        _comment(
            "Attributes whose groups are to be compared. The model never sees them. Only names "
            "that looked like it stand here; a column can be one under any name. source is "
            '"self-reported", "observed" or "estimated".'
        )
    ]
    if taken := [name for name in known.features if _TELLING.search(name.lower())]:
        listed = ", ".join(printable(name) for name in taken)
        parts.append(_comment(f"The model takes columns with such a name itself: {listed}."))
    found = [
        _attribute(column, table, is_apart=table not in known.scored)
        for table in known.tables
        for column in table.columns
        if column.name not in known.features and _TELLING.search(column.name.lower())
    ]
    return [*parts, *(found or [_ATTRIBUTE])]


def _attribute(column: Seen, table: Table, *, is_apart: bool) -> str:
    """A candidate as a block that is taken whole; `# #` are choices within it."""
    key = re.sub(r"[^A-Za-z0-9_-]+|^[^A-Za-z]+", "-", column.name).strip("-_")[:40]
    lines = [
        f"[sensitive.{key or 'attribute'}]",
        f"column = {toml_text(column.name)}",
        'source = "<one of the three>"',
    ]
    lines += [f"# reference = {toml_text(value)}" for value in column.values]
    if column.is_numeric and not column.values:
        lines.append("# bands = [25, 60]")
    if is_apart:
        join = next((c.name for c in table.columns if c.is_unique), "<a column>")
        lines += [f"table = {toml_text(table.path)}", f"join_on = {toml_text(join)}"]
    return "\n".join(f"# {line}" for line in lines)


_TASK = """\
# choose: what the model predicts
# task = "binary"
# task = "multiclass"
# task = "regression"

# The column whose values several rows share, where a person or case has several.
# unit = "<a column>"

# Who set all this and when, where the file comes after training, by --config.
# set_by = "<who>"
# set_on = "<day, as in 2026-11-01>\""""

_ATTRIBUTE = """\
# [sensitive.<name>]
# column = "<a column>"
# source = "<one of the three>"
# table = "<a protected table, kept apart>"
# join_on = "<the column that joins it>\""""

_GROUPS = """\
# Groups with fewer rows are not compared; attributes whose groups are also formed together.
# [fairness]
# smallest_group = 30
# intersections = [["<an attribute>", "<another>"]]

# Parts of the rows, by a column that is not sensitive, that performance is shown by.
# [segments.<name>]
# column = "<a column>"

# When each row was: performance and stability by period.
# [time]
# column = "<a column>"
# by = "quarter\""""

_HOLD = """\
# A number held against a threshold, by somebody, on a day.
# [[hold]]
# metric = "roc_auc"
# min = 0.75
# set_by = "<who>"
# set_on = "<day, as in 2026-11-01>\""""


def _lines(key: str, values: Iterable[str]) -> list[str]:
    return [f"# {key} = {toml_text(value)}" for value in values][:_LIMIT]


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(text, 78, break_on_hyphens=False))


def toml_text(text: str) -> str:
    """A TOML basic string of the text, with everything unseen escaped."""
    return "".join(_escaped(c) for c in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    return char if printable(char) == char else f"\\U{ord(char):08X}"


# ---- declarations.toml

_FORMS = {
    "declared_on": '"<day, as in 2026-11-01>"',
    "developers": '["<name>"]',
    "jurisdictions": '["US", "EU"]',
    "automated": '"advisory"',
    "credit": '"yes"',
    "personal_data": '"yes"',
    "generative": '"no"',
    "high_risk": '"yes"',
    "approved_on": '"<day, as in 2026-11-01>"',
    "next_review": '"<day, as in 2027-11-01>"',
}
_DOCUMENT = """\
# Documents that the evidence points to, one table each; docs/declarations.md lists `about`.
# [[document]]
# about = "dpia"
# title = "<text>"
# version = "<text>"
# dated = "<day, as in 2026-11-01>"\
"""


def declarations_text(known: Known) -> str:
    """declarations.toml, every key commented out: what is left out shows as missing."""
    head = _comment(
        "declarations.toml: what you say of the model. The card marks it as said, not shown. It "
        "may come later than the model, by --declarations. What is left out stands as missing on "
        f"the card, with the key's name. Written by: affidavit init {printable(known.subject)}."
    )
    forms = dict.fromkeys(Declarations.model_fields, '"<text>"') | _FORMS
    fields = {k: f.description for k, f in Declarations.model_fields.items() if f.description}
    parts = [f"# {what}\n# {key} = {forms[key]}" for key, what in fields.items()]
    return "\n\n".join([head, "version = 1", *parts, _DOCUMENT]) + "\n"
