"""What the worker says of exact attributions, believed as far as it can be checked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from affidavit.bundle.canonical import Json
from affidavit.printable import printable
from affidavit.recompute.floats import Floats
from affidavit.recompute.worker.frames import Frame
from affidavit.recompute.worker.session import Session

_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """The output is a sum that the model's parameters give.

    Attributes:
        scale: on which it is one.
    """

    method: Literal["linear", "trees"]
    scale: Literal["score", "log-odds"]


@dataclass(frozen=True, slots=True)
class NotExact:
    """It is none, or none that is read."""

    reason: str


def ask_whether(session: Session, output: str | None) -> Exact | NotExact:
    """Which sum the output is.

    Args:
        session: with a loaded model.
        output: the class, of several; None for the one output.

    Raises:
        WorkerError: the worker failed, or answered with something else.
    """
    doing = "reading its parameters"
    header: dict[str, Json] = {"type": "exact", "output": output}
    said = session.call(header, expect="exact", doing=doing).header
    about = (said.get("method"), said.get("scale"))
    reason = said.get("reason")
    if isinstance(reason, str) and reason and about == (None, None):
        return NotExact(_shown(reason))
    for method in ("linear", "trees"):
        for scale in ("score", "log-odds"):
            if reason == "" and about == (method, scale):
                return Exact(method=method, scale=scale)
    raise session.wrong(doing, "neither a sum that is known nor a reason why there is none")


def ask_attributions(
    session: Session, header: dict[str, Json], body: memoryview, n: int, groups: Sequence[Any]
) -> Floats | NotExact:
    """The attributions of n rows: (n, len(groups)), finite.

    Args:
        session: with a loaded model.
        header: the request, less what is asked of it here.
        body: the background and the rows.
        n: the rows, without the background.
        groups: of input columns.

    Raises:
        WorkerError: the worker failed, or did not give one finite number for each.
    """
    doing = f"attributing {n} rows"
    request: dict[str, Json] = {
        **header, "type": "attribute", "rows": n, "groups": [list(g) for g in groups],
    }  # fmt: skip
    answer = session.call(
        request, body, expect="attributions", doing=doing, max_body=n * len(groups) * 8
    )
    reason = answer.header.get("reason")
    if isinstance(reason, str) and reason and _values(answer, 0, 0) is not None:
        return NotExact(_shown(reason))
    values = _values(answer, n, len(groups))
    if values is None or reason != "":
        raise session.wrong(doing, "expected a number for each row and feature; found other ones")
    if not np.isfinite(values).all():
        raise session.wrong(doing, "an attribution that is NaN or infinite")
    return values


def _values(answer: Frame, n: int, width: int) -> Floats | None:
    said = (answer.header.get("rows"), answer.header.get("width"))
    if any(type(s) is not int for s in said) or said != (n, width):
        return None
    if len(answer.body) != n * width * 8:
        return None
    return np.frombuffer(answer.body, dtype="<f8").astype(np.float64).reshape(n, width)


def _shown(reason: str) -> str:
    return printable(reason)[:_TEXT]
