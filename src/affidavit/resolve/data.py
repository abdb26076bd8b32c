"""Each role's snapshot at the commit, and whether the run says that it read that one."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from affidavit.config import Config, Dataset, Include
from affidavit.evidence import Digest, Fact, Finding
from affidavit.progress import Progress
from affidavit.resolve.dataset import fetch_snapshot
from affidavit.resolve.dvc_files import DvcOuts, read_dvc_outs
from affidavit.resolve.interface import Contradiction, DatasetInput, Part, Run
from affidavit.resolve.objects import Remote
from affidavit.resolve.repository import Commit, Repository
from affidavit.workspace import Workspace

PATH_TAG, MD5_TAG, CONTEXT_TAG = "dvc.path", "dvc.md5", "mlflow.data.context"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_LOG_IT = (
    "let training log its input with mlflow.log_input(dataset, context=role, "
    "tags={'dvc.path': path, 'dvc.md5': md5})"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where snapshots are: the repository at the training commit, and the remote."""

    repository: Repository | None
    commit: Commit | None
    remote: Remote | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One file or folder to fetch; `name` is the role, for a protected table its path."""

    name: str
    path: str
    include: Include
    is_protected: bool = False


def collect_data(
    config: Config, place: Place, run: Run | None, work: Workspace | None, *, progress: Progress
) -> Part:
    """Snapshots of every role and every protected table, in order of their names."""
    part, outs, used = Part(), dict[str, DvcOuts](), dict[str, list[str]]()

    def outs_at(repository: Repository, commit: Commit, path: str) -> DvcOuts:
        used.setdefault(commit.sha, []).append(path)
        if commit.sha not in outs:
            outs[commit.sha] = read_dvc_outs(repository, commit)
        return outs[commit.sha]

    for role, dataset in sorted(config.datasets.items()):
        found, commit = _commit_of(role, dataset, place)
        part += found
        if commit is None or place.repository is None or dataset.path is None:
            part += link_role(role, dataset, {}, run)
            continue
        known = outs_at(place.repository, commit, dataset.path)
        want = Want(name=role, path=dataset.path, include=dataset.include)
        fetched = _fetch(want, known, place.remote, work, progress=progress)
        part += fetched + link_role(role, dataset, _digests(want, known, fetched), run)
    if place.repository is not None and place.commit is not None:
        for table in sorted({s.table for s in config.sensitive.values() if s.table is not None}):
            tracked = outs_at(place.repository, place.commit, table)
            want = Want(name=table, path=table, include="reference", is_protected=True)
            part += _fetch(want, tracked, place.remote, work, progress=progress)
    for sha, paths in sorted(used.items()):
        part += Part(contradictions=outs[sha].contradictions(paths), findings=outs[sha].findings)
    return part


def _commit_of(role: str, dataset: Dataset, place: Place) -> tuple[Part, Commit | None]:
    """The commit that the role's `rev` names, else the training commit."""
    if dataset.path is None:
        what = f"the {role} data is given by uri, which this version does not fetch"
        return _gap(
            role, "snapshot", what, f"track it with DVC; set path in [datasets.{role}]"
        ), None
    if place.repository is None or place.commit is None:
        what = f"the {role} data cannot be looked up: there is no commit to read DVC's files at"
        return _gap(role, "snapshot", what, "see the gap on the commit (code.*)"), None
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
        return _gap(want.name, "snapshot", what, f"dvc add {path}, commit, and train again")
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


def link_role(role: str, dataset: Dataset, digests: dict[str, str], run: Run | None) -> Part:
    """What the run says it read, held against the role's snapshot.

    An input is this role's by its tag dvc.path, else by its digest, else by its context.

    Args:
        role: the dataset role.
        dataset: its configuration.
        digests: DVC's digests at the commit by path: the snapshot's, and its folder's where it
            lies in a tracked one; empty where there is none.
        run: the training run, None where it is gone.

    Returns:
        The fact `data.<role>.link`, and a gap (no link), an exception (another revision, as
        configured) or a contradiction (another digest for the same file).
    """
    linked = _input_of(role, dataset, digests, run)
    stated = _stated(linked) if linked else None
    if linked is None or stated is None:
        return _no_link(role, run)
    path = _path_of(linked)
    fact = Fact(
        id=f"data.{role}.link",
        kind="data",
        value=path or linked.name,
        digest=Digest(algorithm="md5", value=stated),
        basis="claimed",
        source=f"run: dataset input {linked.name}",
    )
    at_commit = digests.get(path or "") or digests.get(posixpath.normpath(dataset.path or ""))
    if at_commit is None or stated in digests.values():
        return Part(facts=(fact,))
    expected, found = f"{stated} (run)", f"{at_commit} ({path or dataset.path} at the commit)"
    if dataset.rev is not None:
        what = f"the {role} data is stated at another revision than the run read"
        fix = "keep on file why, and who decided it"
        return Part(facts=(fact,)) + _exception(role, what, expected, found, fix)
    return Part(
        facts=(fact,),
        contradictions=(
            Contradiction(
                id=f"data.{role}.link",
                what=f"the run read other {role} data than the commit has",
                expected=expected,
                found=found,
                fix="find out which is true; train again from a commit whose dvc.lock is its own",
            ),
        ),
    )


def _input_of(
    role: str, dataset: Dataset, digests: dict[str, str], run: Run | None
) -> DatasetInput | None:
    linking = sorted(
        (i for i in (run.inputs if run else ()) if _stated(i) is not None),
        # Of several inputs of one path, one that differs is the one to see.
        key=lambda i: (_stated(i) in digests.values(), i.name, i.digest),
    )
    paths = {*digests, posixpath.normpath(dataset.path)} if dataset.path else set(digests)
    by_path = [i for i in linking if _path_of(i) in paths]
    by_digest = [i for i in linking if _stated(i) in digests.values()]
    by_context = [i for i in linking if i.tags.get(CONTEXT_TAG) == role and PATH_TAG not in i.tags]
    return next(iter(by_path or by_digest or by_context), None)


def _path_of(found: DatasetInput) -> str | None:
    path = found.tags.get(PATH_TAG)
    return posixpath.normpath(path) if path else None


def _stated(found: DatasetInput) -> str | None:
    """The DVC digest that an input names: its tag, else its own digest where that is an MD5."""
    for text in (found.tags.get(MD5_TAG), found.digest):
        if text is not None and _MD5.fullmatch(text):
            return text
    return None


def _no_link(role: str, run: Run | None) -> Part:
    said = "; ".join(sorted(f"{i.name} ({i.digest})" for i in run.inputs)) if run else ""
    what = f"nothing in the run says that it read the {role} data of this commit"
    if said:
        what += "; MLflow's own digests cover the first 10,000 rows and prove no file"
    fact = Fact(
        id=f"data.{role}.link", kind="data", value=None, basis="claimed",
        source="run: dataset inputs",
    )  # fmt: skip
    return Part(facts=(fact,)) + _gap(role, "link", what, _LOG_IT, found=said or None)


def _gap(role: str, name: str, what: str, fix: str, found: str | None = None) -> Part:
    finding = Finding(
        id=f"data.{role}.{name}", kind="gap", stage="resolve", what=what, found=found, fix=fix
    )
    return Part(findings=(finding,))


def _exception(role: str, what: str, expected: str, found: str, fix: str) -> Part:
    finding = Finding(
        id=f"data.{role}.link", kind="exception", stage="resolve", what=what, expected=expected,
        found=found, fix=fix,
    )  # fmt: skip
    return Part(findings=(finding,))
