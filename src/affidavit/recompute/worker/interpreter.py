"""The Python and the packages that the model is run with."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter, and what its process must be able to read.

    Attributes:
        executable: the program to start.
        readable: where it is installed; of these folders the sandbox shows what a Python needs.
        packages: folders for `sys.path`; no `.pth` file in them is followed.
        about: what this environment is, in words for the card.
    """

    executable: str
    readable: tuple[str, ...]
    packages: tuple[str, ...]
    about: str


def own_interpreter() -> Interpreter:
    """Affidavit's own Python and packages."""
    installed = str(Path(sys.executable).resolve().parent.parent)
    return Interpreter(
        executable=sys.executable,
        readable=(sys.prefix, sys.base_prefix, installed),
        packages=_package_folders(),
        about="Affidavit's own environment",
    )


def _package_folders() -> tuple[str, ...]:
    named = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    paths = sysconfig.get_paths()
    known = dict.fromkeys([*named, paths["purelib"], paths["platlib"]])
    return tuple(p for p in known if Path(p).is_dir())
