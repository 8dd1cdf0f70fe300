"""Pack the built book with what starts it into one zip, for machines without a network.

Usage: .venv/bin/python tools/bundle.py

The same book makes the same zip, to the last byte.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
STARTER = ROOT / "tools" / "bundle"
NAME = "softmax-lessons"
LIMIT = 80e6  # bytes
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can name


def pack(site: Path, target: Path) -> None:
    """Write the zip, all of it or nothing."""
    if not (site / "_static" / "pyodide").is_dir():
        sys.exit(
            f"No cell of the book in {site} can run: `make book`, with a network, brings Python."
        )
    files = {f"site/{file.relative_to(site).as_posix()}": file for file in site.rglob("*")}
    files |= {file.name: file for file in [*STARTER.iterdir(), ROOT / "LICENSE"]}
    partial = target.with_suffix(".part")
    with zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(files):
            if files[name].is_file():
                entry = zipfile.ZipInfo(f"{NAME}/{name}", EARLIEST)
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Linux, everywhere
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, files[name].read_bytes())
    if partial.stat().st_size > LIMIT:
        sys.exit(f"{partial} is larger than {LIMIT / 1e6:.0f} MB.")
    partial.replace(target)


def main() -> None:
    """Pack what `make book` has built."""
    target = SITE.parent / f"{NAME}.zip"
    pack(SITE, target)
    size = target.stat().st_size / 1e6
    print(f"{target} has {size:.0f} MB. Unpack it anywhere; its README.txt says what to start.")


if __name__ == "__main__":
    main()
