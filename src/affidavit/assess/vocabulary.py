"""What a control can ask for by name: policies/evidence.yaml, fields, documents.

A catalog says `model`, `{declared: purpose}` or `{document: dpia}`; what that means as CEL is said
once, here and in that file, and travels in the bundle beside the catalogs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from affidavit.assess.catalog import (
    Control,
    DeclaredNeed,
    DocumentNeed,
    Name,
    NamedNeed,
    Need,
    Sentence,
)
from affidavit.assess.expressions import expression_fault
from affidavit.assess.yaml_reader import parse_record, read_yaml
from affidavit.config import Declarations, DocumentAbout
from affidavit.errors import ConfigError
from affidavit.evidence import Record
from affidavit.shipped import shipped

FILE: Final = "evidence.yaml"
# Fields that say who declares, and when; no control asks for them.
HEADER_FIELDS: Final = frozenset({"version", "declared_by", "declared_on", "title", "document"})
_DECLARATIONS_ITEMS: Final = "'declarations' in items ? items.declarations : []"


class VocabularyNeed(Need):
    """A need with the words that say what it is."""

    what: Sentence


class Vocabulary(Record):
    """policies/evidence.yaml."""

    schema_: Literal["affidavit/evidence-vocabulary"] = Field(alias="schema")
    version: Literal[1]
    needs: Annotated[dict[Name, VocabularyNeed], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class LoadedVocabulary:
    """The vocabulary with its own bytes."""

    vocabulary: Vocabulary
    content: bytes
    sha256: str


@cache
def read_vocabulary() -> LoadedVocabulary:
    """The shipped vocabulary, checked whole.

    Raises:
        ConfigError: every fault at once.
    """
    return parse_vocabulary(read_yaml(shipped("policies") / FILE))


@cache
def parse_vocabulary(content: bytes) -> LoadedVocabulary:
    """A vocabulary from its bytes: the shipped one, or that of a bundle, checked whole.

    Raises:
        ConfigError: every fault at once.
    """
    vocabulary = parse_record(Vocabulary, content, FILE)
    faults = [
        f"{FILE}: {name} {place}: {fault}"
        for name, need in vocabulary.needs.items()
        for place, text in (("present", need.present), ("items", need.items or "[]"))
        if (fault := expression_fault(text))
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    return LoadedVocabulary(vocabulary, content, hashlib.sha256(content).hexdigest())


def declared_fields() -> tuple[str, ...]:
    """The fields of declarations.toml that a control may ask for."""
    return tuple(f for f in Declarations.model_fields if f not in HEADER_FIELDS)


def needs_of(control: Control, loaded: LoadedVocabulary) -> tuple[NamedNeed, ...]:
    """What a control asks for, each by name and as expressions.

    Raises:
        ConfigError: an unknown name, field or document, with those that there are.
    """
    known = loaded.vocabulary.needs
    return tuple(_named(control, place, need, known) for place, need in enumerate(control.needs))


def _named(
    control: Control,
    place: int,
    need: str | DeclaredNeed | DocumentNeed | Need,
    known: Mapping[str, Need],
) -> NamedNeed:
    if isinstance(need, Need):
        return NamedNeed(name=f"needs[{place}]", need=need)
    if isinstance(need, DeclaredNeed):
        return NamedNeed(name=f"declared {need.declared}", need=_declared(control, need.declared))
    if isinstance(need, DocumentNeed):
        return NamedNeed(name=f"document {need.document}", need=_document(control, need.document))
    if need not in known:
        raise _unknown(control, f"needs[{place}]", need, tuple(known))
    return NamedNeed(name=need, need=known[need])


def _declared(control: Control, field: str) -> Need:
    if field not in declared_fields():
        raise _unknown(control, "declared", field, declared_fields())
    hint = Declarations.model_fields[field].description or ""
    return Need(
        present=f"has(declared.{field})", items=_DECLARATIONS_ITEMS,
        absent=f"`{field}` is not declared",
        remedy=f"add `{field}` to declarations.toml: {hint}",
    )  # fmt: skip


def _document(control: Control, about: str) -> Need:
    known = get_args(DocumentAbout)
    if about not in known:
        raise _unknown(control, "document", about, known)
    return Need(
        present=f"has(declared.document) && declared.document.exists(d, d.about == '{about}')",
        items=_DECLARATIONS_ITEMS,
        absent=f"no document on `{about}` is named",
        remedy=f'add a [[document]] on "{about}" to declarations.toml',
    )


def _unknown(control: Control, place: str, found: str, known: tuple[str, ...]) -> ConfigError:
    return ConfigError(
        f"{control.id} {place}: unknown {found[:60]!r}", f"there are {', '.join(sorted(known))}"
    )
