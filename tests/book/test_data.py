"""The tables that pages read: as their scripts make them, and saying where they come from."""

import dependencies
from support import pages

TABLE = pages.ROOT / "book" / "data" / "python-dependencies.csv"
INDEX = """\
Package: python3-b
Version: 1
Depends: python3-y (>= 1) | python3-x, python3-z:any, libc6, python3:any, python3-x, python3-y
Description: three, one of them twice

Package: python3-a
Depends: python3-x, python3-y
Description: two are too few

Package: b
Depends: python3-x, python3-y, python3-z
"""


def test_the_script_takes_names_and_the_first_alternative():
    assert dependencies.read_packages(INDEX) == {"b": ["x", "y", "z"]}


def test_the_script_sorts_the_packages():
    rows = [f"Package: python3-{name}\nDepends: python3-x, python3-y, python3-z" for name in "cab"]
    assert list(dependencies.read_packages("\n\n".join(rows))) == ["a", "b", "c"]


def test_the_table_says_its_source_date_and_licence():
    head = [line for line in TABLE.read_text().splitlines() if line.startswith("#")]
    for word in ("Debian 12", " UTC.", "tools/dependencies.py", "CC0"):
        assert any(word in line for line in head), word


def test_the_table_is_what_the_script_would_write():
    """Sorted, without doubles, and with as many dependencies as it says."""
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "package,dependencies"
    table = dict(line.split(",") for line in lines[1:])
    assert list(table) == sorted(table)
    assert len(table) == len(lines) - 1
    for names in map(str.split, table.values()):
        assert names == sorted(set(names))
        assert len(names) >= dependencies.FEWEST
