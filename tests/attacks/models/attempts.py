"""What a model may try that does not end it: an entry each, all of them made by one model.

An attempt is Python that raises where it is refused. `{names}` are filled in by the test: a secret
file, a folder outside, addresses of servers that listen, a process that may be ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.recompute.worker.levels import Level

_NOWHERE: tuple[Level, ...] = ()
_LIMITS: tuple[Level, ...] = ("rlimits",)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt.

    Attributes:
        code: raises OSError where it is refused.
        succeeds: levels at which it works.
        said: words of the level's own text that admit it.
    """

    code: str
    succeeds: tuple[Level, ...] = _LIMITS
    said: str = ""


_CALL = "import ctypes; c = ctypes.CDLL(None, use_errno=True); r = {call}; assert r >= 0, OSError"


def _system(call: str) -> str:
    return _CALL.replace("{call}", call)


ATTEMPTS: dict[str, Attempt] = {
    "reads-a-secret": Attempt("open({secret!r}).read()", said="read"),
    "lists-a-folder": Attempt("os.listdir({outside!r})", said="read"),
    "writes-outside": Attempt("open({outside!r} + '/mark', 'w').close()", said="write"),
    "removes-outside": Attempt("os.remove({outside!r} + '/victim-1')", said="write"),
    "renames-outside": Attempt(
        "os.rename({outside!r} + '/victim-2', {outside!r} + '/renamed')", said="write"
    ),
    "truncates-by-path": Attempt("os.truncate({outside!r} + '/victim-3', 0)", said="write"),
    "truncates-by-opening-to-read": Attempt(
        "os.close(os.open({outside!r} + '/victim-4', os.O_RDONLY | os.O_TRUNC))", said="write"
    ),
    "changes-a-mode": Attempt("os.chmod({outside!r} + '/victim-5', 0o777)", said="write"),
    "changes-a-time": Attempt("os.utime({outside!r} + '/victim-5', (1, 1))", said="write"),
    "changes-its-own-files": Attempt(
        "open(os.path.dirname(os.path.dirname(__file__)) + '/model.pkl', 'ab').write(b'x')",
        said="write",
    ),
    "opens-tcp": Attempt(
        "socket.create_connection(('127.0.0.1', {tcp}), 2).close()", said="network"
    ),
    "sends-udp": Attempt(
        "socket.socket(2, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp}))", said="network"
    ),
    "opens-a-unix-socket": Attempt("socket.socket(1).connect({unix!r})", said="network"),
    "opens-an-abstract-socket": Attempt("socket.socket(1).connect({abstract!r})", said="network"),
    "resolves-a-name": Attempt("socket.getaddrinfo('localhost', 80)", said="network"),
    "execs-a-shell": Attempt(
        "import subprocess; subprocess.run(['/bin/sh', '-c', 'exit 0'], check=True)",
        said="start processes",
    ),
    "replaces-itself": Attempt("os.execv('/no/such/program', ['x'])", _NOWHERE),
    "forks": Attempt("os.fork() or os._exit(0)", said="start processes"),
    "clones-by-number": Attempt(
        _system("c.syscall(220 if os.uname().machine == 'aarch64' else 56, 17, 0, 0, 0, 0)")
        + "\nif r == 0: os._exit(0)",
        said="start processes",
    ),
    "ends-another-process": Attempt("os.kill({victim}, 9)", said="end others"),
    "signals-its-parent": Attempt("os.kill(os.getppid(), 0)", said="end others"),
    "has-a-pipe-signal-its-parent": Attempt(
        "import fcntl; fcntl.fcntl(os.pipe()[0], 8, os.getppid())", said="end others"
    ),
    "holds-up-others-by-a-lease": Attempt(
        "import fcntl; fcntl.fcntl(os.open(__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
        said="read and write",
    ),
    "holds-up-others-by-a-lock": Attempt(
        "import fcntl; fcntl.flock(os.open(__file__, os.O_RDONLY), fcntl.LOCK_EX)",
        said="read and write",
    ),
    "watches-a-folder-by-signals": Attempt(
        "import fcntl; fcntl.fcntl(os.open('/usr', os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_ACCESS)",
        said="read",
    ),
    "watches-a-folder": Attempt(_system("c.inotify_init1(0)"), said="read"),
    "survives-its-parent": Attempt(_system("c.prctl(1, 0, 0, 0, 0)"), said="outlive"),
    "raises-its-limits": Attempt(
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))", _NOWHERE
    ),
    "makes-shared-memory": Attempt("import mmap; mmap.mmap(-1, 1 << 20)", said="shared memory"),
    "maps-memory-that-grows-down": Attempt(
        "import mmap; mmap.mmap(-1, 1 << 20, flags=0x122)", said="shared memory"
    ),
    "maps-memory-from-a-device": Attempt(
        "import mmap; mmap.mmap(os.open('/dev/zero', os.O_RDONLY), 1 << 20, mmap.MAP_SHARED, 1)",
        said="shared memory",
    ),
    "makes-a-file-in-memory": Attempt("os.memfd_create('x')", said="shared memory"),
    "opens-an-ipc-segment": Attempt(_system("c.shmget(0, 4096, 0o1600)"), said="shared memory"),
    # Opened, not written to: with limits alone, these are the machine's own.
    "opens-the-memory-of-process-1": Attempt(
        "os.close(os.open('/proc/1/mem', os.O_RDWR))", said="write"
    ),
    "opens-its-parents-memory": Attempt(
        "os.close(os.open(f'/proc/{{os.getppid()}}/mem', os.O_RDWR))", said="write"
    ),
    "opens-a-setting-of-the-machine": Attempt(
        "os.close(os.open('/proc/sys/kernel/core_pattern', os.O_RDWR))", said="write"
    ),
    "makes-a-namespace": Attempt(_system("c.unshare(0x04000000)"), _NOWHERE),
    "sets-the-clock": Attempt("time.clock_settime(0, time.time())", _NOWHERE),
    "mounts": Attempt(_system("c.mount(b'x', b'/mnt', b'tmpfs', 0, None)"), _NOWHERE),
    "uses-io-uring": Attempt(
        _system("c.syscall(425, 1, ctypes.create_string_buffer(120))"), said="network"
    ),
    "asks-a-call-nobody-knows": Attempt(_system("c.syscall(460000, 0)"), _NOWHERE),
    "had-a-pth-run": Attempt("assert hasattr(sys, 'pth_ran'), OSError", _NOWHERE),
    "had-a-sitecustomize-run": Attempt("assert 'sitecustomize' in sys.modules, OSError", _NOWHERE),
    "finds-the-label": Attempt(
        "import gc\n"
        "word = 'outcome_of' + '_the_loan'\n"
        "seen = [*os.environ.values(), *sys.argv, open('/proc/self/cmdline').read()]\n"
        "seen += [k for o in gc.get_objects() if type(o) is dict for k in list(o.values())]\n"
        "seen += [k for o in gc.get_objects() if type(o) is list for k in list(o)]\n"
        "assert any(type(s) is str and word in s and s is not word for s in seen), OSError",
        _NOWHERE,
    ),
    "imports-affidavit": Attempt("assert 'affidavit' in sys.modules, OSError", _NOWHERE),
}

