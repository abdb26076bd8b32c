"""Each role's data, and each protected table's: as the builder gave it, else at the commit."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from affidavit.config import Config, Dataset, Include
from affidavit.declared_record import (
    BY_OPTION,
    BY_URI,
    MD5,
    PROVENANCE,
    TRACKED,
    declared_findings,
    fact_id,
)
from affidavit.evidence import Digest, Fact, Finding
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.data_links import Readable, link_role
from affidavit.resolve.dataset import fetch_snapshot
from affidavit.resolve.declared_data import Given, collect_given
from affidavit.resolve.declared_query import is_database
from affidavit.resolve.dvc_files import DvcOuts, read_dvc_outs
from affidavit.resolve.interface import Contradiction, Part, Run
from affidavit.resolve.lfs import is_pointer_at
from affidavit.resolve.objects import Remote
from affidavit.resolve.repository import Commit, Repository
from affidavit.sources import public_uri
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """Where data is: the repository at the training commit, the remote, what the builder gave.

    Attributes:
        given: by role, or by the path of a protected table: a path or address.
        follows_uri: whether the builder gave the configuration too. A `uri` in the commit's own
            would else let whoever may write the repository choose what this machine reads.
    """

    repository: Repository | None
    commit: Commit | None
    remote: Remote | None
    given: Mapping[str, str] = field(default_factory=dict)
    follows_uri: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One file or folder to fetch; `name` is the role, for a protected table its path."""

    name: str
    path: str
    include: Include
    is_protected: bool = False


@dataclass(slots=True)
class _Looking:
    """What DVC stores, read once a commit, and which of it was asked for."""

    place: Place
    outs: dict[str, DvcOuts] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)

    def at(self, commit: Commit | None, path: str | None) -> DvcOuts | None:
        """What DVC stores at a commit; None where there is no commit or path to look at."""
        repository = self.place.repository
        if repository is None or commit is None or path is None:
            return None
        self.used.setdefault(commit.sha, []).append(path)
        if commit.sha not in self.outs:
            self.outs[commit.sha] = read_dvc_outs(repository, commit)
        outs, wanted = self.outs[commit.sha], posixpath.normpath(path)
        if outs.find(path) is None and is_pointer_at(repository, commit.sha, wanted):
            why = {wanted: "what the commit has there points to a file that Git LFS keeps"}
            self.outs[commit.sha] = outs = replace(outs, unread=outs.unread | why)
        return outs

    def faults(self) -> Part:
        """What the read files say against each other, of the paths that were asked for."""
        part = Part()
        for sha, paths in sorted(self.used.items()):
            outs = self.outs[sha]
            part += Part(contradictions=outs.contradictions(paths), findings=outs.findings)
        return part


def collect_data(
    config: Config,
    place: Place,
    run: Run | None,
    work: Workspace | None,
    *,
    added: tuple[Fact, ...] = (),
    progress: Progress,
) -> Part:
    """Data of every role and every protected table, in order of their names.

    Args:
        config: in force.
        place: where to look.
        run: the training run, None where it is gone.
        work: where files are written; None where nothing is to be fetched.
        added: the facts on roles that only options name.
        progress: told what is being done.
    """
    part, looking = Part(facts=added), _Looking(place)
    for role, dataset in sorted(config.datasets.items()):
        part += Part(facts=_provenance(role, dataset))
        given = _given(role, dataset, place)
        if given is not None:
            part += _collect_given(given, dataset, looking, run, work, progress=progress)
            continue
        found, commit = _commit_of(role, dataset, place)
        part += found
        outs = looking.at(commit, dataset.path)
        if outs is None or dataset.path is None:
            part += link_role(role, dataset, Readable({}), run)
            continue
        want = Want(name=role, path=dataset.path, include=dataset.include)
        fetched = _fetch(want, outs, place.remote, work, progress=progress)
        digests = _digests(want, outs, fetched)
        part += fetched + link_role(role, dataset, Readable(digests), run)
    for table in config.protected_tables:
        part += _collect_table(table, looking, work, progress=progress)
    part += looking.faults()
    return part + Part(findings=declared_findings(part.facts))


def _provenance(role: str, dataset: Dataset) -> tuple[Fact, ...]:
    """What the configuration says of where the data came from; nobody checked it."""
    said = {key: getattr(dataset, key) for key in PROVENANCE}
    return tuple(
        Fact(
            id=fact_id(role, key), kind="data", value=value, basis="declared",
            source="affidavit.toml",
        )
        for key, value in said.items()
        if value is not None
    )  # fmt: skip


def _given(role: str, dataset: Dataset, place: Place) -> Given | None:
    """What the builder gave for a role: by option, else by `uri` in a file that is theirs."""
    query = dataset.query if place.follows_uri else None
    if role in place.given:
        uri, source = place.given[role], BY_OPTION
    elif dataset.uri is not None and place.follows_uri:
        uri, source = dataset.uri, BY_URI
    else:
        return None
    return Given(name=role, uri=uri, source=source, include=dataset.include, query=query)


def _collect_given(
    given: Given,
    dataset: Dataset,
    looking: _Looking,
    run: Run | None,
    work: Workspace | None,
    *,
    progress: Progress,
) -> Part:
    part = collect_given(given, work, progress=progress)
    part += _against_commit(given, dataset, looking, part)
    md5 = _md5_of(given.name, part)
    digests = {posixpath.normpath(dataset.path) if dataset.path else "": md5} if md5 else {}
    return part + link_role(given.name, dataset, Readable(digests, is_given=True), run)


