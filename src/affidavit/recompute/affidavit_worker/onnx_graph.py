"""ONNX graphs: which input takes which column, and which output holds the scores."""

from __future__ import annotations

from typing import Any

from .answers import LABEL, LABELS_ONLY, PROBABILITY, VALUE, Family
from .refusing import Refused

_NUMPY = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16",
    "tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(bool)": "bool",
    "tensor(string)": "object",
}  # fmt: skip
_FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
_MAPS = ("seq(map(int64,tensor(float)))", "seq(map(string,tensor(float)))")
_CLASS_NAMES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


class OnnxGraph(Family):
    """A graph in an onnxruntime session."""

    def __init__(self, loaded: tuple[Any, list[list[str]]], task: str) -> None:
        self._session, class_lists = loaded
        self._output = self._chosen(task)
        super().__init__(f"run: output {self._output.name}", VALUE)
        if any(i.type == "tensor(float)" for i in self._session.get_inputs()):
            self.note("inputs are given in single precision, as the graph asks for")
        if task == "regression":
            return
        if self._output.type not in (*_FLOATS, *_MAPS):
            self.means = LABEL
            self.note(LABELS_ONLY)
            return
        self.means = PROBABILITY if self._is_called_probability() else VALUE
        if self.means == VALUE:
            self.note("nothing in the graph says that its output is a probability")
        if len(class_lists) == 1:
            self.classes = class_lists[0]
        elif self._output.type not in _MAPS and self._has_labels():
            raise Refused(
                "which column of the graph's output is which class was not found in it (or the "
                "package onnx is not there to look); convert the model with its ZipMap"
            )

    def ask(self, frame: Any) -> Any:
        found = self._session.run([self._output.name], self._feeds(frame))[0]
        if self._output.type not in _MAPS:
            return found
        names = self.classes or [str(k) for k in sorted(found[0])]
        rows = [{str(k): v for k, v in one.items()} for one in found]
        return {name: [one[name] for one in rows] for name in names}

    # -- outputs -----------------------------------------------------------------------------------

    def _is_called_probability(self) -> bool:
        return self._output.type in _MAPS or "prob" in self._output.name.casefold()

    def _has_labels(self) -> bool:
        kinds = ("tensor(string)", "tensor(int64)")
        return any(o.type in kinds for o in self._session.get_outputs())

    def _chosen(self, task: str) -> Any:
        """Probabilities before other floats, these before labels; of two alike, none."""
        outputs = self._session.get_outputs()
        floats = [o for o in outputs if o.type in _FLOATS]
        named = [o for o in floats if "prob" in o.name.casefold()]
        maps = [o for o in outputs if o.type in _MAPS]
        others = [o for o in outputs if o not in floats and o not in maps]
        tiers = [floats, others] if task == "regression" else [maps, named, floats, others]
        best = next((t for t in tiers if t), [])
        if len(best) != 1:
            shown = ", ".join(f"{o.name} {o.type}" for o in outputs)
            raise Refused(f"which output of the graph holds the scores is not clear: {shown}")
        return best[0]

    # -- inputs ------------------------------------------------------------------------------------

    def _feeds(self, frame: Any) -> dict[str, Any]:
        inputs = self._session.get_inputs()
        for one in inputs:
            if one.type not in _NUMPY:
                raise Refused(f"the graph's input {one.name} has the type {one.type}")
        names = [str(c) for c in getattr(frame, "columns", [])]
        if names and {i.name for i in inputs} == set(names):
            return {i.name: self._column(frame[i.name], i) for i in inputs}
        if len(inputs) != 1:
            shown = ", ".join(i.name for i in inputs)
            raise Refused(f"the graph's inputs are {shown}; the columns are {', '.join(names)}")
        return {inputs[0].name: self._matrix(frame, inputs[0])}

    def _column(self, values: Any, to: Any) -> Any:
        found = values.to_numpy().astype(_NUMPY[to.type])
        return found.reshape(-1, 1) if len(to.shape) == 2 else found

    def _matrix(self, frame: Any, to: Any) -> Any:
        import numpy as np

        found = np.asarray(frame)
        width = to.shape[-1] if len(to.shape) == 2 else None
        if isinstance(width, int) and width != found.shape[1]:
            raise Refused(f"the graph takes {width} columns, it is given {found.shape[1]}")
        return found.astype(_NUMPY[to.type])


def load_graph(path: str, threads: int) -> tuple[Any, list[list[str]]]:
    """The graph in a session on the processor, and the lists of classes that its nodes name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session, _class_lists(path)


def _class_lists(path: str) -> list[list[str]]:
    """Every different list of classes among the nodes; none without the package onnx."""
    try:
        import onnx
    except ImportError:
        return []
    found: list[list[str]] = []
    for node in onnx.load(path, load_external_data=False).graph.node:
        for attribute in node.attribute:
            if attribute.name in _CLASS_NAMES and (attribute.strings or attribute.ints):
                names = [s.decode() for s in attribute.strings] or list(map(str, attribute.ints))
                found += [names] if names not in found else []
    return found
