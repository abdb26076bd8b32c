"""What went wrong in the worker, in one line each, and what to do about it."""

from __future__ import annotations

import signal

from affidavit.errors import WorkerError
from affidavit.printable import printable

MAX_LINE = 300


def raised(name: str, message: str, doing: str, memory_mb: int) -> WorkerError:
    """The model's code raised, and the worker told us.

    Args:
        name: the exception's class; empty where the worker itself refused.
        message: its text, which is the model's and shown escaped.
        doing: what was asked of it.
        memory_mb: what it was given.
    """
    text = printable(" ".join(message.split())[:MAX_LINE])
    if name == "MemoryError":
        return WorkerError(f"the model ran out of memory while {doing}", text, _memory(memory_mb))
    if not name and text.startswith("the adapter"):
        fix = (
            "correct the function, or [model] adapter; it can import the commit's files (from src/ "
            "and the top) and the model's packages"
        )
        return WorkerError(f"the adapter cannot be used ({doing})", text, fix)
    if not name:
        fix = "register a model that answers in one of the ways of docs/worker-protocol.md"
        return WorkerError(f"the model cannot be used ({doing})", text, fix)
    cause = f"{printable(name)[:80]}: {text}" if text else printable(name)[:80]
    fix = "run the model on these columns by hand; the same call has to work there"
    if name in ("ModuleNotFoundError", "ImportError"):
        fix = (
            "log the model with what it imports: its code by code_paths, its packages in "
            "requirements.txt; or name an environment that has them: --model-env PATH"
        )
    if name in ("PermissionError", "BlockingIOError"):
        fix = (
            "the model may use no network, start no process and write to its TMPDIR only; "
            "register one that does not try"
        )
    if "unknown categor" in message.lower() or "unseen label" in message.lower():
        fix = (
            "these rows hold a category that the model was not trained on: take the snapshot as "
            "serving would have it, or do in [model] adapter what serving does with such a one"
        )
    if name == "OSError" and "[Errno 28]" in message:
        fix = "it filled its scratch folder: set [worker] scratch_mb higher in affidavit.toml"
    return WorkerError(f"the model failed while {doing}", cause, fix)


def died(code: int | None, doing: str, last_line: str, memory_mb: int) -> WorkerError:
    """The process ended without an answer. Under bubblewrap a signal is 128 + its number.

    Args:
        code: its exit code; None if it lives on with its answers closed.
        doing: what was asked of it.
        last_line: what it printed last.
        memory_mb: what it was given.
    """
    how, fix = _ending(code, memory_mb)
    return WorkerError(f"the model's process {how} while {doing}", _last(last_line), fix)


def hung(limit_s: float, doing: str, last_line: str) -> WorkerError:
    """No answer within the limit."""
    return WorkerError(
        f"the model gave no answer within {limit_s:g} s while {doing}",
        _last(last_line),
        "find out why it hangs, or set [worker] timeout_s higher in affidavit.toml",
    )


def flooded(limit_mb: int, doing: str, last_line: str) -> WorkerError:
    """It printed without end."""
    return WorkerError(
        f"the model printed more than {limit_mb} MB while {doing}",
        _last(last_line[:80]),
        "remove the prints from the model's code, or set [worker] printed_mb higher in "
        "affidavit.toml",
    )


def took_too_much(reason: str, doing: str, last_line: str) -> WorkerError:
    """It took more of the disk, or of the process table, than it may.

    Args:
        reason: what, and which setting bounds it.
        doing: what was asked of it.
        last_line: what it printed last.
    """
    return WorkerError(
        f"the model was ended while {doing}: {reason}",
        _last(last_line),
        "find out what it writes or starts, or set that bound higher in affidavit.toml",
    )


def unlocked(lacking: list[str]) -> WorkerError:
    """The worker says that not all holds of what it was asked to give up."""
    return WorkerError(
        "the worker did not lock itself in",
        f"not in force: {', '.join(lacking) or 'the protocol that was asked for'}",
        "run: affidavit doctor",
    )


def wrong(rule: str, doing: str) -> WorkerError:
    """An answer that breaks the protocol, or that holds something else than scores."""
    return WorkerError(
        f"the model's process answered wrongly while {doing}",
        rule,
        "look at what the model returns: one finite number for each row and class",
    )


def _ending(code: int | None, memory_mb: int) -> tuple[str, str]:
    if code is None:
        return "closed its answers", "the model's code must leave its descriptors alone"
    number = -code if code < 0 else code - 128
    names = {s.value: s.name for s in signal.Signals}
    match names.get(number):
        case None:
            return f"ended by itself (exit {code})", "the model's code must return, not exit"
        case "SIGKILL":
            return "was killed (SIGKILL)", f"most likely for memory; {_memory(memory_mb)}"
        case "SIGXCPU":
            return (
                "used up its processor time (SIGXCPU)",
                "set [worker] cpu_s or timeout_s higher in affidavit.toml",
            )
        case "SIGSYS":
            fix = "its libraries must be of this machine's own architecture"
            return "made a system call of another architecture (SIGSYS)", fix
        case name:
            fix = "run the model by hand, to find the fault in its libraries"
            return f"crashed ({name})", fix


def _memory(memory_mb: int) -> str:
    return (
        f"it had {memory_mb} MB: set [worker] memory_mb higher in affidavit.toml, or batch_rows "
        "lower"
    )


def _last(line: str) -> str:
    return f"it last printed: {line}" if line else "it printed nothing"
