"""What changed between two bundles, in the terms a validator thinks in; all of it for `--json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from affidavit.evidence import Record

How = Literal["out", "in", "changed"]


class Side(Record):
    """One of the two bundles, and what verify said of it."""

    bundle: str
    name: str
    version: str
    evidence_id: str
    verdict: str


class DataChange(Record):
    """A dataset file that differs.

    Attributes:
        compared: `rows` by row id, where both are here as CSV; `digests` otherwise, and `reason`
            says why.
        rows_changed: rows of the same id with another value in a column that both have.
        columns: in which columns they changed.
    """

    role: str
    path: str
    how: How
    compared: Literal["rows", "digests"]
    reason: str | None = None
    before: str | None = None
    after: str | None = None
    rows_out: int = 0
    rows_in: int = 0
    rows_changed: int = 0
    columns: tuple[str, ...] = ()
    columns_out: tuple[str, ...] = ()
    columns_in: tuple[str, ...] = ()


class ValueChange(Record):
    """A named value that differs: a parameter, a package, a logged metric, a setting."""

    name: str
    before: str | None
    after: str | None


class LoggedChange(ValueChange):
    """A metric as training logged it. `same_data`: it named data of the same digest, or of none."""

    same_data: bool


class FileChange(Record):
    """A file of the commit."""

    path: str
    how: How


class CodeChange(Record):
    """Another commit. `files` is None where a list of them is missing on a side."""

    before: str | None
    after: str | None
    files: tuple[FileChange, ...] | None


class RoleRows(Record):
    """Whether a dataset role holds the same evaluation rows on both sides.

    Attributes:
        same: the same row ids with equal labels. None: it cannot be told, `reason` says why.
        rows_before, rows_after: where known.
        is_main: the role that the reports are mainly about (the one without its name in them).
        decisions_changed: on the same rows.
    """

    role: str
    same: bool | None
    reason: str
    is_main: bool = True
    rows_before: int | None = None
    rows_after: int | None = None
    decisions_changed: int | None = None


class NumberChange(Record):
    """A recomputed number that differs, or stands on one side only.

    Attributes:
        comparable: it is about the same rows; if not, the two values say nothing of each other.
        is_group: it is about one group, or compares two.
    """

    id: str
    metric: str
    role: str
    is_group: bool
    comparable: bool
    before: float | None
    after: float | None
    n_before: int | None
    n_after: int | None
    low_before: float | None = None
    high_before: float | None = None
    low_after: float | None = None
    high_after: float | None = None


class FindingChange(Record):
    """A gap or an exception that appeared or vanished."""

    how: Literal["appeared", "vanished"]
    kind: Literal["gap", "exception"]
    id: str
    what: str


class ControlChange(Record):
    """A control with another status, as sealed."""

    catalog: str
    control: str
    before: str | None
    after: str | None


class ItemChange(Record):
    """A file that differs, for two builds of the same version."""

    path: str
    how: How


class Difference(Record):
    """Everything that differs. Empty tuples and None mean: the same."""

    schema_: Literal["affidavit/difference"] = Field(default="affidavit/difference", alias="schema")
    version: Literal[1] = 1
    before: Side
    after: Side
    same_evidence: bool
    data: tuple[DataChange, ...] = ()
    params: tuple[ValueChange, ...] = ()
    code: CodeChange | None = None
    environment: tuple[ValueChange, ...] = ()
    configuration: tuple[ValueChange, ...] = ()
    logged: tuple[LoggedChange, ...] = ()
    rows: tuple[RoleRows, ...] = ()
    numbers: tuple[NumberChange, ...] = ()
    findings: tuple[FindingChange, ...] = ()
    controls: tuple[ControlChange, ...] = ()
    items: tuple[ItemChange, ...] = ()
