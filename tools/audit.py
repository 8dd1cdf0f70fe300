"""Look for secrets in the files, faults in the workflows, vulnerabilities of the pinned packages.

Usage: python tools/audit.py [REQUIREMENTS]      (default: requirements.txt)

All three are looked for, whatever the first one finds. The last asks PyPI for what is known of
each package. Where no answer comes the audit fails: silence is no good news.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
# What run_notebooks.py notes of a cell's code looks like a key.
DIGEST = r'"stored": "[0-9a-f]{12}"'
# Only "pedantic" minds `permissions: write-all`; "medium" leaves out matters of taste.
STRICT = ["--offline", "--no-progress", "--persona=pedantic", "--min-severity=medium"]


def run(program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of .venv in the project's folder."""
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def secrets(files: list[str]) -> str:
    """Return what is wrong with the files, if one looks as if it held a password or a key."""
    options = ["--no-verify", "--cores", "1", "--exclude-lines", DIGEST]
    done = run("detect-secrets-hook", *options, *files)
    print(done.stdout, end="")
    return "There is a secret in a file, see above." if done.returncode else ""


def faults(folder: Path) -> str:
    """Return what is wrong with the workflows in a folder: rights, pins, untrusted text."""
    done = run("zizmor", *STRICT, str(folder))
    print(done.stdout, end="")
    return "A workflow is not safe, see above." if done.returncode else ""


def vulnerabilities(requirements: Path) -> str:
    """Return what is wrong with the pinned packages, or that nobody could be asked."""
    pins = [line for line in requirements.read_text().splitlines() if "==" in line]
    options = ["--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    done = run("pip-audit", *options, "-r", "/dev/stdin", text="\n".join(pins))
    print(done.stdout, end="")
    if done.returncode and not done.stdout.strip():
        reason = done.stderr.strip().rpartition("\n")[2]
        return f"No known vulnerabilities could be looked up, so nothing is known: {reason}"
    if done.returncode:
        return "A package has known vulnerabilities, see above: try `make lock UPGRADE=1`."
    print(f"None of the {len(pins)} pinned packages has a known vulnerability.")
    return ""


def main() -> None:
    """Look for all three, and fail if there is one."""
    requirements = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements.txt"
    listed = ["git", "ls-files"]
    files = subprocess.run(listed, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    found = [
        secrets(files.splitlines()),
        faults(ROOT / ".github" / "workflows"),
        vulnerabilities(requirements),
    ]
    sys.exit("\n".join(filter(None, found)) or 0)


if __name__ == "__main__":
    main()
