"""One session: hello, load, any number of requests, shutdown.

The order is the worker's safety: it locks itself in first, then come the paths of packages (no
`.pth` file is read), then the model. The protocol is docs/worker-protocol.md. stdout and stderr
belong to the model; answers go through a descriptor of their own.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from .adapting import Adapter
from .channel import Channel
from .exact import Attributor
from .explaining import serve_explainer
from .loading import load_model, versions
from .lockdown import lock_down
from .refusing import Refused
from .scanning import scan
from .scorer import Scorer, read_frame

PROTOCOL = 3
MAX_MESSAGE = 2000


def serve(channel: Channel) -> None:
    """Hello, load, any number of requests, shutdown."""
    hello, _ = channel.receive()
    if hello.get("protocol") != PROTOCOL:
        raise Refused(f"protocol {hello.get('protocol')} is not {PROTOCOL}")
    held = lock_down(hello)
    python = ".".join(map(str, sys.version_info[:3]))
    channel.send({"type": "ready", "protocol": PROTOCOL, "python": python, **held})

    order, _ = channel.receive()
    if order["type"] == "shutdown":  # the parent only tried whether all of this holds
        channel.send({"type": "bye"})
        return
    adapter = order.get("adapter")  # its commit's files come before packages of the same names
    sys.path.extend([*(adapter["folders"] if adapter else ()), *order["packages"]])
    if order["type"] == "scan":
        channel.send({"type": "scanned"}, json.dumps(scan(order["folder"])).encode())
        channel.receive()  # the goodbye: nothing is loaded where files were only read
        channel.send({"type": "bye"})
        return
    if order["type"] == "explain":
        serve_explainer(channel, order)
        return
    _serve_model(channel, order)


def _serve_model(channel: Channel, order: dict[str, Any]) -> None:
    """Load the model, and answer about it until the shutdown."""
    import pyarrow as pa

    pa.set_cpu_count(order["threads"])
    model = load_model(order)
    adapter = order["adapter"]
    scorer = Scorer(model, order, Adapter(adapter["name"], adapter["file"]) if adapter else None)
    attributor = Attributor(model, scorer)
    channel.send(
        {"type": "loaded", "call": scorer.call, "model": scorer.type, "versions": versions()}
    )
    while True:
        message, body = channel.receive()
        if message["type"] == "shutdown":
            channel.send({"type": "bye"})
            return
        if message["type"] == "exact":
            channel.send(attributor.say(message["output"]))
        elif message["type"] == "attribute":
            header, found = attributor.attribute(message, read_frame(body, order["shape"]))
            channel.send(header, found.tobytes())
        else:
            _send_scores(channel, message, scorer, read_frame(body, order["shape"]))


def _send_scores(channel: Channel, message: dict[str, Any], scorer: Scorer, rows: Any) -> None:
    try:
        scores = scorer.score(rows)
    except Exception as error:
        # A question about rows that are in no data: what the model raises there is an answer too.
        if not message.get("made_up") or isinstance(error, MemoryError):
            raise
        channel.send({**_told(error), "lives": True})
        return
    answer = {
        "type": "scores", "batch": message["batch"], "rows": len(scores),
        "width": scores.shape[1], "classes": scorer.classes, "coded": scorer.coded,
        "notes": scorer.notes,
    }  # fmt: skip
    channel.send(answer, memoryview(scores.reshape(-1)).cast("B"))


def _told(error: BaseException) -> dict[str, Any]:
    name = "" if isinstance(error, Refused) else type(error).__name__
    text = str(error)[:MAX_MESSAGE].encode(errors="replace").decode()
    return {"type": "error", "error": name, "message": text}


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
        channel.send(_told(error))
    sys.stderr.flush()
    os._exit(status)  # threads that the model left behind do not keep us
