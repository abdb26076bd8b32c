"""The steps from training to approval, as in-toto links tell them: what goes in, what comes out.

    train -> register -> recompute -> seal -> approve

What a link of each step says of a given bundle is a fact of the bundle: whoever checks one makes
the same list again.

References:
    in-toto specification 1.0, 4.4 (links), 4.3.1 (artifact rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from affidavit.bundle.layout import EVIDENCE, TAG_MANIFEST
from affidavit.evidence import Evidence

Step = Literal["train", "register", "recompute", "seal", "approve"]
STEPS: Final[tuple[Step, ...]] = get_args(Step)
_MODEL: Final = "data/model/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """Files by path, each by its SHA-256 in hex: what a step took, and what it made."""

    materials: Mapping[str, str]
    products: Mapping[str, str]


def artifacts(step: Step, evidence: Evidence, evidence_id: str, root: str) -> Artifacts:
    """What a step took and made, of this very bundle.

    Args:
        step: one of `STEPS`.
        evidence: the record.
        evidence_id: sha256 of data/evidence.json.
        root: sha256 of the tag manifest.
    """
    model = {i.path: i.sha256 for i in evidence.items if i.path.startswith(_MODEL)}
    record, sealed = {EVIDENCE: evidence_id}, {TAG_MANIFEST: root}
    found: dict[Step, tuple[Mapping[str, str], Mapping[str, str]]] = {
        "train": ({}, model),
        "register": (model, model),
        "recompute": (model, record),
        "seal": (record, sealed),
        "approve": (sealed, {}),
    }
    materials, products = found[step]
    return Artifacts(materials=materials, products=products)


def rules(step: Step) -> tuple[list[list[str]], list[list[str]]]:
    """What a layout asks of a step's materials and products: each follows from the step before."""

    def match(pattern: str, before: Step) -> list[str]:
        return ["MATCH", pattern, "WITH", "PRODUCTS", "FROM", before]

    model, end = f"{_MODEL}*", ["DISALLOW", "*"]
    found: dict[Step, tuple[list[list[str]], list[list[str]]]] = {
        "train": ([], [["CREATE", model]]),
        "register": ([match(model, "train")], [match(model, "train")]),
        "recompute": ([match(model, "register")], [["CREATE", EVIDENCE]]),
        "seal": ([match(EVIDENCE, "recompute")], [["CREATE", TAG_MANIFEST]]),
        "approve": ([match(TAG_MANIFEST, "seal")], []),
    }
    materials, products = found[step]
    return [*materials, end], [*products, end]
