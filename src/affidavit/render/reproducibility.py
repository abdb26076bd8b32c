"""*Reproducibility*: what was computed again, what of it can be checked, and with which command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.evidence import Evidence, Number, Report
from affidavit.render.about import kinds_not_counted
from affidavit.render.words import listed, many

_NOTHING: Final = (
    "Nothing was recomputed; page one says why. The files can still be checked: affidavit verify."
)
_HOW: Final = (
    "Every number of this card was computed by Affidavit, from the model's own files and the "
    "frozen data; none was taken from the training run. The model ran in a process of its own. In "
    "which sandbox, where and when is said by the seal: affidavit verify prints it."
)


def reproduced(
    evidence: Evidence, reports: Sequence[Report], numbers: Sequence[Number], archive: str
) -> tuple[str, ...]:
    """What was recomputed, what each kind of number rests on, and how to compute it again.

    Args:
        evidence: the record; files by reference are asked for beside the bundle.
        reports: all of them; none means that nothing was recomputed.
        numbers: every number of the reports.
        archive: the bundle's file name.
    """
    if not reports:
        return (_NOTHING,)
    return tuple(filter(None, (_HOW, _by_origin(numbers), _again(evidence, archive))))


def _by_origin(numbers: Sequence[Number]) -> str:
    counted = sum(n.source == "counts" for n in numbers)
    indices = sum(n.source == "bins" for n in numbers)
    kinds = kinds_not_counted(numbers)
    scored = sum(n.source == "scores" and n.value is not None for n in numbers)
    said = []
    if counted or indices:
        parts = [many(counted, "number") + " from counts"] if counted else []
        parts += [many(indices, "index", "indices") + " from bins"] if indices else []
        said.append(
            f"affidavit verify derives {listed(parts)} again, without the model and the data."
        )
    if scored:
        said.append(
            f"{many(scored, 'number')} {'needs' if scored == 1 else 'need'} the scores of single "
            f"rows, and the model to make them: {listed(kinds)}."
        )
    return " ".join(said)


def _again(evidence: Evidence, archive: str) -> str:
    """The command that runs the model again."""
    by_reference = sum(not i.embedded for i in evidence.items)
    data = " --data FOLDER" if by_reference else ""
    said = (
        "To run the model again and compare every number with what was signed: "
        f"`affidavit recheck {archive} --key release.pub{data}`"
    )
    return said + (
        f", where FOLDER holds {many(by_reference, 'file')} that the bundle has by reference."
        if by_reference
        else "."
    )
