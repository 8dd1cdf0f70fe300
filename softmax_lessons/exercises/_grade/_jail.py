"""A process that can do little harm, as far as the system lets a program without rights say so.

On Linux it is a fork, so nothing is imported twice. Seccomp refuses it sockets, further processes,
signals and limits to others, and the modes and owners of files, of which Landlock knows nothing;
Landlock leaves it its own folder to write to, and Python to read; limits bound its memory, its
files and its time. All of this needs no rights, and holds in a container.
Where namespaces are allowed, it has no network and a small disk besides. Processors other than
x86_64 and aarch64 have no seccomp here, and kernels before 5.13 no Landlock: the grader says so.

Elsewhere it is a fresh process with a limit of time, and no more: a student's code could read and
change what the teacher can.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import multiprocessing
import os
import shutil
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from softmax_lessons.exercises import _sandbox

SPAWNS = sys.platform != "linux"  # a fork is missing, or not safe
MEMORY = 2**29  # bytes that a process may ask for on top of what Python has
DISK = 2**26  # bytes that it may write
OWN = 2**24  # bytes of the student's other files that it finds beside it
PROCESSES = 64  # that it may start
CPU = 120  # seconds of the processor for each of them
KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")  # of the environment: the rest may be secret
ALL = ("network", "processes", "files", "memory")  # what is held where all of it works

NEW_USER, NEW_PIDS, NEW_NET, NEW_MOUNTS, NEW_IPC = (
    0x10000000,
    0x20000000,
    0x40000000,
    0x20000,
    0x8000000,
)


class Child:
    """A process that was started here."""

    def __init__(self, main: Callable[..., None], job: Any, link: socket.socket, imports: Any):
        self._status: int | None = None
        if SPAWNS:
            context = multiprocessing.get_context("spawn")
            self._spawned = context.Process(target=main, args=(job, link, None))
            self._spawned.start()
            self.pid = self._spawned.pid or 0
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside other threads
            self.pid = os.fork()
        if not self.pid:
            begin(main, job, link, imports)

    def processor(self) -> float:
        """Return how many seconds of the processor it has had."""
        if not SPAWNS:
            with contextlib.suppress(OSError):  # it has ended
                return time.clock_gettime((~self.pid << 3) | 2)
        return 0.0

    def is_dead(self) -> bool:
        """Tell whether it has ended."""
        if SPAWNS:
            return not self._spawned.is_alive()
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def ask(self) -> None:
        """Ask it to stop what it does."""
        if not SPAWNS:
            _sandbox.signal_main_thread(self.pid, signal.SIGTERM)

    def end(self) -> int:
        """End it with all that it has started; return its exit code, as subprocess has it."""
        if self._status is not None:
            return self._status
        if SPAWNS:
            self._spawned.join(_sandbox.GRACE)
            self._spawned.kill()
            self._spawned.join()
            self._status = self._spawned.exitcode or 0
            return self._status
        if not self.is_dead():
            _sandbox.end(self.pid)
        _, status = os.waitpid(self.pid, 0)
        self._status = os.waitstatus_to_exitcode(status)
        return self._status


def begin(main: Callable[..., None], job: Any, link: socket.socket, imports: Any) -> NoReturn:
    """Do, in a fork, what it is there for, and nothing of what its parent would do next."""
    code = 1
    try:
        close_all_but(link.fileno())  # above all, what leads to the grader
        _sandbox.adopt_and_follow()
        os.setpgid(0, 0)
        main(job, link, imports)
        code = 0
    finally:
        os._exit(code)


def close_all_but(*kept: int) -> None:
    """Close the files that a fork has taken along."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def libc() -> Any:
    """Return the C library."""
    return ctypes.CDLL(None, use_errno=True)


# --- the grader's side: once in each process that grades ------------------------------------------


def open_room(folder: Path) -> None:
    """Leave the network, and put a small disk over a folder, if the system lets us."""
    user, group = os.getuid(), os.getgid()
    if SPAWNS or libc().unshare(NEW_USER | NEW_NET | NEW_MOUNTS | NEW_IPC) != 0:
        return
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    slave = 0x4000 | 0x80000  # MS_REC, MS_SLAVE: nothing of this leaves the namespace
    if libc().mount(b"none", b"/", None, slave, None) == 0:
        options = f"size={2 * DISK},nr_inodes=8192,mode=700".encode()
        libc().mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 2 | 4, options)


# --- the student's side ---------------------------------------------------------------------------


def lock(folder: Path, own: Path | None) -> list[str]:
    """Give up all that a work does not need, and say what is held back from now on."""
    copy_own(own, folder)
    os.chdir(folder)
    sys.path[:] = [str(folder), *filter(is_library, sys.path)]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ |= environment | {name: str(folder) for name in ("HOME", "TMPDIR", "MPLCONFIGDIR")}
    os.environ["MPLBACKEND"] = "Agg"
    if SPAWNS:
        return []
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # what it prints there helps nobody
        os.dup2(nowhere, descriptor)
    _sandbox.use_one_thread()
    limit()
    libc().prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, which both of these ask for
    held = ["memory"] + ["files"] * landlock(folder)
    drop_capabilities()
    return held + ["network", "processes"] * forbid()


def is_library(entry: str) -> bool:
    """Tell whether an entry of the path belongs to Python, not to where the grader was started."""
    parts = Path(entry).parts
    places = (sys.base_prefix, sys.base_exec_prefix)
    return "site-packages" in parts or "dist-packages" in parts or entry.startswith(places)


