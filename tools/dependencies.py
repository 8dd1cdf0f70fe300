"""Make book/data/python-dependencies.csv, the table of the page on recommenders.

It reads the package index of Debian that ``apt-get update`` leaves on a machine, so it runs on
Debian 12 alone. The same index gives the same table, to the last byte.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "book" / "data" / "python-dependencies.csv"
PREFIX = "python3-"
FEWEST = 3  # dependencies of a package: one to hold out, and some to go by

HEADER = """\
# Which Python packages depend on which, in Debian {release}.
# Source: the index of Debian {release} ({codename}, main, amd64) of {date}.
# Made by tools/dependencies.py: of the packages named python3-*, what they depend on (the field
# Depends; of alternatives the first) that is named python3-* too; those with {fewest} such
# dependencies or more. Names stand here without "python3-".
# Licence: the names of packages, and which depends on which, are facts. The index states no licence
# for them, and we add none: whatever rights we have in this table, we give up under CC0 1.0. The
# packages themselves have licences of their own.
package,dependencies
"""


def read_packages(index: str) -> dict[str, list[str]]:
    """Return the dependencies of each package, both sorted, from the text of an index."""
    table = {}
    for paragraph in index.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Depends): (.*)$", paragraph, re.MULTILINE))
        package = fields.get("Package", "")
        # "python3-a (>= 1) | python3-b, python3-c:any": the first name of each alternative
        names = {re.split(r"[ :(|]", part)[0] for part in fields.get("Depends", "").split(", ")}
        known = {n.removeprefix(PREFIX) for n in names if n.startswith(PREFIX)}
        if package.startswith(PREFIX) and len(known) >= FEWEST:
            table[package.removeprefix(PREFIX)] = sorted(known)
    return dict(sorted(table.items()))


def find_index() -> Path:
    """Return the file of Debian 12's index."""
    wanted = ["Created-By: Packages", "Codename: bookworm", "Component: main"]
    command = ["apt-get", "indextargets", "--format", "$(FILENAME)", *wanted, "Architecture: amd64"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    if not found:
        sys.exit("No index of Debian 12: run apt-get update first, on Debian 12.")
    return Path(found[0])


def main() -> None:
    """Write the table."""
    path = find_index()
    cat = ["/usr/lib/apt/apt-helper", "cat-file", str(path)]
    index = subprocess.run(cat, capture_output=True, text=True, check=True).stdout
    release = path.with_name(path.name.split("_main_")[0] + "_InRelease").read_text("utf-8")
    said = dict(re.findall(r"^(Version|Codename|Date): (.*)$", release, re.MULTILINE))
    header = HEADER.format(
        release=said["Version"], codename=said["Codename"], date=said["Date"], fewest=FEWEST
    )
    table = read_packages(index)
    rows = "".join(f"{package},{' '.join(names)}\n" for package, names in table.items())
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(header + rows, "utf-8")
    print(f"{len(table):,} packages, {sum(map(len, table.values())):,} dependencies: {TABLE}")


if __name__ == "__main__":
    main()
