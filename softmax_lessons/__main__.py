"""``python -m softmax_lessons``: the version, the modules, and where the book is."""

from __future__ import annotations

import importlib.util
import pkgutil
from importlib.metadata import PackageNotFoundError, metadata

import softmax_lessons


def first_line(module: str) -> str:
    """Return what a module is for, without importing it."""
    spec = importlib.util.find_spec(module)
    source = spec.loader.get_source(module) if spec and spec.loader else None  # type: ignore[attr-defined]
    return (source or "").strip().strip('"').partition("\n")[0].rstrip('"')


def main() -> None:
    """Print it."""
    print(f"softmax-lessons {softmax_lessons.__version__}\n")
    for found in pkgutil.iter_modules(softmax_lessons.__path__):
        if found.name[0] != "_":
            print(f"  {found.name:14}{first_line(f'softmax_lessons.{found.name}')}")
    print("\nExercises: python -m softmax_lessons.exercises")
    try:
        links = metadata("softmax-lessons").get_all("Project-URL") or []
    except PackageNotFoundError:
        links = []
    for link in links:
        print(link.replace(", ", ": ", 1))
    if not links:
        print("The book is in the folder book of the repository that this package comes from.")


if __name__ == "__main__":
    main()
