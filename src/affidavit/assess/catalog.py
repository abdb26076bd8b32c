"""Control catalogs: data with a schema, checked whole when they are loaded.

A catalog is YAML (policies/catalogs/); its JSON Schema is docs/schemas/catalog.json. Expressions
are CEL over the record (`affidavit.assess.context` says what they see).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import cel
import yaml
from pydantic import Field, StringConstraints, ValidationError

from affidavit.errors import ConfigError
from affidavit.evidence import Record
from affidavit.standing import Mode

Confidence = Literal["primary", "secondary", "recalled"]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Cel = Annotated[str, StringConstraints(min_length=1)]
Role = Literal["owner", "developer", "validator", "approver", "dpo"]

# The names that an expression may use; context.py fills exactly these.
VARIABLES = frozenset(
    ["subject", "facts", "roles", "declared", "configuration", "reports", "numbers", "findings",
     "items"]
)  # fmt: skip
_MAX_BYTES = 4 * 1024 * 1024


class Effective(Record):
    """When a text applies; either end may be open."""

    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class Reference(Record):
    """Where in the source a control stands, and how we know."""

    text: str
    confidence: Confidence


class Applicability(Record):
    """A control applies where `when` holds; else it is not-applicable for the stated reason."""

    when: Cel
    reason: str
    says: str


class Need(Record):
    """One thing that answers the control.

    `present` is a CEL expression; where it is false the control is `missing`, because of
    `absent`, with `remedy`. `items` lists by CEL the payload paths that answer it.
    """

    present: Cel
    items: Cel
    absent: str
    remedy: str


class Test(Record):
    """A condition on values. Where it does not hold the control is an exception."""

    holds: Cel
    fails: str
    remedy: str


class Attestation(Record):
    """Who has to sign, to which question, for how long, and apart from whom."""

    role: Role
    question: str
    validity_days: Annotated[int, Field(ge=1)] = 365
    separation: tuple[Literal["authors", "validator"], ...] = ()


class Control(Record):
    """One expectation of a catalog, in our own words."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+-[0-9A-Z.]+$")]
    reference: Reference
    title: str
    expectation: str
    rationale: str
    effective: Effective = Effective()
    applicability: tuple[Applicability, ...] = ()
    mode: Mode
    needs: tuple[Need, ...] = ()
    tests: tuple[Test, ...] = ()
    values: dict[str, Cel] = Field(default_factory=dict)
    found: str
    attestations: tuple[Attestation, ...] = ()


class Catalog(Record):
    """A text of a regulator, a law or a bank, as controls."""

    schema_: Literal["affidavit/catalog"] = Field(alias="schema")
    version: Literal[1]
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    title: str
    publisher: str
    issued: Day
    text_status: str
    read_on: Day
    effective: Effective = Effective()
    superseded_by: str | None = None
    controls: Annotated[tuple[Control, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class LoadedCatalog:
    """A catalog with its own bytes, which travel in the bundle."""

    catalog: Catalog
    content: bytes
    sha256: str


def read_catalog(path: Path) -> LoadedCatalog:
    """Read and check one catalog.

    Raises:
        ConfigError: every fault at once: YAML and schema faults, CEL faults with line and column,
            double ids, a mode without what it needs.
    """
    content = path.read_bytes()[: _MAX_BYTES + 1]
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{path.name}: larger than {_MAX_BYTES // 1024**2} MB, no catalog")
    try:
        raw = yaml.safe_load(content)
        catalog = Catalog.model_validate_json(json.dumps(raw, default=str))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path.name} is not YAML", str(error).replace("\n", " ")) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ConfigError(f"{path.name}: " + "\n".join(faults)) from error
    if faults := [f for c in catalog.controls for f in _faults(c)] + _double_ids(catalog):
        raise ConfigError(f"{path.name}: " + "\n".join(faults))
    return LoadedCatalog(catalog, content, hashlib.sha256(content).hexdigest())


def _double_ids(catalog: Catalog) -> list[str]:
    ids = [c.id for c in catalog.controls]
    return [f"{i}: this id stands twice" for i in sorted({i for i in ids if ids.count(i) > 1})]


def _faults(control: Control) -> list[str]:
    expressions = {
        **{f"applicability[{i}].when": a.when for i, a in enumerate(control.applicability)},
        **{f"needs[{i}].present": n.present for i, n in enumerate(control.needs)},
        **{f"needs[{i}].items": n.items for i, n in enumerate(control.needs)},
        **{f"tests[{i}].holds": t.holds for i, t in enumerate(control.tests)},
        **{f"values.{k}": v for k, v in control.values.items()},
    }
    faults = [
        f"{control.id} {place}: {fault}"
        for place, text in expressions.items()
        if (fault := expression_fault(text))
    ]
    if control.mode == "machine" and (control.attestations or not control.needs):
        faults.append(f"{control.id}: a machine decides it, so it has needs and nobody signs")
    if control.mode != "machine" and not control.attestations:
        faults.append(f"{control.id}: mode {control.mode} says who signs, in attestations")
    return faults


def expression_fault(text: str) -> str | None:
    """What is wrong with a CEL expression, with line and column, or None."""
    try:
        program = cel.compile(text)
    except ValueError as error:
        message = str(error)
        if place := re.search(r"<input>:(\d+):(\d+): (.*?)(?:\n|$)", message, re.DOTALL):
            return f"line {place[1]}, column {place[2]}: {place[3][:160]}"
        return message[:200]
    unknown = sorted(set(program.variables()) - VARIABLES - _bound(text))
    if unknown:
        return f"unknown name {unknown[0]!r}; there are {', '.join(sorted(VARIABLES))}"
    return None


def _bound(text: str) -> set[str]:
    """Names that a macro of the expression binds, `f` in findings.exists(f, …)."""
    return set(re.findall(r"\.(?:exists|all|exists_one|filter|map)\(\s*([A-Za-z_]\w*)\s*,", text))
