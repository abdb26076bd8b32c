"""The environment that the model was logged with: requirements, Python, platform, and an SBOM.

It is what MLflow wrote beside the model: a claim, and not what is installed here.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from affidavit.bundle.canonical import dumps, loads
from affidavit.errors import SourceError
from affidavit.evidence import Digest, Fact, Finding, Item, Subject
from affidavit.own_wheels import USED, named_wheels, own_wheels
from affidavit.requirements import Requirements, read_requirements
from affidavit.resolve.artifacts import FOLDER, media_type
from affidavit.resolve.interface import Part, Run
from affidavit.resolve.mlmodel import ModelFile
from affidavit.wording import count_text
from affidavit.workspace import Workspace

COPIED = ("requirements.txt", "python_env.yaml", "conda.yaml")
SBOM = "data/environment/sbom.cdx.json"
PLATFORM_TAGS = ("affidavit.platform", "mlflow.source.platform")
_MAX_BYTES = 4 * 1024 * 1024
# Lines that a finding names, and how much of each; the file itself is in the evidence.
_NAMED, _LINE = 20, 200


class _PythonEnv(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    python: str | None = None


def collect_environment(
    model_items: tuple[Item, ...],
    model_file: ModelFile | None,
    run: Run | None,
    subject: Subject,
    work: Workspace,
) -> Part:
    """Copy the environment files of the artifact, state them, and make the SBOM.

    Args:
        model_items: the artifact's files, already in the workspace.
        model_file: its MLmodel.
        run: whose tags may name the platform.
        subject: names the SBOM and gives its time.
        work: where the files are, and go.
    """
    found = {i.path.removeprefix(f"{FOLDER}/"): i for i in model_items}
    files = {name: _read(work.locate(found[name])) for name in COPIED if name in found}
    items = [
        work.write(
            f"data/environment/{name}", content, kind="environment", origin="collected",
            media_type=media_type(name),
        )
        for name, content in files.items()
    ]  # fmt: skip
    python = _python(files.get("python_env.yaml"), model_file)
    facts = [python, _platform(run)]
    findings = list(_python_findings(python, model_file))
    content = files.get("requirements.txt")
    if content is None:
        findings.append(_no_requirements())
        return Part(facts=tuple(facts), findings=tuple(findings), items=tuple(items))
    requirements = read_requirements(content)
    facts.append(
        Fact(
            id="environment.requirements", kind="environment", value=len(requirements.pins),
            digest=Digest(algorithm="sha256", value=hashlib.sha256(content).hexdigest()),
            basis="claimed", source="model artifact: requirements.txt",
        )
    )  # fmt: skip
    own = own_wheels(model_items, requirements)
    facts += own
    findings += _unpinned(_without(requirements, own))
    items.append(
        work.write(
            SBOM, render_sbom(requirements, subject, own), kind="environment", origin="collected",
            media_type="application/vnd.cyclonedx+json",
        )
    )  # fmt: skip
    return Part(facts=tuple(facts), findings=tuple(findings), items=tuple(items))


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"the model's {path.name} is larger than 4 MB",
            "it is no list of requirements",
            "register the model again with MLflow",
        )
    return path.read_bytes()


def _python(python_env: bytes | None, model_file: ModelFile | None) -> Fact:
    version, source = None, "model artifact: python_env.yaml"
    if python_env is not None:
        try:
            version = _PythonEnv.model_validate(yaml.load(python_env, yaml.BaseLoader)).python  # noqa: S506 - a BaseLoader makes text only
        except (yaml.YAMLError, ValidationError, UnicodeDecodeError, RecursionError, ValueError):
            version = None  # absent is what it is to us; the file itself is in the evidence
    if version is None and model_file is not None:
        version, source = model_file.python_version, "model artifact: MLmodel"
    return Fact(
        id="environment.python", kind="environment", value=version, basis="claimed", source=source
    )


def _python_findings(python: Fact, model_file: ModelFile | None) -> list[Finding]:
    if python.value is None:
        return [
            Finding(
                id="environment.python",
                kind="gap",
                stage="resolve",
                what="the model does not say which Python it was made with",
                fix="log it with MLflow, which writes python_env.yaml beside the model",
            )
        ]
    said = model_file.python_version if model_file else None
    if said is not None and said != python.value:
        return [
            Finding(
                id="environment.python",
                kind="exception",
                stage="resolve",
                what="the model's own files name two Python versions",
                expected=f"{said} (MLmodel)",
                found=f"{python.value} (python_env.yaml)",
                fix="log the model again, in the environment that trained it",
            )
        ]
    return []


def _platform(run: Run | None) -> Fact:
    tags = run.tags if run else {}
    name = next((t for t in PLATFORM_TAGS if t in tags), None)
    return Fact(
        id="environment.platform",
        kind="environment",
        value=tags[name] if name else None,
        basis="claimed",
        source=f"run tag {name}" if name else f"run tag {PLATFORM_TAGS[0]}, not set",
    )


def _no_requirements() -> Finding:
    return Finding(
        id="environment.requirements",
        kind="gap",
        stage="resolve",
        what="the model came without requirements.txt: its environment is not known",
        fix="log it with MLflow, and pip_requirements with name==version in each line",
    )


def _without(requirements: Requirements, own: tuple[Fact, ...]) -> Requirements:
    """Without the lines whose wheel lies among the model's files: its bytes are the pin."""
    there = {f.id.removeprefix(USED) for f in own}
    lines = {line for path, line in named_wheels(requirements).items() if path in there}
    left = tuple(u for u in requirements.unpinned if u.line not in lines)
    return replace(requirements, unpinned=left)


