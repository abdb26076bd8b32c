"""The worker: a process of its own that loads the model and answers with scores.

It is started by path as a bare interpreter and imports nothing of Affidavit. The order is its
safety: limits first, then the paths of packages (no `.pth` file is read), then the model. The
protocol is docs/worker-protocol.md. stdout and stderr belong to the model; answers go through a
descriptor of their own.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import struct
import sys
from typing import Any, NoReturn

PREFIX = struct.Struct(">IQ")
PROTOCOL = 1
MAX_HEADER = 1 << 20
MAX_MESSAGE = 2000


class Refused(Exception):
    """The model cannot be used as it is; the message is for the user."""


# ---- the channel ---------------------------------------------------------------------------------


class Channel:
    """Frames over two descriptors: header length, body length, header, body."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        for descriptor in (incoming, outgoing):
            os.set_inheritable(descriptor, False)

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        header_size, body_size = PREFIX.unpack(self._read(PREFIX.size))
        if header_size > MAX_HEADER:
            raise EOFError
        header = json.loads(bytes(self._read(header_size)))
        return header, self._read(body_size)

    def send(self, header: dict[str, Any], body: bytes | memoryview = b"") -> None:
        text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
        self._write(PREFIX.pack(len(text), len(body)) + text)
        self._write(body)

    def _read(self, size: int) -> bytearray:
        content = bytearray(size)
        view, done = memoryview(content), 0
        while done < size:
            got = os.readv(self._incoming, [view[done:]])
            if not got:
                raise EOFError
            done += got
        return content

    def _write(self, content: bytes | memoryview) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self._outgoing, view) :]


# ---- limits --------------------------------------------------------------------------------------


def apply_limits(limits: dict[str, int]) -> dict[str, int]:
    """Lower the process's limits; says which hold.

    RLIMIT_DATA counts what is written to; address space is left wider, since numpy and Arrow
    reserve far more than they use.
    """
    import resource

    held = {}
    for name, value in sorted(limits.items()):
        kind = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):
            continue
        held[name] = bound
    return held


def die_with(parent: int) -> None:
    """Ask the kernel to end us when the parent ends, where it can (Linux)."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != parent:
        os._exit(0)


# ---- loading -------------------------------------------------------------------------------------


def load_model(order: dict[str, Any]) -> Any:
    """The model object, by the flavor that the parent read in MLmodel."""
    folder, flavor = order["folder"], order["flavor"]
    for code in order["code"]:
        sys.path.insert(0, f"{folder}/{code}")
    if flavor == "python_function":
        import mlflow.pyfunc

        return mlflow.pyfunc.load_model(folder)
    path = f"{folder}/{order['file']}"
    if flavor == "xgboost":
        return load_xgboost(path, order["class"])
    if flavor == "lightgbm" and order["class"] == "lightgbm.basic.Booster":
        import lightgbm

        return lightgbm.Booster(model_file=path)
    return load_serialised(path, order["format"])


def load_serialised(path: str, how: str) -> Any:
    """A scikit-learn style object. The sandbox is the protection, not the file's format."""
    if how == "skops":
        import skops.io

        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    if how not in ("pickle", "cloudpickle"):
        raise Refused(f"the serialization format {how!r} is none of skops, cloudpickle, pickle")
    loader = importlib.import_module(how)
    with io.FileIO(path) as file:
        return loader.load(io.BufferedReader(file))


def load_xgboost(path: str, name: str) -> Any:
    """A Booster, or a model with scikit-learn's interface, from XGBoost's own format."""
    import xgboost

    kind = getattr(xgboost, name.rpartition(".")[2], None)
    if kind is None or not name.startswith("xgboost."):
        raise Refused(f"the model class {name!r} is none of xgboost's")
    model = kind()
    model.load_model(path)
    return model


# ---- scoring -------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """A class as the text that the data has for it: 1.0 is 1."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


