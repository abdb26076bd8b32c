"""Which system calls the model may not make, as data for the worker's filter.

A list of what is refused, not of what is allowed: numeric libraries ask for more than anybody could
list, and a call that we do not know is answered as if the kernel had none such. What is refused
gives EPERM, so that the model gets an exception and can be quoted.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from affidavit.bundle.canonical import Json

# Name, number on x86_64, number on aarch64 (- where it has none). The newest known is 469
# (file_setattr, Linux 6.17); numbers are the same everywhere from 424 on.
_CALLS = {
    "programs": """
        execve 59 221; execveat 322 281
    """,
    "processes": """
        fork 57 -; vfork 58 -
    """,
    "sessions": """
        setsid 112 157; setpgid 109 154
    """,
    "sockets": """
        socket 41 198; socketpair 53 199; connect 42 203; bind 49 200; listen 50 201; accept 43
        202; accept4 288 242; sendto 44 206; recvfrom 45 207; sendmsg 46 211; recvmsg 47 212;
        sendmmsg 307 269; recvmmsg 299 243; shutdown 48 210
    """,
    "other processes": """
        ptrace 101 117; process_vm_readv 310 270; process_vm_writev 311 271; kcmp 312 272;
        pidfd_open 434 434; pidfd_getfd 438 438; pidfd_send_signal 424 424; process_madvise 440
        440; process_mrelease 448 448; perf_event_open 298 241; move_pages 279 239; migrate_pages
        256 238; setpriority 141 140; ioprio_set 251 30; sched_setattr 314 274; sched_setscheduler
        144 119; sched_setparam 142 118
    """,
    "mounts": """
        mount 165 40; umount2 166 39; pivot_root 155 41; chroot 161 51; open_tree 428 428;
        open_tree_attr 467 467; move_mount 429 429; fsopen 430 430; fsconfig 431 431; fsmount 432
        432; fspick 433 433; mount_setattr 442 442; statmount 457 457; listmount 458 458; swapon
        167 224; swapoff 168 225; quotactl 179 60; quotactl_fd 443 443; name_to_handle_at 303 264;
        open_by_handle_at 304 265; fanotify_init 300 262; fanotify_mark 301 263
    """,
    "namespaces": """
        unshare 272 97; setns 308 268; sethostname 170 161; setdomainname 171 162
    """,
    "kernel": """
        bpf 321 280; keyctl 250 219; add_key 248 217; request_key 249 218; io_uring_setup 425 425;
        io_uring_enter 426 426; io_uring_register 427 427; kexec_load 246 104; kexec_file_load 320
        294; init_module 175 105; finit_module 313 273; delete_module 176 106; userfaultfd 323
        282; reboot 169 142; acct 163 89; syslog 103 116; iopl 172 -; ioperm 173 -; modify_ldt 154
        -; lookup_dcookie 212 18; nfsservctl 180 42; vhangup 153 58; personality 135 92; seccomp
        317 277; memfd_secret 447 447; _sysctl 156 -; uselib 134 -; create_module 174 -
    """,
    "clocks": """
        clock_settime 227 112; settimeofday 164 170; adjtimex 159 171; clock_adjtime 305 266
    """,
    "queues": """
        shmget 29 194; shmat 30 196; shmctl 31 195; shmdt 67 197; semget 64 190; semop 65 193;
        semtimedop 220 192; semctl 66 191; msgget 68 186; msgsnd 69 189; msgrcv 70 188; msgctl 71
        187; mq_open 240 180; mq_unlink 241 181; mq_timedsend 242 182; mq_timedreceive 243 183;
        mq_notify 244 184; mq_getsetattr 245 185
    """,
    "watching": """
        inotify_init 253 -; inotify_init1 294 26; inotify_add_watch 254 27; flock 73 32
    """,
    "attributes": """
        chmod 90 -; fchmod 91 52; fchmodat 268 53; fchmodat2 452 452; chown 92 -; fchown 93 55;
        lchown 94 -; fchownat 260 54; utime 132 -; utimes 235 -; utimensat 280 88; futimesat 261
        -; setxattr 188 5; lsetxattr 189 6; fsetxattr 190 7; setxattrat 463 463; removexattr 197
        14; lremovexattr 198 15; fremovexattr 199 16; removexattrat 466 466; file_setattr 469 469;
        truncate 76 45; mknod 133 -; mknodat 259 33
    """,
    "absent": """
        clone3 435 435; openat2 437 437; memfd_create 319 279
    """,
    "conditional": """
        clone 56 220; kill 62 129; tkill 200 130; tgkill 234 131; close_range 436 436;
        rt_sigqueueinfo 129 138;
        rt_tgsigqueueinfo 297 240; prlimit64 302 261; sched_setaffinity 203 122; prctl 157 167;
        fcntl 72 25; ioctl 16 29; mmap 9 222; open 2 -; openat 257 56
    """,
}
_STARTING = ("programs", "processes")  # refused unless [worker] processes allows some
_ALWAYS = (
    "sessions", "sockets", "other processes", "mounts", "namespaces", "kernel", "clocks", "queues",
    "watching", "attributes",
)  # fmt: skip
_ALL_BITS = 0xFFFFFFFF
_NEWEST = 469
_X32 = 0x40000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What a filter needs to know of a machine.

    Attributes:
        audit: the kernel's AUDIT_ARCH_ word.
        column: of `_CALLS`.
        last_own: the last number before the gap that ends at 424.
        install: the number of seccomp(2).
    """

    audit: int
    column: int
    last_own: int
    install: int


