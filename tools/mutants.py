"""Mutation testing: break the package in one small way at a time, and ask whether a test notices.

Usage: python tools/mutants.py [--checker] [--jobs N] [--seconds S] [--sample N] [--list] [NAME ...]

NAME is a module or a function, such as losses.one_hot. With ``--checker`` the checker of exercises
is broken, such as exercises._symptoms.scaled, and its own tests are asked.

The changes are those of mutmut (other operators, other numbers, arguments left out, and so on) and
two more: turned conditions, and changed text in f-strings. mutmut itself passes over functions with
a decorator, which most public ones here have, and over what stands outside functions. So it makes
the mutants here, and does not run them.

pytest collects the tests once. Each mutant is then a fork of that process, with the code of one
function changed. It meets the tests that execute that function: those first that caught other
mutants, then the fast ones. Which mutants may survive, and why, is in tests/package/mutants.toml;
those meet ten seconds of tests only. With ``--seconds``, so many seconds of tests are all that any
mutant meets: the score is then a lower bound. With ``--sample``, so many mutants are tried, the
same in every run. Seconds are those of the processor, so that another program does not count.
"""

import argparse
import difflib
import functools
import gc
import importlib.abc
import importlib.util
import inspect
import itertools
import json
import math
import operator
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NoReturn

import libcst as cst
import libcst.matchers as m
import pytest
import tomllib
from coverage import CoverageData
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "softmax_lessons"
TESTS = "tests/package"
REASONS = ROOT / TESTS / "mutants.toml"
WORK = ROOT / "_build" / "mutants"
NUMBERS = ["_arguments", "_blockwise", "activations", "losses", "information", "gradients"]
NUMBERS += ["_differences", "normalizers"]
CHECKER = ["_call", "_exercise", "_failures", "_judge", "_originals", "_own", "_registry"]
CHECKER += ["_report", "_symptoms", "_trial", "rules"]
CHECKER = [f"exercises.{name}" for name in CHECKER]
MODULES = list(NUMBERS)  # with --checker, the others
GOAL = 0.95
BRIEF = 10  # seconds of tests for a mutant that is known to survive
MEMORY = 16 * 2**30  # bytes; a mutant may ask for any amount
# The functions under test are tested without these too, and these take their time.
OTHERS = ["benchmarks", "calibration", "exercises", "hostile", "interactive", "live", "misuse"]
OTHERS += ["peers", "plotting", "public", "pytorch", "readme", "thresholds"]
ASIDE = [f"--ignore-glob={TESTS}/test_{name}*.py" for name in OTHERS]
# The checker of exercises has its own tests, and no others; what only forks can show takes long.
PARTS = ["", "_report", "_symptoms", "_texts", "_submissions", "_own", "_diagnoses"]
TESTS_OF_CHECKER = [f"{TESTS}/test_exercises{part}.py" for part in PARTS]
SELECTION = [*ASIDE, TESTS]
QUIET = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:nbval"]
# A second pytest in one process finds its plug-ins imported.
QUIET += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]


# --- making mutants ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    function: str  # or method, as in GradCheck.__str__; "" outside any
    lines: range  # of the function; empty outside any
    old: str
    new: str
    code: str  # of the whole module

    @property
    def name(self) -> str:
        """What the mutant is called in mutants.toml."""
        where = ".".join(filter(None, [self.module, self.function]))
        return f"{where}: {self.old} -> {self.new}"


def turned_condition(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    """Mutate ``if a:`` to ``if not (a):``."""
    inner = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), inner))


def changed_text(node: cst.FormattedStringText) -> Iterator[cst.CSTNode]:
    """Mutate ``f"a{b}c"`` to ``f"XXaXX{b}c"``, and so on."""
    yield node.with_changes(value=f"XX{node.value}XX")


OPERATORS = [
    *mutation_operators,
    (cst.If, turned_condition),
    (cst.While, turned_condition),
    (cst.FormattedStringText, changed_text),
]


