"""The training commit: who names it, whether the repository has it, whether the tree was dirty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from affidavit.errors import Contradicted
from affidavit.evidence import Basis, Fact, Finding
from affidavit.progress import Progress
from affidavit.resolve.commit_pack import pack_commit
from affidavit.resolve.interface import Part, Run, contradictions_of
from affidavit.resolve.notebooks import code_facts, notebook_of
from affidavit.resolve.repository import Commit, Repository, is_commit_id
from affidavit.run_record import CODE_TAGS
from affidavit.sources import Sources, without_credentials
from affidavit.workspace import Workspace

COMMIT_TAG = "mlflow.source.git.commit"
# The client's own tag first; Databricks sets the second where a notebook lies in a Git folder.
COMMIT_TAGS = (COMMIT_TAG, "mlflow.databricks.gitRepoCommit")
REPOSITORY_TAG = "mlflow.source.git.repoURL"
DIRTY_TAGS = ("affidavit.git.dirty", "mlflow.source.git.dirty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A commit id, and who names it for the model; `sha` is None where nobody does."""

    sha: str | None
    basis: Basis
    source: str


def name_commit(run: Run | None, sources: Sources) -> tuple[Named, Part]:
    """The commit that the run's tag names, or the builder in its place.

    Returns:
        What is named; a gap where nobody names one, an exception where run and builder differ.
    """
    tag, tagged = _tagged(run)
    if sources.commit is not None:
        part = Part()
        if tagged and tagged != sources.commit:
            part = _finding(
                "exception", "code.commit",
                "the commit was given by option, and the run names another",
                "build without --commit, or keep on file why the run is wrong",
                expected=f"{tagged} (run)", found=f"{sources.commit} (option)",
            )  # fmt: skip
        return Named(sha=sources.commit, basis="declared", source="option --commit"), part
    source = f"run tag {tag}"
    if tagged and is_commit_id(tagged):
        return Named(sha=tagged, basis="claimed", source=source), _two_commits(run)
    absent = Named(sha=None, basis="claimed", source=source)
    if tagged:
        what, found = "the run's commit tag is no full commit id", tagged
    elif run is None:
        what, found = "no commit is known: there is no run that could name one", None
    else:
        what, found = "the run names no commit: nothing says which code made the model", None
        if notebook := notebook_of(run):
            what, found = f"{what}; the notebook that it names has no digest", notebook
    fix = "train inside a Git repository with GitPython installed, or give --commit"
    return absent, _finding("gap", "code.commit", what, fix, found=found)


def _tagged(run: Run | None) -> tuple[str, str | None]:
    """The tag that names the commit, and what it says; the client's own where there is none."""
    for tag in COMMIT_TAGS:
        if run is not None and run.tags.get(tag):
            return tag, run.tags[tag]
    return COMMIT_TAG, None


def _two_commits(run: Run | None) -> Part:
    first, second = ((run.tags.get(tag) if run else None) for tag in COMMIT_TAGS)
    if not first or not second or first == second:
        return Part()
    return _finding(
        "exception", "code.commit", "two tags of the run name two commits",
        "find out which of them made the model, and give it by --commit",
        expected=f"{first} ({COMMIT_TAGS[0]})", found=f"{second} ({COMMIT_TAGS[1]})",
    )  # fmt: skip


def collect_code(
    named: Named,
    repository: Repository | None,
    run: Run | None,
    work: Workspace | None,
    *,
    progress: Progress,
) -> tuple[Part, Commit | None]:
    """The named commit from the repository, packed; a gap where it cannot be had."""
    part = _dirty(run, named) + Part(facts=code_facts(run))
    if named.sha is None:
        return part + _bare(named), None
    if repository is None:
        return part + _bare(named) + _no_repository(run), None
    try:
        commit = repository.find(named.sha)
    except Contradicted as error:
        return part + _bare(named) + Part(contradictions=contradictions_of(error)), None
    if commit is None:
        return part + _bare(named) + _no_commit(named.sha), None
    packed = pack_commit(
        repository, commit, work, source=named.source, basis=named.basis, progress=progress
    )
    return part + packed + _reach(repository.is_on_a_branch(commit.sha), commit.sha), commit