_ARCHITECTURES = {
    "x86_64": Architecture(audit=0xC000003E, column=0, last_own=334, install=317),
    "aarch64": Architecture(audit=0xC00000B7, column=1, last_own=294, install=277),
}

# Refused by an argument: names, which argument, bits looked at, values, whether the values are
# those refused (else: all others are).
_Condition = tuple[str, int, int, tuple[int | str, ...], bool]
_CONDITIONS: tuple[_Condition, ...] = (
    ("kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo", 0, _ALL_BITS, ("self",), False),
    ("prlimit64 sched_setaffinity", 0, _ALL_BITS, (0, "self"), False),
    ("prctl", 0, _ALL_BITS, (1,), True),  # PR_SET_PDEATHSIG: to outlive the parent
    # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals. F_SETLEASE: others would wait to open the file.
    # F_NOTIFY: what others do in a folder.
    ("fcntl", 1, _ALL_BITS, (8, 10, 15, 1024, 1026), True),
    # FIOSETOWN, TIOCSTI, TIOCLINUX, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
    ("ioctl", 1, _ALL_BITS, (0x8901, 0x5412, 0x541C, 0x40086602, 0x401C5820), True),
    ("close_range", 2, 2, (2,), True),  # CLOSE_RANGE_UNSHARE: descriptors of one thread alone
    # Memory that RLIMIT_DATA does not count: shared and anonymous; MAP_GROWSDOWN, like a stack.
    ("mmap", 3, 0x21, (0x21,), True),
    ("mmap", 3, 0x100, (0x100,), True),
    # O_TRUNC without writing: landlock refuses it from ABI 3 only.
    ("open", 1, 0x203, (0x200, 0x203), True),
    ("openat", 2, 0x203, (0x200, 0x203), True),
)
# A thread (CLONE_THREAD) with the descriptors of all others (CLONE_FILES), and none of the flags
# that ask for a namespace.
_A_THREAD: _Condition = ("clone", 0, 0x7E030400, (0x00010400,), False)


def filter_rules(machine: str, processes: int) -> dict[str, Json] | None:
    """The rules for the worker's filter; None for a machine whose numbers we do not have.

    Args:
        machine: as `platform.machine()` has it.
        processes: how many the model may start; more than 0 leaves starting them to the parent.
    """
    known = _ARCHITECTURES.get(machine)
    if known is None:
        return None
    groups = _ALWAYS if processes else (*_STARTING, *_ALWAYS)
    conditions = _CONDITIONS if processes else (_A_THREAD, *_CONDITIONS)
    numbers = {group: _numbers(group, known) for group in _CALLS}
    refused: list[Json] = [n for group in groups for n in numbers[group].values()]
    unknown: list[Json] = [
        [known.last_own + 1, 423, errno.ENOSYS], [_NEWEST + 1, _X32 - 1, errno.ENOSYS]
    ]  # fmt: skip
    absent: list[Json] = [*numbers["absent"].values()]
    return {
        "arch": known.audit,
        "install": known.install,
        "kill_from": _X32,
        "unknown": unknown,
        "rules": [
            {"calls": refused, "errno": errno.EPERM},
            # As if the kernel had none: libc then takes clone for clone3.
            {"calls": absent, "errno": errno.ENOSYS},
            *_conditional(conditions, numbers["conditional"]),
        ],
    }


def _conditional(
    conditions: tuple[_Condition, ...], numbers: dict[str, int]
) -> Iterator[dict[str, Json]]:
    for names, argument, mask, values, inside in conditions:
        calls: list[Json] = [numbers[n] for n in names.split() if n in numbers]
        yield {
            "calls": calls, "errno": errno.EPERM, "arg": argument, "mask": mask,
            "values": list(values), "inside": inside,
        }  # fmt: skip


def _numbers(group: str, known: Architecture) -> dict[str, int]:
    found = {}
    for entry in _CALLS[group].split(";"):
        name, *numbers = entry.split()
        if numbers[known.column] != "-":
            found[name] = int(numbers[known.column])
    return found
