"""The function of the training commit that makes the model's input of the data's columns."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Any

from .refusing import Refused

_SHOWN = 3


class Adapter:
    """`module:function`, loaded from the commit's files and from nowhere else.

    Args:
        name: `module:function`.
        file: where the module has to be, absolute.
    """

    def __init__(self, name: str, file: str) -> None:
        module_name, _, function = name.partition(":")
        self.name = name
        try:
            module = importlib.import_module(module_name)
        except Exception as error:
            raise Refused(f"the adapter {name} cannot be imported: {_told(error)}") from error
        found = Path(getattr(module, "__file__", None) or "nowhere")
        # What is on record is this file; another of the same name must not run in its place.
        if not found.exists() or not found.samefile(file):
            raise Refused(
                f"the adapter {name} was found in {found}, which is not the commit's file: "
                "rename its module"
            )
        self._function: Any = getattr(module, function, None)
        if not callable(self._function):
            known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
            near = difflib.get_close_matches(function, known, n=1) or known[:_SHOWN]
            hint = f"; it has {', '.join(near)}" if near else ""
            raise Refused(f"the adapter's module has no function {function}{hint}")

    def __call__(self, frame: Any) -> Any:
        """What the model is given of these rows; the same rows in the same order.

        Raises:
            Refused: the function raised, or gave something else.
        """
        import pandas as pd

        try:
            made = self._function(frame.copy())
        except MemoryError:
            raise
        except Exception as error:
            raise Refused(f"the adapter {self.name} failed: {_told(error)}") from error
        if not isinstance(made, pd.DataFrame):
            kind = f"{type(made).__module__}.{type(made).__name__}"
            raise Refused(f"the adapter {self.name} has to give a pandas DataFrame, it gave {kind}")
        if len(made) != len(frame):
            raise Refused(f"the adapter {self.name} made {len(made)} rows of {len(frame)}")
        if not made.index.equals(frame.index):
            raise Refused(f"the adapter {self.name} changed the order of the rows, or their index")
        return made


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
