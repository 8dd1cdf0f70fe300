"""``python -m softmax_lessons.exercises``: the exercises from a terminal."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence

from softmax_lessons import exercises
from softmax_lessons.exercises._grade import _command

RIGHT, WRONG, UNUSABLE = 0, 1, 2  # how the command ends


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m softmax_lessons.exercises",
        description="List the exercises, show what one asks for, check your solutions, or grade "
        "those of a class.",
        epilog="The exit code is 0 if all that was checked is right, 1 if not, and 2 if nothing "
        "could be checked.",
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    listing = commands.add_parser("list", help="name the exercises (default)")
    listing.add_argument("chapter", nargs="?", help="of this chapter only")
    listing.set_defaults(run=run_list)
    showing = commands.add_parser("task", help="show what an exercise asks for")
    showing.add_argument("name", metavar="NAME", help="such as softmax")
    showing.set_defaults(run=run_task)
    checking = commands.add_parser("check", help="check the functions in a file")
    checking.add_argument("file", metavar="FILE", help="a Python file; functions count by name")
    checking.add_argument("name", metavar="NAME", nargs="*", help="check these only")
    checking.set_defaults(run=run_check)
    _command.add_to(commands)
    parser.set_defaults(run=run_list, chapter=None)
    options = parser.parse_args(arguments)
    try:
        done: int = options.run(options)
    except ValueError as error:  # a name that is none
        print(error, file=sys.stderr)
        return UNUSABLE
    return done


def run_list(options: argparse.Namespace) -> int:
    """Print the names, by chapter."""
    chapter = ""
    for name in exercises.names(options.chapter):
        task = exercises.task(name)
        if task.chapter != chapter:
            chapter = task.chapter
            print(chapter)
        print(f"  {name:28}{task.title}")
    return RIGHT


def run_task(options: argparse.Namespace) -> int:
    """Print a task."""
    print(exercises.task(options.name))
    return RIGHT


def run_check(options: argparse.Namespace) -> int:
    """Check each function of a file that is named after an exercise."""
    known = [exercises.task(name).name for name in options.name] or exercises.names()
    try:
        defined = runpy.run_path(options.file)
    except (Exception, SystemExit) as error:
        print(f"{options.file} does not run: {type(error).__name__}: {error}", file=sys.stderr)
        return UNUSABLE
    missing = [name for name in options.name if name not in defined]
    found = [name for name in known if name in defined and is_own(defined[name], options.name)]
    if missing or not found:
        what = f"no {', '.join(missing)}" if missing else "no function named after an exercise"
        print(f"{options.file} defines {what}; see the names with `list`", file=sys.stderr)
        return UNUSABLE
    reports = [exercises.check(name, defined[name]) for name in found]
    print("\n\n".join(map(repr, reports)))
    return RIGHT if all(reports) else WRONG


def is_own(value: object, asked_for: list[str]) -> bool:
    """Tell whether the file defines a function, and does not only import it."""
    return callable(value) and bool(asked_for or getattr(value, "__module__", "") == "<run_path>")


if __name__ == "__main__":
    sys.exit(main())
