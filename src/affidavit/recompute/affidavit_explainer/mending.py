"""What lets alibi 0.9.4 be imported on Python 3.11 without ray.

For each optional package that is not installed alibi puts a placeholder object in place of what it
would have imported from it, and this raises ImportError for *every* attribute. `typing`, of Python
3.11, asks an object that stands in a type (`Union[…, ray's]`) for attributes of its own, such as
`__typing_subst__`, and expects AttributeError where there is none: the ImportError then ends
`import alibi`. So the module that has the placeholder is loaded first, by its file, and its
`__getattr__` is made to answer for names of Python's own as Python expects. Nothing else changes:
using what is not installed still says what to install.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_NAME = "alibi.utils.missing_optional_dependency"


def mend() -> None:
    """Load alibi's placeholder, mended, before alibi.

    Raises:
        ModuleNotFoundError: alibi is not installed.
    """
    alibi = find_spec("alibi")
    if alibi is None or not alibi.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'alibi'")
    file = Path(next(iter(alibi.submodule_search_locations)), *_NAME.split(".")[1:])
    spec = spec_from_file_location(_NAME, file.with_suffix(".py"))
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {_NAME!r}")
    module = module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
    placeholder = module.MissingDependency
    before = placeholder.__getattr__

    def mended(self: Any, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return before(self, key)

    placeholder.__getattr__ = mended
