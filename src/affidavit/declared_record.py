"""Data that the builder gave: which facts say so, and the one finding that follows from them.

Resolve states the facts, page one shows the finding, verify derives it again: a bundle whose data
is somebody's word cannot leave that out.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from affidavit.bundle.names import stored_name
from affidavit.card_record import one_line
from affidavit.config import Config, Dataset, Include
from affidavit.evidence import Evidence, Fact, Finding, Item

SNAPSHOT: Final = "snapshot"
# The md5 that DVC would give, to hold against what the run and the commit name.
MD5: Final = "md5"
TRACKED: Final = "tracked"
LINK: Final = "link"
INCLUDE: Final = "include"
DECLARED: Final = "declared"
# Of a query that the build ran: when, by the builder's clock, and how many rows it gave.
EXECUTED: Final = "executed_at"
ROWS: Final = "rows"
# Who can have given data: the source of the fact on a snapshot.
BY_OPTION: Final = "option --dataset"
BY_URI: Final = "uri in an affidavit.toml given by --config"
# Free text of `[datasets.<role>]`, and how page one begins each.
PROVENANCE: Final = {
    "exported_from": "exported from",
    "query": "by the query",
    "table_version": "table version",
    "exported_at": "exported at",
}
_INCLUDES: Final[dict[object, Include]] = {"embed": "embed", "reference": "reference"}
_SHOWN: Final = 160  # characters of a text that page one shows; evidence.json has it whole
_PREFIX: Final = "data."


def fact_id(name: str, part: str) -> str:
    """`data.<role>.<part>`; of a protected table `data.<path>.<part>`."""
    return f"{_PREFIX}{name}.{part}"


def name_in(fact_id: str, part: str) -> str | None:
    """The role or table of `data.<name>.<part>`; None of any other id."""
    if not (fact_id.startswith(_PREFIX) and fact_id.endswith(f".{part}")):
        return None
    return fact_id.removeprefix(_PREFIX).removesuffix(f".{part}")


def declared_names(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Roles and protected tables of which anything is declared, sorted."""
    return tuple(
        sorted(
            {
                f.id.removeprefix(_PREFIX).rpartition(".")[0]
                for f in facts
                if f.basis == "declared" and f.id.startswith(_PREFIX)
            }
        )
    )


def declared_findings(facts: Sequence[Fact]) -> tuple[Finding, ...]:
    """One gap for each role or protected table of which anything is declared.

    Args:
        facts: all that begin with `data.`; others are not looked at.
    """
    known = {f.id: f for f in facts}
    return tuple(_finding(name, known) for name in declared_names(facts))


def _finding(name: str, known: Mapping[str, Fact]) -> Finding:
    snapshot = known.get(fact_id(name, SNAPSHOT))
    is_given = snapshot is not None and snapshot.basis == "declared"
    # Only a role has a link: a run names no protected table as such.
    is_role = fact_id(name, LINK) in known
    what = f"the {name} data" if is_role else f"the protected table {one_line(name)}"
    said = _provenance(name, known)
    if is_given and snapshot is not None:
        parts = [f"{what} was given by the builder ({snapshot.source}): {_link(name, known)}"]
        if fact_id(name, INCLUDE) in known:
            parts.append("affidavit.toml does not name this role")
        parts += [f"stated of it: {said}"] if said else []
        text = "; ".join(parts)
        fix = _FIX_LINKED if _is_same(name, LINK, known) else _FIX_GIVEN
    else:
        text, fix = f"where {what} came from is somebody's word: {said}", _FIX_SAID
    return Finding(
        id=fact_id(name, DECLARED), kind="gap", stage="resolve", what=text, fix=fix
    )  # fmt: skip


_FIX_GIVEN: Final = (
    "track the data with DVC and let training log it (dvc.path, dvc.md5); until then keep on file "
    "who gave it, and how the link is known"
)
_FIX_LINKED: Final = "track the data with DVC, so that the commit names it too"
_FIX_SAID: Final = "keep the record of the export on file"
_NO_LINK: Final = "the link between model and data is the builder's word"


def _link(name: str, known: Mapping[str, Fact]) -> str:
    """What of run and commit names these very bytes."""
    by_run, by_commit = (_is_same(name, part, known) for part in (LINK, TRACKED))
    if by_run and by_commit:
        return "the run and the commit name its digest"
    if by_run:
        return "the run names its digest, so the link between model and data is the run's claim"
    if by_commit:
        return f"the commit names its digest, the run does not; {_NO_LINK}"
    return _NO_LINK


def _is_same(name: str, part: str, known: Mapping[str, Fact]) -> bool:
    hashed, other = known.get(fact_id(name, MD5)), known.get(fact_id(name, part))
    return (
        hashed is not None and hashed.digest is not None
        and other is not None and other.digest == hashed.digest
    )  # fmt: skip


def _provenance(name: str, known: Mapping[str, Fact]) -> str:
    parts = {**PROVENANCE, EXECUTED: "run at"}
    found = ((words, known.get(fact_id(name, key))) for key, words in parts.items())
    return ", ".join(f"{words} {_short(str(f.value))}" for words, f in found if f is not None)


def _short(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]} …"


def snapshot_digest(items: Sequence[Item], name: str, *, is_file: bool) -> str:
    """The sha256 of data that was given.

    Args:
        items: its files.
        name: the role, or the path of a protected table.
        is_file: one file was given: its own sha256. Of a folder it is that of the lines
            `<sha256>  <path>`, sorted by path, as `sha256sum` in it prints them: a line whose path
            holds a line break or a backslash begins with a backslash, and these are written out.
    """
    if is_file and len(items) == 1:
        return items[0].sha256
    rows = sorted((original_path(i, name), i.sha256) for i in items)
    listing = "".join(_line(path, sha256) for path, sha256 in rows)
    return hashlib.sha256(listing.encode()).hexdigest()


def _line(path: str, sha256: str) -> str:
    """Of two files of a folder, and not of one whose name holds the line of another."""
    shown = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if shown == path else chr(92)}{sha256}  {shown}\n"


def original_path(item: Item, name: str) -> str:
    """A file's path below what its role or table is; that of a table that is one file is its name.

    Args:
        item: a file of data.
        name: the role, or the path of a protected table.
    """
    room = "protected" if item.kind == "protected-table" else "dataset"
    place = f"data/{room}/{stored_name(name)}"
    if item.path == place:
        return item.original_name or posixpath.basename(place)
    return item.name_below(f"{place}/")


def with_given_roles(config: Config, evidence: Evidence) -> Config:
    """The configuration in force: with the roles that only `--dataset` and `--include` named."""
    given = {
        name: fact.value
        for fact in evidence.provenance
        if (name := name_in(fact.id, INCLUDE)) is not None
    }
    new = {
        role: Dataset(include=_INCLUDES[include])
        for role, include in sorted(given.items())
        if role not in config.datasets and include in _INCLUDES
    }
    if not new:
        return config
    return config.model_copy(update={"datasets": {**config.datasets, **new}})
