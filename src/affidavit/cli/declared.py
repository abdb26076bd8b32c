"""What a bundle rests on somebody's word for, at the end of a build: in lines, and for machines."""

from __future__ import annotations

from affidavit.cli import output
from affidavit.evidence import Evidence, Fact
from affidavit.printable import printable
from affidavit.render.sections import fact_value, fact_words


def declared_facts(evidence: Evidence) -> tuple[Fact, ...]:
    """The facts of the basis *declared*: nothing measured them here, and no system claims them."""
    return tuple(f for f in evidence.provenance if f.basis == "declared")


def declared_lines(evidence: Evidence, *, width: int) -> list[str]:
    """One labelled entry a declared fact: its name, its value, and who gave it."""
    lines: list[str] = []
    for fact in declared_facts(evidence):
        said = f"{fact_words(fact.id)}: {fact_value(fact)} ({fact.source})"
        lines += output.field_lines("declared", printable(said), width=width)
    return lines


def declared_json(evidence: Evidence) -> list[dict[str, object]]:
    """The same facts, as evidence.json has them."""
    return [f.model_dump(mode="json", exclude_none=True) for f in declared_facts(evidence)]
