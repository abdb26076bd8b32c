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


class PairedNumber(Record):
    """One measure of both versions on the same rows; the difference is after minus before.

    Attributes:
        event: the label that it counts, where it counts one.
        n: rows that carry it.
        before, after, difference: None where undefined, and then `reason` says why.
        low, high, level, method: the interval of the difference; None where there is none, and
            then `reason` says why.
        p_value, test: two-sided, that the two versions do not differ; not adjusted.
    """

    metric: str
    event: str | None = None
    n: int
    before: float | None
    after: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    p_value: float | None = None
    test: str | None = None
    reason: str | None = None


class Turned(Record):
    """Rows that one version decided so and the other otherwise.

    Attributes:
        before, after: the two decisions, as the label is written.
        n: rows.
        n_labelled: of these, whose label is known.
        right_before, right_after: of those, where the decision is the label.
    """

    before: str
    after: str
    n: int
    n_labelled: int
    right_before: int
    right_after: int


class PairedGroup(Record):
    """The rows of one group: which decisions changed, and what became of the selection rate.

    Attributes:
        reason: why there is nothing but the count.
    """

    value: str
    n: int
    turned: tuple[Turned, ...] = ()
    selection_rate: PairedNumber | None = None
    reason: str | None = None


class PairedAttribute(Record):
    """One sensitive attribute over the common rows.

    Attributes:
        groups: by value; empty where they are not known here, and then `reason` says why.
        regrouped: rows that the earlier version's data has in another group. They are counted in
            the later one's.
    """

    name: str
    groups: tuple[PairedGroup, ...] = ()
    regrouped: int = 0
    reason: str | None = None


class PairedRole(Record):
    """Both versions on the rows that they have in common, by row id.

    Attributes:
        n: common rows. n_before, n_after: rows on each side.
        n_labelled: common rows whose label is known.
        reason: why nothing is compared.
        turned: decisions that changed, by what they were and are.
        attributes: the sensitive ones of the later version's configuration.
        notes: what a reader of the numbers must know.
    """

    role: str
    task: Literal["binary", "multiclass", "regression"] | None = None
    n: int = 0
    n_before: int | None = None
    n_after: int | None = None
    n_labelled: int = 0
    reason: str | None = None
    numbers: tuple[PairedNumber, ...] = ()
    turned: tuple[Turned, ...] = ()
    attributes: tuple[PairedAttribute, ...] = ()
    notes: tuple[str, ...] = ()


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
    explanation: tuple[ValueChange, ...] = ()
    logged: tuple[LoggedChange, ...] = ()
    rows: tuple[RoleRows, ...] = ()
    paired: tuple[PairedRole, ...] = ()
    numbers: tuple[NumberChange, ...] = ()
    findings: tuple[FindingChange, ...] = ()
    controls: tuple[ControlChange, ...] = ()
    items: tuple[ItemChange, ...] = ()