def _bare(named: Named) -> Part:
    """The claim alone, where there is no commit to look at."""
    return Part(
        facts=(
            Fact(
                id="code.commit", kind="code", value=named.sha, basis=named.basis,
                source=named.source,
            ),
        )
    )  # fmt: skip


def _no_repository(run: Run | None) -> Part:
    tags = (REPOSITORY_TAG, CODE_TAGS["code.repository"])
    claimed = next((run.tags[t] for t in tags if run.tags.get(t)), None) if run else None
    hint = f" (the run names {without_credentials(claimed)})" if claimed else ""
    return _finding(
        "gap", "code.pack", "no repository was given, so the training code is not in evidence",
        f"give --repo with a clone or URL{hint}",
    )  # fmt: skip


def _no_commit(sha: str) -> Part:
    # Without the repository's place: findings are evidence, the same wherever it was cloned to.
    return _finding(
        "gap", "code.pack", "the training commit is not in the repository",
        "push it from a clone that still has it, under a name that keeps it "
        f"(git push ORIGIN {sha}:refs/tags/NAME), or correct --repo",
        expected=sha,
    )  # fmt: skip


def _reach(is_on_a_branch: bool | None, sha: str) -> Part:
    """A commit that a squash merge or a rebase left behind is not what was merged."""
    if is_on_a_branch:
        return Part()
    if is_on_a_branch is None:
        return _finding(
            "gap", "code.branch", "git could not say whether a branch leads to the training commit",
            "run git fsck in the repository, and take a clone that passes it",
        )  # fmt: skip
    return _finding(
        "exception", "code.branch",
        "no branch or tag leads to the training commit: what was merged may be other code, and "
        "git deletes in time what nothing names",
        f"keep it under a name (git push ORIGIN {sha}:refs/tags/NAME), and keep on file which "
        "commit was reviewed in its place",
        expected="on a branch or tag", found="on none",
    )  # fmt: skip


def said_of_tree(run: Run | None) -> tuple[str, str | None]:
    """What a tag says of uncommitted changes: `dirty`, `clean` or `unknown`; and the tag's name."""
    tags = run.tags if run else {}
    name = next((t for t in DIRTY_TAGS if t in tags), None)
    said = tags[name].strip().lower() if name else ""
    words = {"true": "dirty", "1": "dirty", "false": "clean", "0": "clean"}
    return words.get(said, "unknown"), name


def _dirty(run: Run | None, named: Named) -> Part:
    """Whether training ran on uncommitted changes: said by a tag, else unknown, never clean."""
    value, name = said_of_tree(run)
    part = Part(
        facts=(
            Fact(
                id="code.dirty", kind="code", value=value, basis="claimed",
                source=f"run tag {name}" if name else f"run tag {DIRTY_TAGS[0]}, not set",
            ),
        )
    )  # fmt: skip
    if value == "dirty":
        return part + _finding(
            "exception", "code.dirty",
            "training ran on a tree with uncommitted changes: the commit is not all of its code",
            "commit, then train again", expected="clean", found="dirty",
        )  # fmt: skip
    if value == "unknown" and named.sha is not None:
        return part + _finding(
            "gap", "code.dirty",
            "nothing says whether the tree had uncommitted changes when the model was trained",
            f"let training set the tag {DIRTY_TAGS[0]} to true or false (git status --porcelain)",
        )  # fmt: skip
    return part


def _finding(
    kind: Literal["gap", "exception"],
    name: str,
    what: str,
    fix: str,
    *,
    expected: str | None = None,
    found: str | None = None,
) -> Part:
    return Part(
        findings=(
            Finding(
                id=name, kind=kind, stage="resolve", what=what, expected=expected, found=found,
                fix=fix,
            ),
        )
    )  # fmt: skip
