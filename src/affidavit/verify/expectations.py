"""What the reader expects: this version, this evidence, this very model."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from affidavit.errors import UsageError
from affidavit.subject import ModelRef
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records

if TYPE_CHECKING:
    from affidavit.verify.layouts import Layout

MODEL: Final = "data/model/"
_WRONG_BUNDLE: Final = "this bundle is about something else: ask for the right one"
_WRONG_MODEL: Final = "deploy the model that the bundle attests, or ask for this one's evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What was asked to hold beside the bundle's own integrity; None where nothing was."""

    subject: ModelRef | None = None
    evidence_id: str | None = None
    model_dir: Path | None = None
    complete: bool = False
    layout: Layout | None = None
    max_age: timedelta | None = None


def check_expectations(
    wanted: Expectations, files: SignedFiles, records: Records, ledger: Ledger
) -> None:
    """Compare the bundle with what its reader expects of it."""
    if wanted.subject is not None:
        found = ModelRef(
            name=records.evidence.subject.name, version=records.evidence.subject.version
        )
        ledger.run("expected-subject", f"it is about {found}", _unequal(
            "the bundle is about another model version", str(wanted.subject), str(found)
        ))  # fmt: skip
    if wanted.evidence_id is not None:
        ledger.run("expected-evidence", "it is the evidence that was expected", _unequal(
            "the bundle holds other evidence", wanted.evidence_id, records.evidence_id
        ))  # fmt: skip
    if wanted.model_dir is not None:
        ledger.run(
            "expected-model", f"{wanted.model_dir} holds the model that was attested",
            _model_faults(wanted.model_dir, files, records),
        )  # fmt: skip
    if wanted.complete:
        ledger.run("complete", "nothing is held by reference or withheld", _absent(files, records))


def _absent(files: SignedFiles, records: Records) -> Iterator[Fault]:
    for path in sorted(files.withheld):
        yield Fault(f"{path} is withheld", path, "in the bundle", "withheld",
                    "ask for the whole bundle")  # fmt: skip
    for item in records.evidence.items:
        if not item.embedded:
            yield Fault(f"{item.path} is held by reference", item.path, "in the bundle",
                        "by reference", _embedded(item.kind))  # fmt: skip


def _embedded(kind: str) -> str:
    """What helps where an item is by reference: a protected table never travels."""
    if kind == "protected-table":
        return "no bundle holds a protected table: leave --complete out, and recheck with --data"
    return "ask for a bundle that embeds it"


def _unequal(what: str, expected: str, found: str) -> Iterator[Fault]:
    if expected != found:
        yield Fault(what, None, expected, found, _WRONG_BUNDLE)


def _model_faults(folder: Path, files: SignedFiles, records: Records) -> Iterator[Fault]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", fix="name the folder of the deployed model")
    listed, found = _attested(files, records), defaultdict[str, list[str]](list)
    for name, digest in _deployed(folder):
        if isinstance(digest, Fault):
            yield digest
        else:
            found[name].append(digest)
    for name in sorted(listed.keys() | found.keys()):
        if listed[name] != found[name]:
            yield Fault(
                f"{name} in {folder} is not the file that was attested", MODEL + name,
                _said(listed[name]), _said(found[name]), _WRONG_MODEL,
            )  # fmt: skip


def _attested(files: SignedFiles, records: Records) -> defaultdict[str, list[str]]:
    """The digests of the model's files by the names that they had, not those they are stored by."""
    items = {i.path: i for i in records.evidence.items if i.path.startswith(MODEL)}
    digests = {p: d for p, d in files.listed.items() if p.startswith(MODEL)}
    digests |= {p: i.sha256 for p, i in items.items() if not i.embedded}
    found = defaultdict[str, list[str]](list)
    for path, digest in sorted(digests.items()):
        original = items[path].original_name if path in items else None
        found[original or path.removeprefix(MODEL)].append(digest)
    return found


def _said(digests: list[str]) -> str:
    if len(digests) > 1:  # two names that print alike; which is which cannot be told
        return f"{len(digests)} files of this name"
    return f"sha256 {digests[0]}" if digests else "no such file"


def _deployed(folder: Path) -> Iterator[tuple[str, str | Fault]]:
    """Every file below a folder with its digest; what a loader may read unseen is a fault."""
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders.sort()  # in place: `os.walk` then goes on in this order
        for path in (Path(parent) / name for name in folders):
            if _is_link(path):  # os.walk does not look into it
                yield _name(path, folder), _link(path, folder)
        for name in sorted(names):
            path = Path(parent) / name
            yield _name(path, folder), _digest(path, folder)
    for error in unreadable:
        path = Path(error.filename)
        yield _name(path, folder), _unreadable(path, folder, error)


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # its folder cannot be read either, which os.walk tells
        return False


def _name(path: Path, folder: Path) -> str:
    """As the build writes it in `original_name`: bytes that are no UTF-8 are shown, not lost."""
    name = path.relative_to(folder).as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _digest(path: Path, folder: Path) -> str | Fault:
    # Not followed, and no waiting for a pipe's other end: the file itself or nothing.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            return _link(path, folder)
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return _refused(path, folder, "is not a plain file", "a special file")
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return _unreadable(path, folder, error)


def _link(path: Path, folder: Path) -> Fault:
    return _refused(path, folder, "is a link, which may lead to other files later", "a link")


def _unreadable(path: Path, folder: Path, error: OSError) -> Fault:
    return _refused(path, folder, "cannot be read", error.strerror or "no reason given")


def _refused(path: Path, folder: Path, why: str, found: str) -> Fault:
    name = _name(path, folder)
    return Fault(
        f"{name} in {folder} {why}", MODEL + name, "a plain file", found,
        "compare a folder of plain files that you may read: cp -rL makes one",
    )  # fmt: skip
