"""Run a command when no other run of that name is under way in this folder: two would clash.

Usage: python tools/alone.py NAME COMMAND ...
"""

from __future__ import annotations

import os
import subprocess
import sys

from bootstrap import ROOT, VENV, disk_is_full, wait_for


def main() -> None:
    """Wait, run the command, and end as it does."""
    name, *command = sys.argv[1:]
    lock = os.open(VENV / f"{name}.lock", os.O_RDWR | os.O_CREAT)
    wait_for(lock, f"Another `make {name}` is at work in this folder: waiting for it.")
    # The command holds the lock, too: should this process be killed, it may go on.
    status = subprocess.run(command, check=False, pass_fds=[lock]).returncode
    if status and disk_is_full(ROOT / "_build"):
        sys.exit("The disk is full: make room and run this again.")
    sys.exit(status)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: the next run starts again.")