def copy_own(own: Path | None, folder: Path) -> None:
    """Copy the student's other files, as far as they are few."""
    left = OWN
    for file in sorted(own.rglob("*")) if own else ():
        if file.is_file() and not file.is_symlink() and file.suffix != ".ipynb":
            left -= file.stat().st_size
            if left < 0:
                return
            place = folder / file.relative_to(own or file)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def limit() -> None:
    """Bound the memory, the files and the processes."""
    import resource

    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[5]) * resource.getpagesize()  # data and stack
    _sandbox.lower(resource.RLIMIT_DATA, used + MEMORY)
    _sandbox.lower(resource.RLIMIT_CPU, CPU)
    _sandbox.lower(resource.RLIMIT_FSIZE, DISK)
    _sandbox.lower(resource.RLIMIT_CORE, 0)
    _sandbox.lower(resource.RLIMIT_NOFILE, 256)
    others = sum(name.isdigit() for name in os.listdir("/proc"))
    _sandbox.lower(resource.RLIMIT_NPROC, 2 * others + PROCESSES)


def drop_capabilities() -> None:
    """Give up the rights that a namespace gives to those who make it."""
    number = {"x86_64": 126, "aarch64": 91}.get(os.uname().machine)
    if number:
        header = struct.pack("Ii", 0x20080522, 0)
        libc().syscall(number, header, bytes(24))


# Seccomp, see https://docs.kernel.org/userspace-api/seccomp_filter.html
LOAD, EQUAL, ANY, RETURN = 0x20, 0x15, 0x45, 0x06  # instructions
ALLOW, REFUSE, MISSING = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
THREAD = 0x10000  # of the flags of clone
# What a work does not need: fork, vfork; kill and its kin; ptrace and its kin; socket; io_uring;
# the mode, owner, times and attributes of a file; the priority and processors of a process.
CALLS = {
    "x86_64": (
        *(57, 58, 62, 129, 200, 234, 297, 424, 101, 310, 311, 41, 425),
        *(90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280),
        *(188, 189, 190, 463, 197, 198, 199, 466, 141, 142, 144, 203, 251, 314),
    ),
    "aarch64": (
        *(129, 138, 130, 131, 240, 424, 117, 270, 271, 198, 425),
        *(52, 53, 452, 54, 55, 88, 5, 6, 7, 463, 14, 15, 16, 466, 140, 118, 119, 122, 30, 274),
    ),
}
MACHINES = {"x86_64": (0xC000003E, 56, 302), "aarch64": (0xC00000B7, 220, 261)}  # clone, prlimit
CLONE3 = 435  # refused as if it were missing, so that clone is asked, whose flags can be read


def forbid() -> bool:
    """Refuse to start processes, to touch others, and to open sockets; tell if it worked."""
    if os.uname().machine not in CALLS:
        return False
    refused = CALLS[os.uname().machine]
    machine, clone, limits = MACHINES[os.uname().machine]
    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, machine), (RETURN, 0, 0, REFUSE), (LOAD, 0, 0, 0)]
    steps += [(0x35, 0, 1, 0x40000000), (RETURN, 0, 0, REFUSE)]  # other numbers for the same calls
    for call in refused:
        steps += [(EQUAL, 0, 1, call), (RETURN, 0, 0, REFUSE)]
    # Its own limits are process 0's; others' are refused.
    steps += [(EQUAL, 0, 4, limits), (LOAD, 0, 0, 16), (EQUAL, 1, 0, 0), (RETURN, 0, 0, REFUSE)]
    steps += [(RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 0)]
    steps += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, MISSING), (EQUAL, 0, 3, clone)]
    steps += [(LOAD, 0, 0, 16), (ANY, 1, 0, THREAD), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(program)
    pointed = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(kept))
    done: int = libc().prctl(22, 2, pointed, 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    return done == 0


# Landlock, see https://docs.kernel.org/userspace-api/landlock.html
EXECUTE, WRITE, READ, READ_FOLDER, TRUNCATE, DEVICE = 1, 2, 4, 8, 1 << 14, 1 << 15
CREATE_RULES, ADD_RULE, RESTRICT = 444, 445, 446


def landlock(folder: Path) -> bool:
    """Leave the process its folder, and what Python reads; tell whether the kernel can do that."""
    system = libc()
    version = system.syscall(CREATE_RULES, None, 0, 1)
    if version < 1:
        return False
    every = (1 << 13) - 1  # the first version; then renaming, truncating, devices
    every |= sum(
        bit for least, bit in ((2, 1 << 13), (3, TRUNCATE), (5, DEVICE)) if version >= least
    )
    tcp = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0  # signals, and sockets without a file
    rules = struct.pack("QQQ", every, tcp, scoped)[
        : 24 if version >= 6 else 16 if version >= 4 else 8
    ]
    ruleset = system.syscall(CREATE_RULES, rules, len(rules), 0)
    if ruleset < 0:
        return False
    reads = EXECUTE | READ | READ_FOLDER
    allowed = [(path, reads) for path in readable()] + [(folder, every)]
    allowed.append((Path("/dev/null"), READ | WRITE))
    for path, access in allowed:
        with contextlib.suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            if not path.is_dir():
                access &= EXECUTE | WRITE | READ | (every & TRUNCATE)
            system.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", access, place), 0)
            os.close(place)
    done: int = system.syscall(RESTRICT, ruleset, 0)
    os.close(ruleset)
    return done == 0


def readable() -> list[Path]:
    """Return what Python reads: itself, its packages, the libraries of the system."""
    own = {sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), *sys.path[1:]}
    system = ("/usr", "/lib", "/lib64", "/bin", "/opt", "/etc/ld.so.cache", "/etc/localtime")
    devices = ("/dev/zero", "/dev/urandom", "/dev/random", "/sys/devices/system/cpu")
    return [Path(each) for each in (*own, *system, *devices, "/etc/fonts", "/proc/cpuinfo")]
