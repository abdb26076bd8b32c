"""What an explainer of another library is: a locked environment, code that runs there, a licence.

An entry point of the group `affidavit.explainers` is a function without arguments that gives a
`Backend`; its name is the one that `[explain] second` names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One library that explains, in an environment of its own.

    Attributes:
        name: as the configuration has it.
        package: the library; its version names the environment.
        second: methods that attribute, for a second opinion; each is asked of `module`.
        anchors, curves: whether it has the methods `anchor` and `ale`.
        lock: requirements with digests of every file, and without any address.
        python: the minor version that it needs; None for Affidavit's own.
        code: a folder that becomes the package `affidavit_explainer` in the environment.
        module: of that package: has `versions()` and `explain(method, arrays, settings, seed,
            ask)`.
        licence: of the library, for the card.
    """

    name: str
    package: str
    second: tuple[str, ...]
    anchors: bool = False
    curves: bool = False
    lock: Path
    python: str | None = None
    code: Path
    module: str
    licence: str


Opener = Callable[[], Backend]


class Unusable(Exception):
    """An explainer that cannot run; nothing else is lost.

    Attributes:
        reason, fix: for the report's `lacking`.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason, fix)
        self.reason, self.fix = reason, fix
