"""Runs one expectation suite: the process that imports Great Expectations, and nothing of ours.

Started by its path (`suite_process.py FOLDER`). Reads `request.json` and `rows.arrow` in the
folder, writes `answer.json` there: `results`, or `absent`, or `refused` with the reason.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

LEAST: Final = (1, 3)
_COUNTS: Final = ("element_count", "unexpected_count", "unexpected_percent")
_REFUSED: Final = frozenset({
    "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system",
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
})  # fmt: skip


class NotTakenError(Exception):
    """Great Expectations does not take the suite; the message is one line, without any data."""


def main(folder: Path) -> int:
    """Answer the request in a folder."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    request = json.loads((folder / "request.json").read_bytes())
    _lower_limits(request["limits"])
    sys.addaudithook(_keep_in)
    answer: dict[str, object]
    try:
        answer = {"results": _run(request["expectations"], folder / "rows.arrow")}
    except ModuleNotFoundError as error:
        is_absent = error.name == "great_expectations"
        answer = {"absent": True} if is_absent else {"refused": f"{error.name} is not installed"}
    except NotTakenError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "great-expectations needs more than memory_mb in [worker]"}
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer
        # Its message may quote the data.
        answer = {"refused": f"great-expectations failed with {type(error).__name__}"}
    (folder / "answer.json").write_text(json.dumps(answer, allow_nan=False), "utf-8")
    return 0


def _end_with_parent() -> None:
    """Our standard input is a pipe that nobody writes to: it ends when the builder ends."""
    os.read(0, 1)  # not through sys.stdin, whose lock the end of the interpreter wants
    os._exit(1)


def _lower_limits(limits: Mapping[str, int]) -> None:
    import resource

    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # not every system has each of them
            resource.setrlimit(kind, (bound, bound))


def _keep_in(event: str, _arguments: object) -> None:
    """No network and no other program: a schema in a suite could name an address to fetch."""
    if event in _REFUSED:
        raise PermissionError(f"{event} is not for an expectation suite")


def _run(expectations: list[dict[str, Any]], rows: Path) -> list[dict[str, Any]]:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from pyarrow import feather

    found = str(gx.__version__)
    if tuple(int(p) for p in found.split(".")[:2]) < LEAST:
        raise NotTakenError(f"great-expectations {found} is older than 1.3")
    taken = []
    for place, wanted in enumerate(expectations):
        try:
            made = ExpectationConfiguration(
                type=wanted["type"], kwargs=wanted["kwargs"], meta={"place": place}
            ).to_domain_obj()
        except Exception as error:  # the suite is at fault; no data was looked at
            raise NotTakenError(
                f"expectation {place + 1} ({wanted['type']}): {_one_line(error)}"
            ) from error
        taken.append(made)
    frame = feather.read_table(rows).to_pandas()
    asset = gx.get_context(mode="ephemeral").data_sources.add_pandas("affidavit")
    whole = asset.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name="suite", expectations=taken)
    validated = whole.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC")
    return list(_in_order(validated.to_json_dict()["results"], len(taken)))


def _one_line(error: Exception) -> str:
    """Of pydantic the message has the argument and the reason on the lines after its first."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def _in_order(results: list[dict[str, Any]], n: int) -> Iterator[dict[str, Any]]:
    """The results in the order of the suite: Great Expectations gives them in one of its own."""
    places = {r["expectation_config"]["meta"]["place"]: r for r in results}
    if len(results) != n or set(places) != set(range(n)):
        raise NotTakenError(f"{len(results)} results for {n} expectations")
    for place in range(n):
        yield _reduced(places[place])


def _reduced(result: dict[str, Any]) -> dict[str, Any]:
    """Whether it held, and counts: no value of the data."""
    info = result.get("exception_info") or {}
    raised = [info, *(v for v in info.values() if isinstance(v, dict))]
    counts = {name: result["result"].get(name) for name in _COUNTS}
    return {
        "success": result["success"] is True,
        "raised": any(one.get("raised_exception") is True for one in raised),
        **{n: v for n, v in counts.items() if v is not None and math.isfinite(v)},
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