class Scorer:
    """A loaded model and the one call that its scores come from.

    `score` gives a float64 array of shape (rows, width): for a binary task the score of
    `positive`; for a regression the prediction; for a multiclass task a column a class, or, where
    the model only names classes, the index into `classes`.
    """

    def __init__(self, model: Any, order: dict[str, Any]) -> None:
        self.model, self.task, self.positive = model, order["task"], order["positive"]
        self.notes: list[str] = []
        self.coded = False
        known = getattr(model, "classes_", None)
        self.classes = [] if known is None else [text_of(c) for c in known]
        module, name = type(model).__module__, type(model).__name__
        self.type = f"{module}.{name}"
        self.native = name == "Booster" and module.partition(".")[0] in ("lightgbm", "xgboost")
        self.call = self._choose()

    def _choose(self) -> str:
        if self.task == "regression" or self.native or self.type.startswith("mlflow.pyfunc"):
            return "predict"
        for call in ("predict_proba", "decision_function"):
            if hasattr(self.model, call):
                if call == "decision_function":
                    self.notes.append("scores are decision_function values, not probabilities")
                return call
        return "predict"

    def score(self, frame: Any) -> Any:
        import numpy as np

        if self.native and self.type.startswith("xgboost"):
            import xgboost

            answer = self.model.predict(xgboost.DMatrix(frame))
        else:
            answer = getattr(self.model, self.call)(self._prepared(frame))
        named = [str(c) for c in getattr(answer, "columns", [])]
        values = np.asarray(answer)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim not in (1, 2) or len(values) != len(frame):
            shape = "x".join(map(str, values.shape)) or "a single value"
            raise Refused(f"expected one answer for each of {len(frame)} rows, got {shape}")
        chosen = {"binary": self._binary, "regression": self._single}.get(
            self.task, self._multiclass
        )
        return np.ascontiguousarray(chosen(values, named), dtype="<f8").reshape(len(frame), -1)

    def _prepared(self, frame: Any) -> Any:
        """LightGBM knows words only as categories, where it was trained on them."""
        booster = getattr(self.model, "booster_", self.model)
        if not getattr(booster, "pandas_categorical", None) or not hasattr(frame, "select_dtypes"):
            return frame
        words = list(frame.select_dtypes(exclude=["number", "bool"]).columns)
        return frame.astype(dict.fromkeys(words, "category"))

    def _single(self, values: Any, _named: list[str]) -> Any:
        if values.ndim != 1 or values.dtype.kind not in "fiub":
            raise Refused(f"expected one number a row, got {values.dtype} of {values.ndim} axes")
        return values

    def _binary(self, values: Any, named: list[str]) -> Any:
        if values.ndim == 2:
            return values[:, self._column(values.shape[1], named)]
        if self.call == "decision_function":
            return values if self._column(2, []) == 1 else -values
        if values.dtype.kind in "OUSTb" or self.classes:
            return self._labels(values)
        if values.dtype.kind in "iu":
            self._note("the model answers with labels, not with probabilities")
        return self._single(values, named)

    def _labels(self, values: Any) -> Any:
        import numpy as np

        self._note("the model answers with labels, not with probabilities")
        texts = [text_of(v) for v in values.tolist()]
        seen = self.classes or sorted({*texts})
        wanted = self._same(seen) if any(self._is_positive(s) for s in seen) else None
        if wanted is None and not set(seen) <= {"0", "1", "False", "True"}:
            wanted = self.positive
        return np.array([t == wanted or (wanted is None and t in ("1", "True")) for t in texts])

    def _is_positive(self, text: str) -> bool:
        return text.casefold() == str(self.positive).casefold()

    def _same(self, seen: list[str]) -> str:
        return next(s for s in seen if self._is_positive(s))

    def _column(self, width: int, named: list[str]) -> int:
        """Which column is the positive class: by name, by classes_, or the second of 0 and 1."""
        for names in (self.classes, named):
            found = [i for i, name in enumerate(names) if self._is_positive(name)]
            if len(names) == width and len(found) == 1:
                return found[0]
        names = self.classes or named
        plain = [n.casefold() for n in names] in (["0", "1"], ["false", "true"], ["-1", "1"], [])
        if width != 2 or not plain:
            raise Refused(
                f"the model's classes are {', '.join(names) or 'unnamed'} ({width} columns); "
                f"none is {self.positive!r}"
            )
        self._note(f"the second of the model's two classes was taken for {self.positive!r}")
        return 1

    def _multiclass(self, values: Any, named: list[str]) -> Any:
        import numpy as np

        if values.ndim == 2:
            if not self.classes:
                width = values.shape[1]
                self.classes = named if named and not named[0].isdigit() else []
                self.classes = self.classes or [str(i) for i in range(width)]
            if len(self.classes) != values.shape[1]:
                raise Refused(f"{values.shape[1]} columns for {len(self.classes)} classes")
            return values
        self._note("the model answers with labels, not with probabilities")
        self.coded = True
        texts = [text_of(v) for v in values.tolist()]
        self.classes += sorted({*texts} - {*self.classes})
        places = {text: i for i, text in enumerate(self.classes)}
        return np.array([places[t] for t in texts], dtype="<f8")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def read_frame(body: bytearray, shape: str) -> Any:
    """The batch as the model was trained on it: a data frame, or a plain array."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        table = reader.read_all()
    if shape == "frame":
        return table.to_pandas()
    import numpy as np

    columns = [c.to_numpy() for c in table.columns]
    return np.column_stack(columns) if columns else np.empty((table.num_rows, 0))


def versions() -> dict[str, str]:
    """The version of each library that the model brought in."""
    names = ("numpy", "pandas", "pyarrow", "sklearn", "scipy", "lightgbm", "xgboost", "skops")
    more = ("cloudpickle", "mlflow", "catboost", "statsmodels", "onnxruntime", "torch")
    loaded = ((n, getattr(sys.modules.get(n), "__version__", None)) for n in (*names, *more))
    return {name: version for name, version in loaded if isinstance(version, str)}


# ---- the session ---------------------------------------------------------------------------------


def serve(channel: Channel) -> None:
    """Hello, load, any number of batches, shutdown."""
    hello, _ = channel.receive()
    if hello.get("protocol") != PROTOCOL:
        raise Refused(f"protocol {hello.get('protocol')} is not {PROTOCOL}")
    if hello.get("parent"):
        die_with(hello["parent"])
    held = apply_limits(hello["limits"])
    python = ".".join(map(str, sys.version_info[:3]))
    channel.send({"type": "ready", "protocol": PROTOCOL, "python": python, "limits": held})

    order, _ = channel.receive()
    sys.path.extend(order["packages"])
    import pyarrow as pa

    pa.set_cpu_count(order["threads"])
    scorer = Scorer(load_model(order), order)
    channel.send(
        {"type": "loaded", "call": scorer.call, "model": scorer.type, "versions": versions()}
    )
    while True:
        message, body = channel.receive()
        if message["type"] == "shutdown":
            channel.send({"type": "bye"})
            return
        scores = scorer.score(read_frame(body, order["shape"]))
        answer = {
            "type": "scores", "batch": message["batch"], "rows": len(scores),
            "width": scores.shape[1], "classes": scorer.classes, "coded": scorer.coded,
            "notes": scorer.notes,
        }  # fmt: skip
        channel.send(answer, memoryview(scores.reshape(-1)).cast("B"))


def main() -> NoReturn:
    """Serve one session; whatever goes wrong is an answer, not a traceback."""
    channel = Channel(int(sys.argv[1]), int(sys.argv[2]))
    status = 0
    try:
        serve(channel)
    except EOFError:
        status = 1
    except BaseException as error:  # noqa: BLE001  # whatever the model raises is an answer
        status = 1
        name = "" if isinstance(error, Refused) else type(error).__name__
        text = str(error)[:MAX_MESSAGE].encode(errors="replace").decode()
        channel.send({"type": "error", "error": name, "message": text})
    sys.stderr.flush()
    os._exit(status)  # threads that the model left behind do not keep us


if __name__ == "__main__":
    main()
