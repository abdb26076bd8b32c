"""What each level puts around the worker: bubblewrap's mounts, landlock's paths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affidavit.bundle.canonical import Json
from affidavit.recompute.worker.interpreter import Interpreter

INSIDE_CODE = "/affidavit/commit"
WORKER = Path(__file__).resolve().parent.parent / "affidavit_worker"
INSIDE_WORKER, INSIDE_MODEL = "/affidavit/affidavit_worker", "/affidavit/model"
NEWEST_ABI = 7

_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
_LOADER = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
# What numeric libraries read to find out which machine this is.
_MACHINE = (
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage", "/dev/urandom", "/dev/random",
)  # fmt: skip
# Of the folder that a Python is installed in.
_OF_A_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg", "share/zoneinfo")
# Not /dev/zero: what is mapped from it, shared, is memory that RLIMIT_DATA does not count.
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")
_BUBBLEWRAP_WRITE = ("/tmp", "/dev/shm", "/dev/null")  # noqa: S108  # the sandbox's own
_MEBIBYTE = 1 << 20


def bubblewrap_walls(
    tool: str,
    model: Path,
    interpreter: Interpreter,
    environment: dict[str, str],
    scratch_mb: int,
    *,
    code: Path | None = None,
) -> tuple[str, ...]:
    """The command that starts another one in a sandbox; that one is added to it.

    Args:
        tool: bubblewrap.
        model: the folder of the model's files.
        interpreter: its folders and packages.
        environment: all variables.
        scratch_mb: what may be kept in /tmp.
        code: the folder of the commit's files, where an adapter is asked for.
    """
    parts = [
        tool, "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session",
        "--cap-drop", "ALL", "--clearenv", "--hostname", "worker",
    ]  # fmt: skip
    for name, value in sorted(environment.items()):
        parts += ["--setenv", name, value]
    parts += _system_mounts()
    # Read-only: /proc also has the memory of processes, and for root the settings of the machine.
    parts += ["--proc", "/proc", "--remount-ro", "/proc", "--tmpfs", "/dev"]
    for device in _DEVICES:
        parts += ["--dev-bind", device, device]
    parts += ["--symlink", "/proc/self/fd", "/dev/fd", "--size", str(64 * _MEBIBYTE)]
    parts += ["--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108  # the sandbox's own
    parts += ["--size", str(scratch_mb * _MEBIBYTE), "--tmpfs", "/tmp"]  # noqa: S108  # the sandbox's own
    for folder in _folders(interpreter):
        parts += ["--ro-bind", folder, folder]
    parts += ["--ro-bind", str(WORKER), INSIDE_WORKER]
    parts += ["--ro-bind", str(model.resolve()), INSIDE_MODEL]
    parts += ["--ro-bind", str(code.resolve()), INSIDE_CODE] if code is not None else []
    parts += ["--remount-ro", "/", "--chdir", "/tmp", "--"]  # noqa: S108  # the sandbox's own
    return tuple(parts)


def _system_mounts() -> Iterator[str]:
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in _LOADER:
        yield from ("--ro-bind-try", name, name)


def landlock_demand(
    model: Path,
    interpreter: Interpreter,
    scratch: Path,
    *,
    execute: bool,
    code: Path | None = None,
) -> dict[str, Json]:
    """What the worker may still read and write, for `hello`.

    Args:
        model: the folder of the model's files; to read.
        interpreter: its folders and packages; to read.
        scratch: the only folder to write to.
        execute: whether programs that can be read can be started.
        code: the folder of the commit's files, where an adapter is asked for; to read.
    """
    own = (str(WORKER), str(model.resolve()), *((str(code.resolve()),) if code else ()))
    return _landlock(interpreter, own, (str(scratch), "/dev/null"), execute=execute)


def inner_landlock_demand(interpreter: Interpreter, *, execute: bool) -> dict[str, Json]:
    """The same within bubblewrap: what is mounted there, a second time.

    Args:
        interpreter: its folders and packages; to read.
        execute: whether programs that can be read can be started.
    """
    own = (INSIDE_WORKER, INSIDE_MODEL, INSIDE_CODE)  # what is not mounted gives no right
    return _landlock(interpreter, own, _BUBBLEWRAP_WRITE, execute=execute)


def _landlock(
    interpreter: Interpreter, own: tuple[str, ...], write: tuple[str, ...], *, execute: bool
) -> dict[str, Json]:
    read: list[Json] = [*_SYSTEM, *_LOADER, *_MACHINE, *_folders(interpreter), *own]
    return {"abi": NEWEST_ABI, "read": read, "write": [*write], "execute": execute}


def _folders(interpreter: Interpreter) -> list[str]:
    """What of the interpreter and its packages is there, and no more.

    A prefix can be the home folder, or a project's: of it only what a Python needs is readable.
    """
    parts = [Path(prefix, part) for prefix in interpreter.readable for part in _OF_A_PREFIX]
    there = (str(part) for part in (*parts, Path(interpreter.executable)) if part.exists())
    return _outermost((*there, *interpreter.packages))


def _outermost(folders: tuple[str, ...]) -> list[str]:
    """The folders, without what lies inside another of them."""
    kept: list[str] = []
    for folder in sorted(set(folders)):
        inside = any(Path(folder).is_relative_to(k) for k in (*kept, "/usr"))
        if not inside and folder != "/":
            kept.append(folder)
    return kept
