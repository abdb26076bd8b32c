"""In place of a model: a library that explains one, and asks the parent what the model answers.

The library never sees the model, nor a row: it is given matrices of doubles, mostly codes, and asks
about matrices of the same form. The protocol is docs/worker-protocol.md.
"""

from __future__ import annotations

import importlib
import random
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from .channel import Channel

_PACKAGE = "affidavit_explainer"


class Stopped(BaseException):
    """The parent has no answer. No `Exception`: a library that catches these must not go on."""


class Ask:
    """The model, as a function of a matrix, asked through the parent."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __call__(self, matrix: Any) -> Any:
        """(rows,): what the model answers for these rows, each a row of doubles."""
        import numpy as np

        asked: Any = np.ascontiguousarray(np.atleast_2d(matrix), dtype="<f8")
        header = {"type": "ask", "rows": asked.shape[0], "width": asked.shape[1]}
        self._channel.send(header, memoryview(asked.reshape(-1)).cast("B"))
        answer, body = self._channel.receive()
        if answer["type"] != "answers":
            raise Stopped
        return np.frombuffer(body, dtype="<f8").astype(float)


def serve_explainer(channel: Channel, order: dict[str, Any]) -> None:
    """Load the library, then one explanation after another, until the goodbye."""
    library = _load(order["folder"], order["module"])
    channel.send({"type": "loaded", "versions": library.versions()})
    ask = Ask(channel)
    while True:
        message, body = channel.receive()
        if message["type"] == "shutdown":
            channel.send({"type": "bye"})
            return
        arrays = _arrays(message["arrays"], body)
        _seed(message["seed"])
        try:
            values, facts = library.explain(
                message["method"], arrays, message["settings"], message["seed"], ask
            )
        except Stopped:
            channel.send({"type": "stopped"})
            continue
        _answer(channel, values, facts)


def _answer(channel: Channel, values: Any, facts: dict[str, Any]) -> None:
    import numpy as np

    found: Any = np.ascontiguousarray(values, dtype="<f8")
    header = {"type": "explained", "shape": list(found.shape), "facts": facts}
    channel.send(header, memoryview(found.reshape(-1)).cast("B"))


def _seed(seed: int) -> None:
    """What libraries draw from when nobody gave them a seed."""
    import numpy as np

    random.seed(seed)
    np.random.mtrand.seed(seed)


def _arrays(named: list[dict[str, Any]], body: bytearray) -> dict[str, Any]:
    import numpy as np

    arrays, start = {}, 0
    for one in named:
        size = one["rows"] * one["width"]
        values = np.frombuffer(body, dtype="<f8", count=size, offset=start * 8)
        arrays[one["name"]] = values.reshape(one["rows"], one["width"]).astype(float)
        start += size
    return arrays


def _load(folder: str, module: str) -> Any:
    """A module of the folder, which becomes a package of a name that no library has."""
    spec = spec_from_file_location(
        _PACKAGE, f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    if not isinstance(spec, ModuleSpec) or spec.loader is None:
        raise ImportError(f"{folder} holds no Python package")
    package = module_from_spec(spec)
    sys.modules[_PACKAGE] = package
    spec.loader.exec_module(package)
    return importlib.import_module(f"{_PACKAGE}.{module}")
