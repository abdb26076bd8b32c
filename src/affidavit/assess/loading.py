"""Catalogs from files: each checked alone, then all against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from affidavit.assess.catalog import (
    PLACEHOLDER,
    Catalog,
    Control,
    CrosswalkRow,
    DeclaredNeed,
    DocumentNeed,
    Effective,
    NamedNeed,
    Need,
)
from affidavit.assess.contained import probe
from affidavit.assess.expressions import expression_fault
from affidavit.assess.vocabulary import (
    FILE,
    LoadedVocabulary,
    needs_of,
    parse_vocabulary,
    read_vocabulary,
)
from affidavit.assess.yaml_reader import parse_record, read_yaml
from affidavit.bundle.names import portability_fault
from affidavit.errors import ConfigError, UsageError
from affidavit.shipped import shipped

_RESERVED = ("evidence", "oscal")


@dataclass(frozen=True, slots=True)
class LoadedCatalog:
    """A catalog with its own bytes, which travel in the bundle.

    Attributes:
        needs: what each control asks for, by control id.
        foreign: it was given by the user, and its expressions are evaluated apart.
        vocabulary: what its needs mean.
    """

    catalog: Catalog
    content: bytes
    sha256: str
    needs: dict[str, tuple[NamedNeed, ...]]
    foreign: bool
    vocabulary: LoadedVocabulary


def shipped_ids() -> tuple[str, ...]:
    """The ids of the catalogs that Affidavit ships, sorted."""
    return tuple(sorted(p.stem for p in (shipped("policies") / "catalogs").glob("*.yaml")))


@cache
def read_shipped(catalog_id: str) -> LoadedCatalog:
    """A shipped catalog, checked; read once, since nothing changes it while we run.

    Raises:
        ConfigError: every fault.
    """
    return read_catalog(shipped("policies") / "catalogs" / f"{catalog_id}.yaml")


def load(names: Sequence[str]) -> tuple[LoadedCatalog, ...]:
    """Catalogs by shipped id or by file, in this order.

    Raises:
        UsageError: neither an id nor a file.
        ConfigError: every fault of the first catalog that has any; or of them together.
    """
    loaded = tuple(_load_one(name) for name in names)
    require_consistent(loaded)
    for one in loaded:
        if one.foreign and (faults := probe(one.catalog, one.content)):
            raise ConfigError("\n".join(f"{one.catalog.id}: {f}" for f in faults))
    return loaded


def _load_one(name: str) -> LoadedCatalog:
    if name in shipped_ids():
        return read_shipped(name)
    path = Path(name)
    if path.is_file():
        return read_catalog(path, foreign=True)
    raise UsageError(
        f"{name}: no such catalog",
        f"Affidavit ships {', '.join(shipped_ids())}; else name a file",
        "affidavit controls list",
    )


def read_catalog(path: Path, *, foreign: bool = False) -> LoadedCatalog:
    """Read and check one catalog.

    Raises:
        UsageError: it cannot be read.
        ConfigError: every fault at once: YAML and schema faults, CEL faults with line and column,
            double ids, unknown needs, impossible dates, a mode without what it needs.
    """
    return parse_catalog(read_yaml(path), path.name, read_vocabulary(), foreign=foreign)


def load_again(
    contents: Mapping[str, bytes], vocabulary: bytes | None
) -> tuple[LoadedCatalog, ...]:
    """The catalogs of a bundle, from its own bytes, and by its own vocabulary.

    What Affidavit does not ship in these very bytes is foreign. How texts relate to others was
    checked when the bundle was built, against the catalogs of that day.

    Args:
        contents: by catalog id.
        vocabulary: the bundle's evidence.yaml; None takes the shipped one.

    Raises:
        ConfigError: every fault of the first that has any; a catalog under another's name.
    """
    known = read_vocabulary() if vocabulary is None else parse_vocabulary(vocabulary)
    is_ours = known.sha256 == read_vocabulary().sha256
    return tuple(
        _load_again(name, content, known, is_ours=is_ours) for name, content in contents.items()
    )


def _load_again(
    name: str, content: bytes, known: LoadedVocabulary, *, is_ours: bool
) -> LoadedCatalog:
    if name in shipped_ids():
        shipped_one = read_yaml(shipped("policies") / "catalogs" / f"{name}.yaml")
        is_ours = is_ours and content == shipped_one
    else:
        is_ours = False
    loaded = parse_catalog(content, f"{name}.yaml", known, foreign=not is_ours)
    if loaded.catalog.id != name:
        raise ConfigError(f"{name}.yaml holds the catalog {loaded.catalog.id}")
    return loaded


def parse_catalog(
    content: bytes, name: str, vocabulary: LoadedVocabulary, *, foreign: bool
) -> LoadedCatalog:
    """Check one catalog from its bytes.

    Raises:
        ConfigError: as `read_catalog`.
    """
    catalog = parse_record(Catalog, content, name)
    faults = [*_catalog_faults(catalog), *(f for c in catalog.controls for f in _faults(c))]
    needs: dict[str, tuple[NamedNeed, ...]] = {}
    for control in catalog.controls:
        try:
            needs[control.id] = needs_of(control, vocabulary)
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(f"{name}: {f}" for f in faults))
    digest = hashlib.sha256(content).hexdigest()
    return LoadedCatalog(catalog, content, digest, needs, foreign, vocabulary)


def require_consistent(loaded: Sequence[LoadedCatalog]) -> None:
    """Refuse catalogs that do not fit each other.

    Raises:
        ConfigError: an id that stands twice, a crosswalk to a control that is not there, or texts
            that supersede each other in a circle. A catalog that is not among them is looked up
            among the shipped ones.
    """
    catalogs = {c.catalog.id: c.catalog for c in loaded}
    if len(catalogs) < len(loaded):
        ids = [c.catalog.id for c in loaded]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        raise ConfigError(f"two catalogs have the id {twice[0]}", fix="give one of them another id")
    faults = [f for c in loaded for f in _relation_faults(c.catalog, catalogs)]
    if faults:
        raise ConfigError("\n".join(faults))


def _catalog_faults(catalog: Catalog) -> Iterator[str]:
    name = f"{catalog.id}.yaml"  # its file in the bundle, beside the vocabulary
    if fault := "the name of another file there" if name == FILE else portability_fault(name):
        yield f"id {catalog.id}: it names the file {name} in the bundle: {fault}"
    ids = [c.id for c in catalog.controls]
    yield from (f"{i}: this id stands twice" for i in sorted({i for i in ids if ids.count(i) > 1}))
    if catalog.id in _RESERVED:
        yield f"id {catalog.id}: files of that name stand beside the catalogs; choose another"
    yield from _date_faults("effective", catalog.effective)
    if catalog.read_on < catalog.issued:
        yield f"read_on {catalog.read_on} is before issued {catalog.issued}"
    if (catalog.superseded_by is None) != (catalog.superseded_on is None):
        yield "superseded_by and superseded_on stand together, or neither"
    if catalog.superseded_on is not None and catalog.superseded_on < catalog.issued:
        yield f"superseded_on {catalog.superseded_on} is before issued {catalog.issued}"
    for row in catalog.crosswalk.rows if catalog.crosswalk else ():
        yield from (f"crosswalk: {i} is no control here" for i in row.ours if i not in ids)
        yield from _row_faults(row)


def _row_faults(row: CrosswalkRow) -> Iterator[str]:
    if not row.ours and not row.theirs:
        yield "crosswalk: a row without controls"
    if (row.change == "new") != (not row.ours):
        yield f"crosswalk: `new` has no control of ours, and nothing else has none: {row.theirs}"
    if row.change == "dropped" and row.theirs:
        yield f"crosswalk: {', '.join(row.ours)} is dropped, and has a counterpart"


def _date_faults(place: str, effective: Effective) -> Iterator[str]:
    if effective.from_ and effective.until and effective.until < effective.from_:
        yield f"{place}: until {effective.until} is before from {effective.from_}"


def _faults(control: Control) -> Iterator[str]:
    for place, text in control.expressions():
        if fault := expression_fault(text):
            yield f"{control.id} {place}: {fault}"
    yield from (f"{control.id} {f}" for f in _date_faults("effective", control.effective))
    yield from (f"{control.id} {f}" for f in _sentence_faults(control))
    if control.mode == "machine" and (control.attestations or not control.needs):
        yield f"{control.id}: a machine decides it, so it has needs and nobody signs"
    if control.mode == "machine" and control.needs and not any(map(_names_files, control.needs)):
        yield f"{control.id}: a machine decides it, so one of its needs has `items`"
    if control.mode != "machine" and not control.attestations:
        yield f"{control.id}: mode {control.mode} says who signs, in attestations"
    if control.mode == "role" and control.tests:
        yield f"{control.id}: a role alone decides it, so it has no tests"
    roles = [a.role for a in control.attestations]
    yield from (
        f"{control.id}: the {r} is asked twice" for r in sorted(set(roles)) if roles.count(r) > 1
    )


def _names_files(need: str | DeclaredNeed | DocumentNeed | Need) -> bool:
    return not isinstance(need, Need) or need.items is not None


def _sentence_faults(control: Control) -> Iterator[str]:
    """Names in braces that nothing fills in: the sentence would stand so on a card."""
    sentences = [("found", control.found)]
    sentences += [(f"tests[{i}].fails", test.fails) for i, test in enumerate(control.tests)]
    for place, sentence in sentences:
        for name in PLACEHOLDER.findall(sentence):
            if name not in control.values:
                yield f"{place}: {{{name}}} is none of its values: {', '.join(control.values)}"


def _relation_faults(catalog: Catalog, given: dict[str, Catalog]) -> Iterator[str]:
    seen, at = [catalog.id], catalog.superseded_by
    while at is not None:
        if at in seen:
            yield f"{' -> '.join([*seen, at])}: texts that supersede each other in a circle"
            break
        seen.append(at)
        following = _lookup(at, given)
        if following is None:
            yield f"{catalog.id}: superseded by {at}, which is neither shipped nor given"
            break
        at = following.superseded_by
    if (walk := catalog.crosswalk) is None:
        return
    other = _lookup(walk.to, given)
    if other is None:
        yield f"{catalog.id}: crosswalk to {walk.to}, which is neither shipped nor given"
        return
    ids = {c.id for c in other.controls}
    for row in walk.rows:
        yield from (
            f"{catalog.id}: crosswalk to {i}, which {walk.to} has not"
            for i in row.theirs
            if i not in ids
        )


def _lookup(catalog_id: str, given: dict[str, Catalog]) -> Catalog | None:
    if catalog_id in given:
        return given[catalog_id]
    if catalog_id in shipped_ids():
        return read_shipped(catalog_id).catalog
    return None