def _collect_table(
    table: str, looking: _Looking, work: Workspace | None, *, progress: Progress
) -> Part:
    """A protected table: by reference, wherever it is."""
    place = looking.place
    if table in place.given:
        given = Given(
            name=table, uri=place.given[table], source=BY_OPTION, include="reference",
            is_protected=True,
        )  # fmt: skip
        part = collect_given(given, work, progress=progress)
        dataset = Dataset(path=table, include="reference")
        return part + _against_commit(given, dataset, looking, part)
    outs = looking.at(place.commit, table)
    if outs is None:
        return Part()
    want = Want(name=table, path=table, include="reference", is_protected=True)
    return _fetch(want, outs, place.remote, work, progress=progress)


def _against_commit(given: Given, dataset: Dataset, looking: _Looking, got: Part) -> Part:
    """What DVC stores under the role's path at the commit, held against what was given."""
    if dataset.path is None:
        return Part()
    _, commit = _commit_of(given.name, dataset, looking.place)
    outs = looking.at(commit, dataset.path)
    tracked = outs.find(dataset.path) if outs is not None else None
    # A path inside a tracked folder has no digest of its own; old files have one of other bytes.
    if tracked is None or tracked.inside is not None or tracked.out.algorithm != "md5":
        return Part()
    out, md5 = tracked.out, _md5_of(given.name, got)
    fact = Fact(
        id=fact_id(given.name, TRACKED), kind="data", value=tracked.path, basis="claimed",
        digest=Digest(algorithm="md5", value=out.stated), source=f"{out.source}, at the commit",
    )  # fmt: skip
    if md5 in {None, out.stated}:
        return Part(facts=(fact,))
    what = f"the {printable(given.name)} data given is not what the commit has at "
    return Part(
        facts=(fact,),
        contradictions=(
            Contradiction(
                id=fact_id(given.name, TRACKED),
                what=what + printable(tracked.path),
                expected=f"md5 {out.stated} ({printable(out.source)})",
                found=f"md5 {md5} ({given.source})",
                fix="give what the commit has; or, if other data is meant, an affidavit.toml by "
                "--config that names it by uri in place of path",
            ),
        ),
    )


def _md5_of(name: str, part: Part) -> str | None:
    fact = next((f for f in part.facts if f.id == fact_id(name, MD5)), None)
    return fact.digest.value if fact is not None and fact.digest is not None else None


def _commit_of(role: str, dataset: Dataset, place: Place) -> tuple[Part, Commit | None]:
    """The commit that the role's `rev` names, else the training commit."""
    if dataset.path is None:
        return _not_followed(role, dataset), None
    if place.repository is None or place.commit is None:
        what = f"the {role} data cannot be looked up: there is no commit to read DVC's files at"
        fix = f"see the gap on the commit (code.*), or give the data: --dataset {role}=PATH"
        return _gap(role, "snapshot", what, fix), None
    if dataset.rev is None:
        return Part(), place.commit
    commit = place.repository.find(dataset.rev)
    if commit is None:
        what = (
            f"the {role} data is stated at rev {dataset.rev}, no full commit id of the repository"
        )
        fix = f"write the full id into [datasets.{role}] rev, and push that commit"
        return _gap(role, "snapshot", what, fix), None
    return Part(), commit


def _not_followed(role: str, dataset: Dataset) -> Part:
    where = printable(public_uri(dataset.uri or ""))
    what = (
        f"the {role} data is at {where}, says affidavit.toml at the commit, and was not read: who "
        "may write the repository must not choose what this machine reads"
    )
    if dataset.query is not None and is_database(dataset.uri or ""):
        fix = "look at address and query; if they are yours to run, give this file by --config"
    else:
        option = f"--dataset {shlex.quote(f'{role}={where}')}"
        fix = f"look at the address; if it is yours to read: {option}"
    return _gap(role, "snapshot", what, fix)


def _fetch(
    want: Want,
    outs: DvcOuts,
    remote: Remote | None,
    work: Workspace | None,
    *,
    progress: Progress,
) -> Part:
    tracked = outs.find(want.path)
    if tracked is None:
        path = posixpath.normpath(want.path)
        reason = f" ({outs.unread[path]})" if path in outs.unread else ""
        what = f"DVC stores no {path} at the commit{reason}: the data has no digest there"
        fix = f"dvc add {path}, commit, and train again; or give the data: --dataset "
        return _gap(want.name, "snapshot", what, fix + shlex.quote(f"{want.name}=PATH"))
    return fetch_snapshot(
        tracked,
        remote,
        work,
        role=want.name,
        include=want.include,
        is_protected=want.is_protected,
        hint=outs.hint(),
        progress=progress,
    )


def _digests(want: Want, outs: DvcOuts, fetched: Part) -> dict[str, str]:
    """What a run may link to: the snapshot's digest, and its folder's where it lies in one."""
    digests = {}
    fact = next((f for f in fetched.facts if f.id == f"data.{want.name}.snapshot"), None)
    if fact is not None and fact.digest is not None:
        digests[posixpath.normpath(want.path)] = fact.digest.value
    tracked = outs.find(want.path)
    if tracked is not None and tracked.inside is not None:
        digests[tracked.out.path] = tracked.out.stated
    return digests


def _gap(role: str, name: str, what: str, fix: str) -> Part:
    finding = Finding(id=f"data.{role}.{name}", kind="gap", stage="resolve", what=what, fix=fix)
    return Part(findings=(finding,))
