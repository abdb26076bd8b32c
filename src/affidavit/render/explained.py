"""The section on explanations: reads the two files, and puts its blocks in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import ValidationError

from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Finding, Item, Record
from affidavit.explanation_record import Decisions, Explainability
from affidavit.gap_ids import EXPLAIN_GAPS
from affidavit.render.explained_context import Block, Explained, Lack
from affidavit.render.explained_groups import group_block
from affidavit.render.explained_quality import intro, quality_block
from affidavit.render.explained_single import single_block
from affidavit.render.explained_whole import (
    curve_block,
    importance_block,
    probe_block,
    together_block,
)
from affidavit.render.words import ended, sentence
from affidavit.workspace import Workspace

R = TypeVar("R", bound=Record)
_ABSENT: Final = (
    "Absent: affidavit.toml asks for no explanation ([explain]), so the model, its groups and "
    "single decisions are not explained here."
)

_NOT_MADE: Final = "Absent: an explanation was asked for, and none was made."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """The two files; None where there is none, or where its bytes are not in the bundle.

    Attributes:
        single_item: the table's entry of the file of single decisions.
        gaps: why an explanation that was asked for was not made.
    """

    whole: Explainability | None = None
    single: Decisions | None = None
    single_item: Item | None = None
    gaps: tuple[Finding, ...] = ()


def read_explanations(evidence: Evidence, work: Workspace) -> Explanations:
    """What the evidence lists and holds. A file by reference is not read, though it may be near.

    Raises:
        AffidavitError: a file that is not of its schema.
    """
    items = {i.path: i for i in evidence.of_kind("explanation")}
    return Explanations(
        whole=_read(items.get(EXPLAINABILITY), Explainability, work),
        single=_read(items.get(DECISIONS), Decisions, work),
        single_item=items.get(DECISIONS),
        gaps=tuple(f for f in evidence.findings if f.id.startswith(EXPLAIN_GAPS)),
    )


def _read(item: Item | None, model: type[R], work: Workspace) -> R | None:
    if item is None or not item.embedded:
        return None
    try:
        return model.model_validate_json(work.locate(item).read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]["msg"]
        raise AffidavitError(f"{item.path} is not an explanation of version 1", fault) from error


def explained(found: Explanations) -> Explained:
    """The section; one honest sentence where there is nothing to print."""
    whole, single = found.whole, found.single
    if whole is None and found.single_item is None:
        return Explained(
            absent=_NOT_MADE if found.gaps else _ABSENT,
            lacking=tuple(
                Lack(part=sentence(f.what), reason="", fix=ended(f.fix)) for f in found.gaps
            ),
        )
    blocks: list[Block | None] = [] if whole is None else [
        importance_block(whole), curve_block(whole), together_block(whole), probe_block(whole),
        group_block(whole),
    ]  # fmt: skip
    blocks.append(single_block(single, found.single_item))
    blocks.append(quality_block(whole, single))
    gaps = (*(whole.lacking if whole else ()), *(single.lacking if single else ()))
    return Explained(
        lacking=tuple(
            Lack(part=sentence(g.part), reason=sentence(g.reason), fix=ended(g.fix)) for g in gaps
        ),
        intro=intro(whole, single),
        blocks=tuple(b for b in blocks if b is not None),
    )
