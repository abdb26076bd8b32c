"""Eight registries as they are found, each a story: what is there, and what its people then give."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from tests.worlds.bank import CONFIG, DECLARATIONS, Bank, tables

STATED = """\
version = 1
title = "Denial ranking"
purpose = "Ranks applications by how likely a denial is; an underwriter decides each."
owner = "Head of Lending, lending@bank.example"
declared_by = "Ada Example"
declared_on = 2026-11-02
"""
ROLES = {"training": "data/train.csv", "evaluation": "data/evaluation.csv"}
ROWS = """\
version = 1
task = "binary"
{top}[rows]
id = "id"
[label]
column = "deny"
kind = "past-decision"
positive = "yes"
favourable = "no"
favourable_means = "the application was granted"
[decision]
threshold = 0.5
{decision}{groups}[datasets.training]
{training}[datasets.evaluation]
{evaluation}"""
BY_SEX = """\
[sensitive.sex]
column = "sex"
source = "self-reported"
reference = "m"
"""
BY_RACE = """\
[sensitive.race]
column = "race"
source = "self-reported"
reference = "white"
table = "data/protected.csv"
join_on = "id"
"""
GERMAN = """\
version = 1
task = "binary"
[label]
column = "credit_risk"
kind = "outcome"
positive = "2"
favourable = "1"
favourable_means = "the credit was repaid"
[decision]
threshold = 0.5
[[decision.segment]]
column = "purpose"
value = "A40"
threshold = 0.4
[[decision.segment]]
column = "purpose"
value = "A43"
threshold = 0.6
[sensitive.age]
column = "age"
source = "self-reported"
bands = [25]
reference = ">=25"
[datasets.evaluation]
path = "data/german.csv"
include = "embed"
"""


def rows(
    *, top: str = "", decision: str = "", groups: str = BY_SEX, include: str = "embed",
    training: str = 'path = "data/train.csv"\n', evaluation: str = 'path = "data/evaluation.csv"\n',
) -> str:  # fmt: skip
    """An affidavit.toml on the applicants, with one thing said otherwise."""
    travels = f'include = "{include}"\n'
    return ROWS.format(
        top=top, decision=decision, groups=groups,
        training=training + travels, evaluation=evaluation + travels,
    )  # fmt: skip


EXPORTED = rows(
    top='set_by = "Ada Example"\nset_on = 2026-11-20\n',
    training="",
    evaluation='path = "warehouse/evaluation"\nexported_from = "the warehouse, table APPLICATIONS"\n'
    'table_version = "2026-10-31"\n',
).replace('[datasets.training]\ninclude = "embed"\n', "")


@dataclass(frozen=True, kw_only=True)
class Story:
    """A version in the registry, and what is given when it is built, beside the three sources.

    Attributes:
        files: what its people write, where nothing is at a commit.
    """

    ref: str
    remote: Path
    given: tuple[object, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.ref.split("/")[1]


def orderly(bank: Bank) -> Story:
    """Everything was logged: the commit, the data, a clean tree; the files are at the commit."""
    commit = bank.commit(rows(), STATED, "Train the orderly one")
    return Story(ref=bank.register("orderly", commit, roles=ROLES).ref, remote=bank.remote)


def declared_folder(bank: Bank) -> Story:
    """A notebook and a warehouse: no commit, no DVC; somebody exported the rows to Parquet."""
    export(tables()["evaluation"], bank.here / "exports/evaluation")
    made = bank.register("declared", None)
    for name, text in ((CONFIG, EXPORTED), (DECLARATIONS, STATED)):
        (bank.here / name).write_text(text)
    return Story(
        ref=made.ref, remote=bank.remote, files={CONFIG: EXPORTED, DECLARATIONS: STATED},
        given=("--config", CONFIG, "--declarations", DECLARATIONS,
               "--dataset", f"evaluation={bank.here / 'exports/evaluation'}"),
    )  # fmt: skip


def export(table: pd.DataFrame, folder: Path) -> None:
    """Two parts, as a warehouse writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate((table.iloc[:250], table.iloc[250:])):
        part.to_parquet(folder / f"part-{number:05d}.parquet", index=False)


def purged_run(bank: Bank) -> Story:
    """Someone ran `mlflow gc`: the run is gone; the builder knows the commit."""
    commit = bank.commit(rows(), STATED, "Train before the run was purged")
    made = bank.register("purged", commit, roles=ROLES)
    with sqlite3.connect(bank.server.database) as database:  # what `mlflow gc` does to a run
        for table in ("tags", "params", "runs"):
            database.execute(f"delete from {table} where run_uuid = ?", (made.run_id,))
    return Story(ref=made.ref, remote=bank.remote, given=("--commit", commit))


def by_reference(bank: Bank) -> Story:
    """The rows may not leave the bank: the bundle names them and holds none."""
    commit = bank.commit(rows(include="reference"), STATED, "Train, and keep the data here")
    return Story(ref=bank.register("by-reference", commit, roles=ROLES).ref, remote=bank.remote)


def protected_table(bank: Bank) -> Story:
    """Race is in a table held apart, and 3 % of the applicants are not in it."""
    commit = bank.commit(rows(groups=BY_RACE), STATED, "Train; race is kept apart")
    return Story(ref=bank.register("protected", commit, roles=ROLES).ref, remote=bank.remote)


def overrides(bank: Bank) -> Story:
    """Underwriters overrule the model: what they finally decided is a column of the data."""
    config = rows(decision='column = "overruled"\n')
    commit = bank.commit(config, STATED, "Train; people have the last word")
    return Story(ref=bank.register("overrides", commit, roles=ROLES).ref, remote=bank.remote)


def german_credit(bank: Bank) -> Story:
    """A wide table of codes, a model written by hand, thresholds by what the credit is for."""
    commit = bank.commit(GERMAN, STATED, "Write the scorecard down")
    made = bank.register(
        "german-credit", commit, model="scorecard", roles={"evaluation": "data/german.csv"}
    )
    return Story(ref=made.ref, remote=bank.remote)


def altered_object(bank: Bank) -> Story:
    """Somebody changed a byte of the evaluation rows in the remote."""
    commit = bank.commit(rows(), STATED, "Train on data that is altered later")
    made = bank.register("altered", commit, roles=ROLES)
    return Story(ref=made.ref, remote=bank.without(ROLES["evaluation"], changed=True))


BUILT: Mapping[str, Callable[[Bank], Story]] = {
    "orderly": orderly,
    "declared-folder": declared_folder,
    "purged-run": purged_run,
    "by-reference": by_reference,
    "protected-table": protected_table,
    "overrides": overrides,
    "german-credit": german_credit,
}