class Everywhere(MutationVisitor):
    """Goes into decorated functions too; leaves out what type checkers alone read."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            return any(m.matches(one.decorator, m.Name("overload")) for one in node.decorators)
        if m.matches(node, m.If(test=m.Name("TYPE_CHECKING"))):
            return True
        if m.matches(node, m.AnnAssign(annotation=m.Annotation(m.Name("TypeAlias")))):
            return True
        return super()._skip_node_and_children(node)


@functools.cache
def mutants_of(module: str) -> list[Mutant]:
    """Return all mutants of a module that compile."""
    wrapper = MetadataWrapper(cst.parse_module(path_of(module).read_text()))
    tree = wrapper.module
    positions, names = wrapper.resolve(PositionProvider), functions_of(tree)
    parts = [tree.code_for_node(part) for part in [*tree.header, *tree.body, *tree.footer]]
    found = {}
    for i, statement in enumerate(tree.body, len(tree.header)):
        visitor = Everywhere(OPERATORS, IgnoredCode(set(), set(), set()))
        with visitor.resolve(wrapper):
            statement.visit(visitor)
        for mutation in visitor.mutations:
            mutated = statement.deep_replace(mutation.original_node, mutation.mutated_node)
            new = tree.code_for_node(mutated)
            try:
                compile(new, module, "exec")
            except SyntaxError:
                continue
            outer, lines, function = mutation.contained_by_top_level_function, range(0), ""
            if outer in names:  # and not a field of a class
                function, place = names[outer], positions[outer]
                lines = range(place.start.line, place.end.line + 1)
            code = "".join([*parts[:i], new, *parts[i + 1 :]])
            found[code] = Mutant(module, function, lines, *changed_lines(parts[i], new), code)
    return list(found.values())


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return PACKAGE / f"{module.replace('.', '/')}.py"


def functions_of(node: cst.CSTNode, prefix: str = "") -> dict[cst.FunctionDef, str]:
    """Return the functions and methods of a module, with their names."""
    found = {}
    for part in node.body if isinstance(node, cst.Module) else node.body.body:
        if isinstance(part, cst.FunctionDef):
            found[part] = prefix + part.name.value
        elif isinstance(part, cst.ClassDef):
            found |= functions_of(part, f"{part.name.value}.")
    return found


def changed_lines(old: str, new: str) -> tuple[str, str]:
    """Return the lines that differ, each side as one line."""
    diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0))[2:]
    sides = ([line[1:].strip() for line in diff if line[0] == sign] for sign in "-+")
    before, after = (" ".join(side) for side in sides)
    return before, after


# --- running tests ----------------------------------------------------------------------------


class Loader(SourceFileLoader):
    """Loads a module from other source than its file's."""

    def __init__(self, name: str, path: str, code: str) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source that was given."""
        return compile(self.code, self.path, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    """Finds a mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.code = f"softmax_lessons.{mutant.module}", mutant.code
        self.path = str(path_of(mutant.module))

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Return the mutant's spec, under its name alone."""
        if name != self.name:
            return None
        loader = Loader(name, self.path, self.code)
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


class Stopwatch:
    """A pytest plug-in: notes for how long each test keeps the processor busy."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Take the time of set-up, call and clean-up."""
        start = time.process_time()
        try:
            return (yield)
        finally:
            self.times[item.nodeid] = time.process_time() - start