# The twin: what a model does in earnest works at every level.
HONEST: dict[str, str] = {
    "writes-to-its-scratch-folder": "open(os.environ['TMPDIR'] + '/a', 'w').write('x')",
    "renames-in-its-scratch-folder": (
        "d = os.environ['HOME']; os.mkdir(d + '/d'); open(d + '/b', 'w').close()\n"
        "os.rename(d + '/b', d + '/d/b'); os.truncate(os.open(d + '/d/b', 2), 3)"
    ),
    "starts-threads": (
        "import threading\n"
        "t = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(8)]\n"
        "[x.start() for x in t]; [x.join() for x in t]"
    ),
    "signals-itself": "os.kill(os.getpid(), 0)",
    "reads-the-cpu": "open('/proc/cpuinfo').read(); os.cpu_count(); os.sched_getaffinity(0)",
    "writes-to-null": "open('/dev/null', 'w').write('x'); os.urandom(8); open('/dev/urandom', 'rb').read(8)",
    "maps-memory": "import mmap; mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
    "locks-as-sqlite-does": (
        "import sqlite3; c = sqlite3.connect(os.environ['TMPDIR'] + '/db')\n"
        "c.execute('create table t (a)'); c.execute('insert into t values (1)'); c.commit()"
    ),
    "makes-a-temporary-file": "import hashlib, ssl, tempfile; tempfile.TemporaryFile().write(b'x')",
}
