"""What a reader of the scores has to know of the model's inputs: other types, values never seen.

Both change no number here, and both tell that the rows are not as those of training. No value of a
text is told, and no count below ten: a note stands on the card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.masking_lines import LEAST, is_small
from affidavit.metric_names import is_training_role
from affidavit.printable import printable
from affidavit.recompute.worker.model_files import ModelPlan
from affidavit.wording import count_text, first_text

_WHOLE: Final = frozenset({"integer", "long"})
_MOST_NAMED: Final = 8


def input_notes(inputs: Mapping[str, Any], plan: ModelPlan) -> dict[str, tuple[str, ...]]:
    """Notes by role.

    Args:
        inputs: by role, what the model is given: pyarrow Tables of its columns.
        plan: the types that the signature has.
    """
    training = [given for role, given in inputs.items() if is_training_role(role)]
    return {
        role: (
            *_not_whole(given, plan, role),
            *(() if is_training_role(role) else _unseen(given, training, role)),
        )
        for role, given in inputs.items()
    }


def _not_whole(given: Any, plan: ModelPlan, role: str) -> Iterator[str]:
    """Inputs that the signature calls whole numbers, and that were given as others.

    The model gets what pandas would have made of them: MLflow's own check would refuse these rows.
    """
    whole = {c.name for c in plan.columns if c.kind in _WHOLE}
    names = [f.name for f in given.schema if f.name in whole and pa.types.is_floating(f.type)]
    if names:
        verb = "is" if len(names) == 1 else "are"
        yield (
            f"{_listed(names)} {verb} of whole numbers by the model's signature; in {role} some "
            "are missing or have a fraction, and the model was given them so."
        )


def _unseen(given: Any, training: list[Any], role: str) -> Iterator[str]:
    """Text inputs with values that no row of training has."""
    found = []
    for field in given.schema if training else ():
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            rows = _foreign_rows(given.column(field.name), training, field.name)
            if rows:
                few = f"fewer than {LEAST} rows"
                count = few if is_small(rows) else count_text(rows, "row")
                found.append(f"{printable(field.name)} ({count})")
    if found:
        yield (
            f"Rows of {role} have values of these inputs that no row of training has: "
            f"{_listed(found)}. The model answered for them all the same."
        )


def _foreign_rows(column: Any, training: list[Any], name: str) -> int:
    known = [pc.unique(t.column(name)).cast(pa.large_string()) for t in training]
    values = column.cast(pa.large_string())
    is_known = pc.is_in(values, value_set=pa.concat_arrays(known))
    return int(pc.sum(pc.and_(pc.is_valid(values), pc.invert(is_known))).as_py() or 0)


def _listed(names: list[str]) -> str:
    return printable(first_text(names, _MOST_NAMED))