class Verdict:
    """A pytest plug-in for a fork: ends it when a test fails or hangs, and tells the parent."""

    def __init__(self, times: dict[str, float], seconds: float, pipe: int) -> None:
        self.times, self.seconds, self.pipe = times, seconds, pipe

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the fast tests first, if the fork collects them anew."""
        items.sort(key=lambda item: self.times[item.nodeid])
        until = itertools.accumulate(self.times[item.nodeid] for item in items)
        items[:] = [x for x, t in zip(items, until, strict=True) if t < self.seconds]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Let a test take ten times as long as it did, and ten seconds more, of the processor."""
        signal.setitimer(signal.ITIMER_PROF, 10 + 10 * self.times[nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End the fork when a test fails."""
        if report.failed:
            self.tell(report.nodeid)
            os._exit(1)

    def tell(self, text: str) -> None:
        """Send a line to the parent."""
        os.write(self.pipe, text.encode()[:10_000])


class Judge:
    """A pytest plug-in: in place of running the tests once, runs them on each mutant."""

    def __init__(self, mutants: list[Mutant], jobs: int, seconds: float) -> None:
        self.mutants, self.jobs, self.seconds, self.survivors = mutants, jobs, seconds, []
        self.known = known_survivors()
        self.times, self.tests = run_unchanged()
        self.caught_by: dict[str, Counter[str]] = {module: Counter() for module in MODULES}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Keep as many forks busy as there are jobs."""
        self.items = {item.nodeid: item for item in session.items}
        print(f"{len(self.items)} tests pass unchanged. {len(self.mutants)} mutants.", flush=True)
        gc.freeze()  # what is here already stays shared with the forks
        waiting, running = list(reversed(self.mutants)), {}
        while waiting or running:
            while waiting and len(running) < self.jobs:
                mutant = waiting.pop()
                read, write = os.pipe()
                pid = fork()
                if pid == 0:
                    try:
                        verdict = Verdict(self.times, self.seconds_for(mutant), write)
                        self.run(mutant, verdict, session.config.pluginmanager)
                    except BaseException as error:  # a mutant may raise anything, beside tests too
                        os.write(write, f"ends with {error!r}".encode()[:1000])
                        os._exit(1)
                    finally:
                        os._exit(3)  # never back into this loop
                os.close(write)
                running[pid] = mutant, read
            pid, status = os.wait()
            mutant, read = running.pop(pid)
            told = os.read(read, 10_000).decode()
            os.close(read)
            if status == 0:
                self.survivors.append(mutant)
                print(f"survives: {mutant.name}", flush=True)
            elif os.WIFEXITED(status) and not told:
                pytest.exit(f"no verdict on {mutant.name}", returncode=3)
            self.caught_by[mutant.module].update([told] if told in self.items else [])
            done = len(self.mutants) - len(waiting) - len(running)
            if done % 100 == 0:
                print(f"{done} of {len(self.mutants)} done", flush=True)
        return True

    def run(
        self, mutant: Mutant, verdict: Verdict, plugins: pytest.PytestPluginManager
    ) -> NoReturn:
        """Run the tests on a mutant, in a fork; exit with 0 if it survives."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        if mutant.lines:
            try:
                transplant(mutant)
            except Exception as error:
                verdict.tell(f"cannot be imported: {error!r}")
                os._exit(1)
            plugins.register(verdict)
            tests = self.tests_of(mutant)
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                item, after = self.items[test], self.items.get(following)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            os._exit(0)
        # It may matter to everything that is built on import: import the package and tests anew.
        forget_imports()
        sys.meta_path.insert(0, Finder(mutant))
        signal.setitimer(signal.ITIMER_PROF, 120)
        code = pytest.main([*QUIET, *SELECTION], plugins=[verdict])
        verdict.tell(f"pytest ends with {code}")
        os._exit(int(code))

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a function, in the order in which they shall run."""
        lines = self.tests[mutant.module]
        tests = set().union(*(lines.get(n, ()) for n in mutant.lines)) & set(self.items)
        caught = self.caught_by[mutant.module]
        order = sorted(tests, key=lambda test: (-caught[test], self.times[test]))
        until = itertools.accumulate(self.times[test] for test in order)
        most = self.seconds_for(mutant)
        return [test for test, time in zip(order, until, strict=True) if time < most]

    def seconds_for(self, mutant: Mutant) -> float:
        """Return how long a mutant is tested for."""
        return min(self.seconds, BRIEF) if mutant.name in self.known else self.seconds


def fork() -> int:
    """Fork; the child writes nothing to the terminal, and no byte code."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.dont_write_bytecode = True
    return pid


def forget_imports() -> None:
    """Make the package and its tests be imported anew."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith((str(PACKAGE), str(ROOT / TESTS))):
            del sys.modules[name]


def transplant(mutant: Mutant) -> None:
    """Give the function the mutant's code, wherever it was imported to."""
    module = sys.modules[f"softmax_lessons.{mutant.module}"]
    changed = ModuleType(module.__name__)
    code = compile(mutant.code, module.__file__, "exec", dont_inherit=True)
    exec(code, vars(changed))
    place = operator.attrgetter(mutant.function)
    if cache_clear := getattr(place(module), "cache_clear", None):
        cache_clear()
    old, new = inspect.unwrap(place(module)), inspect.unwrap(place(changed))
    old.__code__ = new.__code__
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def run_unchanged() -> tuple[dict[str, float], dict[str, dict[int, set[str]]]]:
    """Run all tests on the package as it is; return their times, and the tests of each line."""
    WORK.mkdir(parents=True, exist_ok=True)
    data, times, log = WORK / "coverage", WORK / "times.json", WORK / "unchanged.log"
    pid = fork()
    if pid == 0:
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.environ["COVERAGE_FILE"] = str(data)
        stopwatch = Stopwatch()
        arguments = ["--cov=softmax_lessons", "--cov-context=test", "--cov-report=", *SELECTION]
        code = pytest.main([*QUIET, *arguments], plugins=[stopwatch])
        times.write_text(json.dumps(stopwatch.times))
        os._exit(int(code))
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"The tests must pass before anything is changed: see {log.relative_to(ROOT)}")
    coverage = CoverageData(str(data))
    coverage.read()
    tests = {}
    for module in MODULES:
        lines = coverage.contexts_by_lineno(str(path_of(module)))
        tests[module] = {n: {c.rpartition("|")[0] for c in names} for n, names in lines.items()}
    return json.loads(times.read_text()), tests


# --- the whole --------------------------------------------------------------------------------


def known_survivors() -> set[str]:
    """Return the names of the mutants that mutants.toml gives a reason for."""
    entries = tomllib.loads(REASONS.read_text())["survivors"] if REASONS.exists() else []
    return {name for entry in entries for name in entry["mutants"]}


def report(mutants: list[Mutant], survivors: list[Mutant], existing: set[str]) -> bool:
    """Print the score; return whether it reaches the goal and each survivor has its reason."""
    for module in MODULES:
        total = sum(mutant.module == module for mutant in mutants)
        left = sum(mutant.module == module for mutant in survivors)
        if total:
            print(f"{module:12} {total:5} mutants, {total - left:5} caught, {left:3} survive")
    score = 1 - len(survivors) / len(mutants)
    print(f"caught: {score:.1%} of {len(mutants)} (goal: {GOAL:.0%})")
    reasons = known_survivors()
    names = {mutant.name for mutant in survivors}
    for name in sorted(names - reasons):
        print(f"no reason in {REASONS.name}: {name}")
    caught = ({mutant.name for mutant in mutants} - names) & reasons
    for name in sorted(caught):
        print(f"caught now, take it out of {REASONS.name}: {name}")
    for name in sorted(reasons - existing):
        print(f"no mutant of that name, take it out of {REASONS.name}: {name}")
    return score >= GOAL and names <= reasons <= existing and not caught


def main() -> None:
    """Make the mutants that were asked for, run them, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a module or function")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--sample", type=int, help="try so many, drawn at random")
    parser.add_argument("--list", action="store_true", help="name the mutants, run nothing")
    parser.add_argument("--checker", action="store_true", help="of exercises, with its tests")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    if arguments.checker:
        MODULES[:], SELECTION[:] = CHECKER, TESTS_OF_CHECKER
    mutants = [mutant for module in MODULES for mutant in mutants_of(module)]
    if arguments.names:
        names = set(arguments.names)
        mutants = [x for x in mutants if {x.module, f"{x.module}.{x.function}"} & names]
    if not mutants:
        sys.exit(f"No mutants: name modules ({', '.join(MODULES)}) or functions, or leave it out.")
    if arguments.sample and arguments.sample < len(mutants):
        mutants = random.Random(0).sample(mutants, arguments.sample)
    if arguments.list:
        print(*(mutant.name for mutant in mutants), sep="\n")
        return
    existing = {x.name for module in [*NUMBERS, *CHECKER] for x in mutants_of(module)}
    began = time.monotonic()
    os.environ["OMP_NUM_THREADS"] = "1"
    judge = Judge(mutants, arguments.jobs, arguments.seconds)
    code = pytest.main([*QUIET, "-p", "no:cov", "-s", *SELECTION], plugins=[judge])
    if code:
        sys.exit(f"pytest stopped with {code!r}")
    good = report(mutants, judge.survivors, existing)
    print(f"{(time.monotonic() - began) / 60:.0f} minutes")
    sys.exit(not good)


if __name__ == "__main__":
    main()