def _unpinned(requirements: Requirements) -> list[Finding]:
    if not requirements.unpinned:
        return []
    named = [f"line {u.line}, {u.kind}: {u.text[:_LINE]}" for u in requirements.unpinned[:_NAMED]]
    if (more := len(requirements.unpinned) - _NAMED) > 0:
        named.append(f"and {count_text(more, 'more line')}")
    return [
        Finding(
            id="environment.requirements",
            kind="gap",
            stage="resolve",
            what="the logged requirements do not fix every package to one version",
            expected="name==version in each line",
            found="; ".join(named),
            fix="pin them (uv pip compile, pip freeze) and log the model again; lines that are no "
            "pin are not followed. What no index has: pinned, it is taken from a folder of wheels "
            "(--wheelhouse DIR); or install all in an environment of yours (--model-env PATH)",
            items=("data/environment/requirements.txt",),
        )
    ]


def render_sbom(requirements: Requirements, subject: Subject, own: tuple[Fact, ...] = ()) -> bytes:
    """A CycloneDX 1.6 SBOM of the pinned requirements, the same bytes each time.

    `own` are the wheels among the model's files, which stand in it with their digests.

    The serial number is made from what the SBOM says, the time is the model version's own.

    References:
        CycloneDX 1.6, JSON, https://cyclonedx.org/docs/1.6/json/
    """
    from uuid import NAMESPACE_URL, uuid5

    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    model = Component(
        name=subject.name,
        version=subject.version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
    )
    parts = {}
    for pin in requirements.pins:
        purl = PackageURL("pypi", None, pin.name, pin.version)
        parts[str(purl)] = Component(
            name=pin.name, version=pin.version, purl=purl, bom_ref=str(purl)
        )
    for fact in own:
        name, _, version = str(fact.value).partition(" ")
        digest = fact.digest.value if fact.digest is not None else ""
        purl = PackageURL("pypi", None, name, version, {"checksum": f"sha256:{digest}"})
        parts[str(purl)] = Component(
            name=name, version=version, purl=purl, bom_ref=str(purl),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        )  # fmt: skip
    said = "\n".join((subject.name, subject.version, *sorted(parts)))
    bom = Bom(
        components=parts.values(),
        serial_number=uuid5(NAMESPACE_URL, f"urn:affidavit:sbom:{said}"),
        metadata=BomMetaData(component=model, timestamp=subject.created_at or _EPOCH),
    )
    bom.register_dependency(model, parts.values())
    return dumps(loads(JsonV1Dot6(bom).output_as_string().encode(), SBOM))


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
