"""Which backend a name in `[explain] second` means: ours, or another's by an entry point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from affidavit.printable import printable
from affidavit.recompute.explain.backends.interface import Backend, Unusable

GROUP: Final = "affidavit.explainers"
_LOCKS = Path(__file__).parent / "locks"
_CODE = Path(__file__).resolve().parents[2] / "affidavit_explainer"
BUSINESS_SOURCE = "alibi-business-source"

OURS: Final[Mapping[str, Backend]] = {
    b.name: b
    for b in (
        Backend(
            name="shap", package="shap", second=("kernel", "permutation"),
            lock=_LOCKS / "shap.txt", code=_CODE, module="shap_side", licence="MIT",
        ),
        Backend(
            name="alibi", package="alibi", second=("kernel",), anchors=True, curves=True,
            lock=_LOCKS / "alibi.txt", python="3.11", code=_CODE, module="alibi_side",
            licence="Apache-2.0",
        ),
        # No use in production without a licence that is bought: never taken unless named.
        Backend(
            name=BUSINESS_SOURCE, package="alibi", second=("kernel",), anchors=True, curves=True,
            lock=_LOCKS / f"{BUSINESS_SOURCE}.txt", python="3.11", code=_CODE, module="alibi_side",
            licence="Business Source License 1.1",
        ),
    )
}  # fmt: skip


def find_backend(name: str) -> Backend:
    """The backend of that name.

    Raises:
        Unusable: nobody has one, or the plug-in that has it fails.
    """
    if name in OURS:
        return OURS[name]
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        others = {e.name for e in entry_points(group=GROUP)}
        raise Unusable(
            f"there is no explainer of the name {printable(name)[:60]}",
            f"name one of these in [explain] second: {', '.join(sorted({*OURS, *others}))}",
        )
    try:
        backend = found[0].load()()
    except Exception as error:
        raise _broken(name, f"failed with {type(error).__name__}") from error
    if not isinstance(backend, Backend):
        raise _broken(name, "gave no Backend")
    return backend


def one_with_anchors(names: Iterable[str]) -> str:
    """Which alibi is asked for anchors and curves: the one that is named, else the Apache one."""
    return BUSINESS_SOURCE if BUSINESS_SOURCE in set(names) else "alibi"


def _broken(name: str, how: str) -> Unusable:
    return Unusable(
        f"the explainer {printable(name)[:60]}, which is a plug-in, {how}", "ask whoever wrote it"
    )
