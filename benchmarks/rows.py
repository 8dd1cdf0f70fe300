"""A row of the result: what was measured, the goal, and whether the goal was reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import geometric_mean
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A bound for one of the values of a row."""

    value: str
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        """Return the bound as the table shows it."""
        sign, bound = (">=", self.at_least) if self.at_most is None else ("<=", self.at_most)
        return f"{self.value} {sign} {bound:g}"

    def reached_by(self, value: float) -> bool:
        """Tell whether ``value`` keeps the bound; NaN does not."""
        return value >= self.at_least if self.at_most is None else value <= self.at_most


@dataclass(frozen=True)
class Row:
    """What was measured in one case; ``quartiles`` says how far the rounds differ."""

    part: str
    name: str
    case: str
    values: dict[str, float]
    quartiles: dict[str, tuple[float, float]] = field(default_factory=dict)
    goal: Goal | None = None
    block: str = ""  # the rows that it is averaged with
    block_goal: Goal | None = None

    @classmethod
    def of_ratios(
        cls,
        part: str,
        name: str,
        case: str,
        found: Mapping[str, tuple[float, float, float]],
        goal: Goal | None = None,
        **block: Any,
    ) -> Row:
        """Return a row of what `timing.ratios` found."""
        values = {who: middle for who, (middle, _, _) in found.items()}
        quartiles = {who: (low, high) for who, (_, low, high) in found.items()}
        return cls(part, name, case, values, quartiles, goal, **block)

    @property
    def missed(self) -> bool:
        """Tell whether there is a goal that was not reached."""
        return self.goal is not None and not self.goal.reached_by(self.values[self.goal.value])

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain data, rounded to what the measurement can tell."""
        return {
            "part": self.part,
            "name": self.name,
            "case": self.case,
            "values": {k: _rounded(v) for k, v in self.values.items()},
            "quartiles": {k: [_rounded(v) for v in pair] for k, pair in self.quartiles.items()},
            "goal": None if self.goal is None else str(self.goal),
            "missed": self.missed,
        }


def line(row: Row) -> str:
    """Return one line of the table."""
    values = "".join(f"{v:>11.3g}" for v in row.values.values())
    key = row.goal.value if row.goal else next(iter(row.quartiles), None)
    spread = "{:.2f}-{:.2f}".format(*row.quartiles[key]) if key in row.quartiles else ""
    goal = str(row.goal) if row.goal else ""
    verdict = "MISSED" if row.missed else "ok" if row.goal else ""
    text = f"{row.name:<26}{row.case:<28}{values}  {spread:<12}{goal:<16} {verdict}"
    return text.rstrip()


def heading(row: Row) -> str:
    """Return the line above the rows that show the same values as ``row``."""
    values = "".join(f"{k[-10:]:>11}" for k in row.values)
    spread = "quartiles" if row.quartiles else ""
    return f"{row.part:<54}{values}  {spread:<12}{'goal':<16}".rstrip()


def means(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the geometric mean of each block of rows, with the goal for it."""
    in_blocks = [row for row in rows if row.block]
    for (part, name), several in groupby(in_blocks, key=lambda row: (row.part, row.name)):
        blocks: dict[str, list[Row]] = {}
        for row in several:
            blocks.setdefault(row.block, []).append(row)
        for block, members in blocks.items():
            values = {
                who: geometric_mean(row.values[who] for row in members) for who in members[0].values
            }
            case = f"{block} ({len(members)} rows)"
            yield Row(f"{part}, mean", name, case, values, goal=members[0].block_goal)


def summary(rows: Sequence[Row]) -> str:
    """Return how many goals were reached, and the rows that miss theirs."""
    goals = [row for row in rows if row.goal]
    missed = [row for row in goals if row.missed]
    text = [f"{len(goals) - len(missed)} of {len(goals)} goals reached."]
    if missed:
        text += ["", "Missed:", *map(line, missed)]
    return "\n".join(text)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
