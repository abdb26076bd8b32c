"""Whether the run says that it read a role's data, by the digest that it names."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from affidavit.config import Dataset
from affidavit.evidence import Digest, Fact, Finding
from affidavit.resolve.interface import Contradiction, DatasetInput, Part, Run

PATH_TAG, MD5_TAG, CONTEXT_TAG = "dvc.path", "dvc.md5", "mlflow.data.context"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_LOG_IT = (
    "let training log its input with mlflow.log_input(dataset, context=role, "
    "tags={'dvc.path': path, 'dvc.md5': md5})"
)
_WHICH_IS_TRUE = "find out which is true; train again from a commit whose dvc.lock is its own"
# Of what was given in place of a path at the commit.
_GIVE_THAT = (
    "give the very file that the run read; or, if other data is meant, an affidavit.toml by "
    "--config that names it by uri in place of path"
)


@dataclass(frozen=True, slots=True)
class Readable:
    """What a run may link to.

    Attributes:
        digests: by path: the snapshot's, and its folder's where it lies in a tracked one; empty
            where nothing is known. Data without a path in the project has the key "".
        is_given: the builder gave it; then a finding of its own says what the link rests on.
    """

    digests: dict[str, str]
    is_given: bool = False


def link_role(role: str, dataset: Dataset, readable: Readable, run: Run | None) -> Part:
    """What the run says it read, held against the role's snapshot.

    An input is this role's by its tag dvc.path, else by its digest, else by its context.

    Args:
        role: the dataset role.
        dataset: its configuration.
        readable: the role's data by its digests.
        run: the training run, None where it is gone.

    Returns:
        The fact `data.<role>.link`, and a gap (no link), an exception (other data than the run
        read, as somebody chose) or a contradiction (another digest for the same file).
    """
    digests = readable.digests
    linked = _input_of(role, dataset, readable, run)
    stated = _stated(linked) if linked else None
    if linked is None or stated is None:
        return _no_link(role, run, is_given=readable.is_given)
    path = _path_of(linked)
    fact = Fact(
        id=f"data.{role}.link",
        kind="data",
        value=path or linked.name,
        digest=Digest(algorithm="md5", value=stated),
        basis="claimed",
        source=f"run: dataset input {linked.name}",
    )
    own = posixpath.normpath(dataset.path) if dataset.path else ""
    at_commit = digests.get(path or "") or digests.get(own)
    if at_commit is None or stated in digests.values():
        return Part(facts=(fact,))
    which = "given" if readable.is_given else f"{path or dataset.path} at the commit"
    expected, found = f"{stated} (run)", f"{at_commit} ({which})"
    if dataset.rev is not None or (readable.is_given and dataset.path is None):
        which = "given is another file" if readable.is_given else "is stated at another revision"
        what = f"the {role} data {which} than the run read"
        fix = "keep on file why, and who decided it"
        return Part(facts=(fact,)) + _exception(role, what, expected, found, fix)
    return Part(
        facts=(fact,),
        contradictions=(
            Contradiction(
                id=f"data.{role}.link",
                what=f"the run read other {role} data than "
                + ("was given" if readable.is_given else "the commit has"),
                expected=expected,
                found=found,
                fix=_GIVE_THAT if readable.is_given else _WHICH_IS_TRUE,
            ),
        ),
    )


def _input_of(
    role: str, dataset: Dataset, readable: Readable, run: Run | None
) -> DatasetInput | None:
    digests = readable.digests
    linking = sorted(
        (i for i in (run.inputs if run else ()) if _stated(i) is not None),
        # Of several inputs of one path, one that differs is the one to see.
        key=lambda i: (_stated(i) in digests.values(), i.name, i.digest),
    )
    paths = {*digests, posixpath.normpath(dataset.path)} if dataset.path else set(digests)
    by_path = [i for i in linking if _path_of(i) in paths]
    by_digest = [i for i in linking if _stated(i) in digests.values()]
    # Data from elsewhere has no path in the project: what the run read in its place has one.
    is_elsewhere = readable.is_given and dataset.path is None
    by_context = [
        i
        for i in linking
        if i.tags.get(CONTEXT_TAG) == role and (is_elsewhere or PATH_TAG not in i.tags)
    ]
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


def _no_link(role: str, run: Run | None, *, is_given: bool) -> Part:
    fact = Fact(
        id=f"data.{role}.link", kind="data", value=None, basis="claimed",
        source="run: dataset inputs",
    )  # fmt: skip
    if is_given:  # the finding on what was given says it
        return Part(facts=(fact,))
    said = "; ".join(sorted(f"{i.name} ({i.digest})" for i in run.inputs)) if run else ""
    what = f"nothing in the run says that it read the {role} data of this commit"
    if said:
        what += "; MLflow's own digests cover the first 10,000 rows and prove no file"
    gap = Finding(
        id=f"data.{role}.link", kind="gap", stage="resolve", what=what, found=said or None,
        fix=_LOG_IT,
    )  # fmt: skip
    return Part(facts=(fact,), findings=(gap,))


def _exception(role: str, what: str, expected: str, found: str, fix: str) -> Part:
    finding = Finding(
        id=f"data.{role}.link", kind="exception", stage="resolve", what=what, expected=expected,
        found=found, fix=fix,
    )  # fmt: skip
    return Part(findings=(finding,))
