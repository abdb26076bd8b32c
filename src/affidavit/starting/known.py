"""What was found of a model and its data: what a person is shown, and what candidates come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from affidavit.starting.glimpse import Seen, Table

_TELLING = re.compile(
    r"(?:^|[^a-z])(?:sex|gender|race|racial|ethnic\w*|colou?r|afam|black|hispanic|minority|age|"
    r"birth\w*|dob|marital|marriage|married|single|religion|nationalit\w*|citizen\w*|disab\w*|pregnan\w*)"
    r"(?:[^a-z]|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A dataset that the run says it read."""

    name: str
    digest: str
    context: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What the registry and the run say of the version.

    Attributes:
        registered: the day, YYYY-MM-DD.
        run: the run's id; `run_lost` where the tracking server has none of that id.
        dirty: `clean`, `dirty` or `unknown`: whether the tree had uncommitted changes.
        metrics: key and value, as logged.
    """

    version: str
    registered: str | None = None
    registered_by: str | None = None
    run: str | None = None
    run_lost: bool = False
    run_name: str | None = None
    run_status: str | None = None
    commit: str | None = None
    commit_by: str = "the run"
    dirty: str = "unknown"
    inputs: tuple[Input, ...] = ()
    metrics: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)  # without slots: what is derived is kept, a table may be wide
class Known:
    """What could be seen of a model.

    Attributes:
        subject: as it was asked for, `models:/credit-risk/3`.
        features: the model's input columns; empty without a signature.
        example: those of the input example, where there is no signature.
        tables: the data files whose header could be read.
        tracked: paths that DVC tracks at the training commit.
        remote_hint: the DVC remote that the commit's own settings name; for messages only.
        thresholds: what may be a threshold, as (where it was found, value).
        unread: data files that could not be read, as (path, why).
        repository: why the commit could not be looked up; empty where it was.
        has_config: the commit has an affidavit.toml, which a build reads.
    """

    subject: str
    features: tuple[str, ...]
    chain: Chain | None = None
    example: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    tracked: tuple[str, ...] = ()
    remote_hint: str = ""
    thresholds: tuple[tuple[str, str], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    repository: str = ""
    has_config: bool = False

    @cached_property
    def scored(self) -> tuple[Table, ...]:
        """The tables that the model could score: given for a role, or with every feature.

        Where none is, those that the run read: code may make the features of their columns.
        """
        return tuple(t for t in self.tables if self._could_be_scored(t)) or self._read_by_run

    @property
    def _read_by_run(self) -> tuple[Table, ...]:
        logged = {i.path for i in self.chain.inputs} if self.chain is not None else set()
        return tuple(t for t in self.tables if t.path in logged)

    @property
    def needs_adapter(self) -> bool:
        """Whether there are rows, and none of them has what the model takes."""
        wanted = set(self.features)
        seen = [t for t in self.scored if t.columns]
        return bool(seen) and not any(wanted <= set(t.names) for t in seen)

    def _could_be_scored(self, table: Table) -> bool:
        if table.uri is not None:
            return table.role is not None
        return set(self.features) <= set(table.names)

    @cached_property
    def apart(self) -> tuple[Table, ...]:
        """The other tables, which could be protected ones."""
        return tuple(t for t in self.tables if t not in self.scored)

    @cached_property
    def others(self) -> tuple[Seen, ...]:
        """The columns of scored tables that the model does not take, each name once."""
        taken = set(self.features)
        return tuple(c for c in self.columns if c.name not in taken)

    @property
    def columns(self) -> tuple[Seen, ...]:
        """The columns of scored tables, each name once, as the first such table has it."""
        return tuple(self._by_name.values())

    @cached_property
    def _by_name(self) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        for table in self.scored:
            for column in table.columns:
                found.setdefault(column.name, column)
        return found

    def column(self, name: str | None) -> Seen | None:
        """A column of a scored table, by its name."""
        return None if name is None else self._by_name.get(name)


def is_telling(name: str) -> bool:
    """Whether a column's name sounds like an attribute that groups are compared by."""
    return _TELLING.search(name.lower()) is not None


def id_columns(columns: tuple[Seen, ...]) -> tuple[str, ...]:
    """Columns that could name a row."""
    return tuple(c.name for c in columns if c.is_unique and c.name)
