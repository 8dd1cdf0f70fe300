"""A process that can do little harm, as far as the system lets a program without rights say so.

On Linux it is a fork, so nothing is imported twice. The kernel's namespaces take the network and
all other processes out of its sight, and end whatever it has started together with it; Landlock
leaves it its own folder to write to, and Python to read; limits bound memory, files and processes.
Where a system refuses one of these, as Docker and some distributions do with namespaces, the others
hold, and the grader says which.

Elsewhere it is a fresh process with a limit of time, and no more: a student's code could read and
change what the teacher can.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
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
from itertools import islice
from pathlib import Path
from typing import Any

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
            self.keeper = self.pid = self._spawned.pid or 0
            return
        heard, told = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside other threads
            self.keeper = os.fork()
        if not self.keeper:
            keep(main, (job, link, imports), told)
        os.close(told)
        self.pid = int(os.read(heard, 20) or self.keeper)
        os.close(heard)

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
        return os.waitid(os.P_PID, self.keeper, flags) is not None

    def crowd(self) -> bool:
        """Tell whether it has started too many processes."""
        return not SPAWNS and len(list(islice(_sandbox.descendants(self.pid), PROCESSES))) > 48

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
        _, status = os.waitpid(self.keeper, 0)
        self._status = os.waitstatus_to_exitcode(status)
        return self._status


def keep(main: Callable[..., None], args: tuple[Any, ...], told: int) -> None:
    """Start the student's process in a room of its own, wait for it, and end as it has ended.

    The room is a namespace of processes: the first process in it takes all others with it.
    """
    code = 1
    try:
        gc.freeze()
        close_all_but(told, args[1].fileno())  # above all, what leads to the grader
        _sandbox.adopt_and_follow()
        os.setpgid(0, 0)
        inside = 0
        if libc().unshare(NEW_PIDS | NEW_MOUNTS) == 0:
            inside = os.fork()
        if inside:
            os.write(told, str(inside).encode())
            os.close(told)
            args[1].close()
            status = os.waitstatus_to_exitcode(os.waitpid(inside, 0)[1])
            if status < 0:
                signal.signal(-status, signal.SIG_DFL)
                os.kill(os.getpid(), -status)
            os._exit(status)
        os.close(told)
        _sandbox.adopt_and_follow()
        main(*args)
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


def open_room() -> bool:
    """Enter namespaces without a network, in which further ones may be made; tell if it worked."""
    if SPAWNS:
        return False
    user, group = os.getuid(), os.getgid()
    if libc().unshare(NEW_USER | NEW_NET | NEW_IPC) != 0:
        return False
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


# --- the student's side ---------------------------------------------------------------------------


def lock(folder: Path, own: Path | None) -> list[str]:
    """Give up all that a work does not need, and say what is held back from now on."""
    held = []
    if not SPAWNS:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):  # what it prints there helps nobody
            os.dup2(nowhere, descriptor)
        if os.getpid() == 1:
            held.append("processes")
        mount(folder)
    copy_own(own, folder)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(entry for entry in sys.path if is_library(entry))]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ |= environment | {name: str(folder) for name in ("HOME", "TMPDIR", "MPLCONFIGDIR")}
    os.environ["MPLBACKEND"] = "Agg"
    if SPAWNS:
        return held
    _sandbox.use_one_thread()
    if without_network():
        held.append("network")
    limit()
    held.append("memory")
    libc().prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, which Landlock asks for
    if landlock(folder):
        held.append("files")
    drop_capabilities()
    return held


def is_library(entry: str) -> bool:
    """Tell whether an entry of the path belongs to Python, not to where the grader was started."""
    return bool(entry) and (Path(entry) != Path.cwd()) and Path(entry).exists()


def mount(folder: Path) -> None:
    """Put a small disk of its own over a folder; without the right to do so, it is a folder."""
    slave = 0x4000 | 0x80000  # MS_REC, MS_SLAVE: nothing of this leaves the namespace
    if os.getpid() == 1 and libc().mount(b"none", b"/", None, slave, None) == 0:
        options = f"size={DISK},nr_inodes=4096,mode=700".encode()
        libc().mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 2 | 4, options)


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


def without_network() -> bool:
    """Tell whether there is no network: no device but one that leads back, and that is off."""
    with contextlib.suppress(OSError):
        return socket.if_nameindex() == [(1, "lo")] and not _is_up()
    return False


def _is_up() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        import fcntl

        flags = fcntl.ioctl(probe, 0x8913, struct.pack("16sH14x", b"lo", 0))  # SIOCGIFFLAGS
        return bool(struct.unpack("16sH14x", flags)[1] & 1)


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
    others = 0 if os.getpid() == 1 else sum(name.isdigit() for name in os.listdir("/proc"))
    _sandbox.lower(resource.RLIMIT_NPROC, PROCESSES + 16 + others)


def drop_capabilities() -> None:
    """Give up the rights that a namespace gives to those who make it."""
    number = {"x86_64": 126, "aarch64": 91}.get(os.uname().machine)
    if number:
        header = struct.pack("Ii", 0x20080522, 0)
        libc().syscall(number, header, bytes(24))


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
    more = (
        "/etc/fonts",
        "/dev/zero",
        "/dev/urandom",
        "/dev/random",
        "/proc/cpuinfo",
        "/sys/devices/system/cpu",
    )
    return [Path(each) for each in (*own, *system, *more)]
