"""The challenger: a second version of the registry, whose files are hashed and held by reference.

It is looked up as the subject is, by the same rules, in a folder of its own. An alias is read once;
the record says which version it stood for. What the builder asked for and the registry does not
have ends the build; what the registry has lost of it is a gap.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.challenger_record import ARTIFACT_FACT, ASKED_FACT, FILES, VERSION_FACT
from affidavit.config import Config
from affidavit.errors import NoSuchVersion, SourceError, UsageError
from affidavit.evidence import Fact, Finding, Item, Subject
from affidavit.gap_ids import CHALLENGER_SAME
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.artifacts import FOLDER
from affidavit.resolve.environment import collect_environment
from affidavit.resolve.interface import ModelVersion, Part, Registry
from affidavit.resolve.model import Found, fetch_model, find_model
from affidavit.resolve.run_record import iso
from affidavit.sources import public_uri
from affidavit.subject import ModelRef, parse_ref
from affidavit.workspace import Workspace

_OWN: Final = {
    "model.artifact": ARTIFACT_FACT, "model.flavor": "challenger.flavor",
    "environment.python": "challenger.python",
    "environment.requirements": "challenger.requirements",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which version was asked for, and where that stands.

    Attributes:
        is_standing: by an alias in affidavit.toml, which speaks of every version that it is built
            for: also of the one that the alias stands for today.
    """

    ref: ModelRef
    source: str
    is_standing: bool = False


def asked_for(given: ModelRef | None, config: Config | None) -> Asked | None:
    """The challenger that the option names, else the configuration's; None where neither does."""
    if given is not None:
        return Asked(ref=given, source="--challenger")
    if config is not None and config.challenger is not None:
        ref = parse_ref(config.challenger)
        source = "affidavit.toml: challenger"
        return Asked(ref=ref, source=source, is_standing=ref.alias is not None)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """The version that was asked for.

    Attributes:
        is_subject: it is the version that the build is of.
    """

    asked: Asked
    version: ModelVersion
    is_subject: bool


def pin_challenger(asked: Asked, subject: Subject, registry: Registry) -> Pinned:
    """The version that was asked for; an alias is read here, once.

    Raises:
        NoSuchVersion: no such model, version or alias.
        UsageError: it is the subject itself, and was named so for this build.
    """
    version = registry.fetch_version(asked.ref)
    is_subject = (version.name, version.version) == (subject.name, subject.version)
    if is_subject and not asked.is_standing:
        raise UsageError(
            f"the challenger {printable(str(asked.ref))} is version {subject.version} itself",
            "a version says nothing beside itself",
            "name another: --challenger models:/NAME/VERSION",
        )
    return Pinned(asked=asked, version=version, is_subject=is_subject)


def find_challenger(
    pinned: Pinned, registry: Registry, work: Workspace | None, progress: Progress
) -> Part:
    """Its facts, its files by reference, and the gaps and contradictions on the way.

    Args:
        pinned: which it is.
        registry: that has it.
        work: where files are written; None fetches none.
        progress: told what is being done.

    Raises:
        NoSuchVersion: it was removed meanwhile.
    """
    asked, version = pinned.asked, pinned.version
    progress.step(f"asking the registry for the challenger, {asked.ref}")
    ref = ModelRef(name=version.name, version=version.version)
    part = Part(facts=_facts(asked, version, ref))
    if pinned.is_subject:
        return part + _same(asked)
    try:
        found = find_model(ref, registry)
        part += _named(found.part, ref)
        part += Part(facts=_run_facts(found))
        return part if work is None else part + _fetched(found, ref, registry, work, progress)
    except NoSuchVersion:  # removed while it was looked at
        raise
    except SourceError as error:
        return part + _gone(ref, error)


def _facts(asked: Asked, version: ModelVersion, pinned: ModelRef) -> tuple[Fact, ...]:
    said = "registry: model version"
    return (
        Fact(
            id=ASKED_FACT, kind="model", value=str(asked.ref), basis="declared",
            source=asked.source,
        ),
        Fact(id=VERSION_FACT, kind="model", value=str(pinned), basis="claimed",
             source="registry: alias, read once" if asked.ref.alias else said),
        Fact(id="challenger.created", kind="model", value=iso(version.created_at),
             basis="claimed", source=said),
    )  # fmt: skip


def _run_facts(found: Found) -> tuple[Fact, ...]:
    return (
        Fact(id="challenger.run", kind="model", value=found.run_id, basis="claimed",
             source="registry: model version"),
    )  # fmt: skip


def _fetched(
    found: Found, pinned: ModelRef, registry: Registry, work: Workspace, progress: Progress
) -> Part:
    """Its files, taken as the subject's are in a workspace beside, then moved to `held/`."""
    beside = Workspace(work.root / "challenger")
    version = found.version
    subject = Subject(name=version.name, version=version.version, created_at=version.created_at)
    try:
        model, model_file = fetch_model(found, registry, beside, progress=progress)
        environment = collect_environment(model.items, model_file, found.run, subject, beside)
        items = tuple(_by_reference(i, found.location) for i in model.items)
        target = work.place(f"{FILES}x", embedded=False).parent
        shutil.rmtree(target)
        Path(beside.root, FOLDER).rename(target)
    finally:
        shutil.rmtree(beside.root, ignore_errors=True)
    facts = tuple(
        f.model_copy(update={"id": _OWN[f.id], "kind": "model"})
        for f in (*model.facts, *environment.facts)
        if f.id in _OWN
    )
    return Part(facts=facts, items=items) + _named(
        Part(findings=model.findings, contradictions=model.contradictions), pinned
    )


def _by_reference(item: Item, location: str) -> Item:
    name = item.path.removeprefix(f"{FOLDER}/")
    return item.model_copy(
        update={
            "path": f"{FILES}{name}", "kind": "challenger-model", "embedded": False,
            "location": f"{public_uri(location).rstrip('/')}/{item.original_name or name}",
        }
    )  # fmt: skip


def _named(part: Part, pinned: ModelRef) -> Part:
    """Findings and contradictions of the challenger, told apart from the subject's."""
    about = f"the challenger {pinned}: "
    return Part(
        findings=tuple(
            f.model_copy(update={"id": _own_id(f.id), "what": about + f.what})
            for f in part.findings
        ),
        contradictions=tuple(
            c.model_copy(
                update={"id": _own_id(c.id), "what": about + c.what.removeprefix(f"{pinned}: ")}
            )
            for c in part.contradictions
        ),
    )


def _own_id(name: str) -> str:
    return f"challenger.{name.removeprefix('model.')}"


def _same(asked: Asked) -> Part:
    gap = Finding(
        id=CHALLENGER_SAME, kind="gap", stage="resolve",
        what=f"the challenger is not compared: {printable(str(asked.ref))} is this very version",
        fix="name another: --challenger models:/NAME/VERSION",
    )  # fmt: skip
    return Part(findings=(gap,))


def _gone(pinned: ModelRef, error: SourceError) -> Part:
    return Part(
        findings=(
            Finding(
                id=ARTIFACT_FACT, kind="gap", stage="resolve",
                what=f"the challenger {printable(str(pinned))} is not compared: "
                f"{printable(error.what)}",
                expected="its files, as they were registered",
                found=printable(error.cause or error.what),
                fix=error.fix or "restore them, or name another challenger",
            ),
        )
    )  # fmt: skip
