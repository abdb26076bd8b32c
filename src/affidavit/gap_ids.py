"""The ids of the gaps that say what was not counted: recompute states them, verify asks for them.

A gap that verify looked for under another id would turn an honest bundle into a refuted one.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Uncounted = Literal["favourable", "sensitive", "intersection", "segments"]


def gap_id(what: Uncounted, role: str, *names: str) -> str:
    """`recompute.<what>[.<name>].<role>`.

    Args:
        what: no favourable label, or an attribute, an intersection or a segment left out.
        role: whose counts.
        names: of the attribute or segment; of all attributes of an intersection.
    """
    return ".".join(["recompute", what, *(["+".join(names)] if names else []), role])


# An alias of affidavit.toml that stands for the version itself: nothing to compare with.
CHALLENGER_SAME: Final = "challenger.same"
# A challenger that was not run, or (with the role after it) not on the rows of a role.
CHALLENGER_GAP: Final = "recompute.challenger"

# What [explain] asks for and is not there: a gap of recomputing whose id begins so, then the role.
EXPLAIN_GAPS: Final = "recompute.explain."
# An exception: samples were lowered to keep within a time.
EXPLAIN_BUDGET: Final = "explain.budget"
# An exception: a protected attribute was among what moved an adverse decision most.
PROTECTED_REASON: Final = "explain.protected-reason"


def explain_gap_id(part: str) -> str:
    """Of the gap for a part of the explanations that is lacking."""
    return f"explain.{re.sub(r'[^a-z0-9]+', '-', part.lower()).strip('-')}"


def explain_disagreement_id(method: str) -> str:
    """Of the exception for a second opinion that disagrees."""
    return f"explain.disagreement.{method}"
