"""What was found: findings, and the report that holds them."""

from __future__ import annotations

import linecache
import textwrap
from dataclasses import dataclass, field
from html import escape
from typing import Literal

__all__ = ["Finding", "MisuseError", "Report"]

Level = Literal["wrong", "suspicious", "note"]
ORDER = ("wrong", "suspicious", "note")


class MisuseError(AssertionError):
    """Raised by ``Report.check`` where something was found.

    Examples
    --------
    >>> from softmax_lessons.pytorch.watch import MisuseError
    >>> issubclass(MisuseError, AssertionError)
    True
    """


@dataclass(frozen=True, repr=False)
class Finding:
    """One misuse at one place.

    Attributes
    ----------
    misuse : str
        Its name: the anchor of its exhibit in the museum of the course, such as "softmax-first",
        or the name of a relative, such as "sigmoid-first".
    level : {"wrong", "suspicious", "note"}
        Whether it does harm, may do harm, or does none.
    sentence : str
        What it is.
    file : str
        The file of the reader's code.
    line : int
        The line there.
    module : str
        The path of the module that ran there, such as "Net.head.1"; empty outside of modules.
    evidence : str
        The numbers of this very step.
    cure : str
        What to write, as code.
    exhibit : str
        The page and the place of the course that explains it.
    also : str
        A second place that belongs to it, such as the line of the loss; may be empty.

    Examples
    --------
    >>> import torch
    >>> from softmax_lessons.pytorch.watch import watch
    >>> z, y = torch.tensor([[2.0, -1.0, 0.5]], requires_grad=True), torch.tensor([0])
    >>> with watch() as report:
    ...     loss = torch.nn.functional.cross_entropy(z.softmax(dim=-1), y)
    >>> [finding.misuse for finding in report.findings]
    ['softmax-first']
    """

    misuse: str
    level: Level
    sentence: str
    file: str
    line: int
    module: str
    evidence: str
    cure: str
    exhibit: str
    also: str = ""

    @property
    def place(self) -> str:
        """The file and the line."""
        return place(self.file, self.line)

    @property
    def source(self) -> str:
        """The line of code itself, if it can be read."""
        return linecache.getline(self.file, self.line).strip()

    def __repr__(self) -> str:
        """Return the finding as text of some lines."""
        rows = [_wrapped(f"{self.level}: {self.sentence} [{self.misuse}]", " " * 4)]
        rows += [f"  at       {self.place}"]
        rows += [f"           {self.source}"] if self.source else []
        parts = {
            "also": self.also,
            "module": self.module,
            "evidence": self.evidence,
            "cure": self.cure,
            "see": self.exhibit,
        }
        rows += [_wrapped(f"  {name:8} {text}", " " * 11) for name, text in parts.items() if text]
        return "\n".join(rows)


def _wrapped(text: str, indent: str) -> str:
    """Break a text where a terminal would, but no name of a file."""
    return textwrap.fill(
        text, 96, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
        replace_whitespace=False, drop_whitespace=True,
    )  # fmt: skip


def place(file: str, line: int) -> str:
    """Return a place as people write it; a cell of a notebook has no file worth naming."""
    return f"this notebook, line {line} of the cell" if "ipykernel_" in file else f"{file}:{line}"


@dataclass(repr=False)
class Report:
    """What ``watch`` found, and how much it could follow.

    Attributes
    ----------
    findings : list of Finding
        What was found, the worst first.
    operations : int
        How many operations of torch were seen.
    lost : int
        How many tensors with a known history went into operations that cannot be followed.

    Examples
    --------
    >>> import torch
    >>> from softmax_lessons.pytorch.watch import watch
    >>> z, y = torch.tensor([[2.0, -1.0, 0.5]], requires_grad=True), torch.tensor([0])
    >>> with watch() as report:
    ...     torch.nn.functional.cross_entropy(z, y).backward()
    >>> report.check()
    >>> bool(report)
    True
    """

    findings: list[Finding] = field(default_factory=list)
    operations: int = 0
    lost: int = 0

    def __bool__(self) -> bool:
        """Return whether nothing was found."""
        return not self.findings

    def add(self, finding: Finding) -> bool:
        """Keep a finding, once for each place; tell whether it is new."""
        known = {(f.misuse, f.file, f.line, f.module) for f in self.findings}
        if (finding.misuse, finding.file, finding.line, finding.module) in known:
            return False
        self.findings.append(finding)
        self.findings.sort(key=lambda f: ORDER.index(f.level))
        return True

    def check(self, level: Level = "suspicious") -> None:
        """Raise if something was found.

        Parameters
        ----------
        level : {"wrong", "suspicious", "note"}, default "suspicious"
            The mildest level that raises.

        Raises
        ------
        MisuseError
            With the text of all such findings.
        ValueError
            If there is no such level.
        """
        if level not in ORDER:
            raise ValueError(f"level must be one of {', '.join(ORDER)}, got {level!r}")
        counted = [f for f in self.findings if ORDER.index(f.level) <= ORDER.index(level)]
        if counted:
            raise MisuseError("\n\n".join([_headline(counted), *map(repr, counted)]))

    @property
    def followed(self) -> str:
        """How much was seen, in a sentence."""
        lost = f"; {self.lost} tensors could not be followed further" if self.lost else ""
        return f"{self.operations} operations seen{lost}."

    def __repr__(self) -> str:
        """Return the report as text."""
        return "\n\n".join([_headline(self.findings), *map(repr, self.findings), self.followed])

    def _repr_html_(self) -> str:
        names = ("level", "what", "where", "module", "evidence", "cure", "see")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        body = "".join(f"<tr>{_cells(finding)}</tr>" for finding in self.findings)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        first = f"<p><strong>{escape(_headline(self.findings))}</strong></p>"
        return f"{first}{table if self.findings else ''}<p>{escape(self.followed)}</p>"


def _headline(findings: list[Finding]) -> str:
    """Return how many findings there are of each level."""
    counts = {level: sum(f.level == level for f in findings) for level in ORDER}
    words = [f"{n} {level}" for level, n in counts.items() if n]
    return f"watch: {', '.join(words)}." if words else "watch: nothing found."


def _cells(finding: Finding) -> str:
    """Return the cells of a row of the table."""
    where = escape(finding.place) + (f"<br><code>{escape(finding.source)}</code>")
    where += f"<br>also: {escape(finding.also)}" if finding.also else ""
    return (
        f"<td>{finding.level}</td>"
        f"<td>{escape(finding.sentence)} <code>{escape(finding.misuse)}</code></td>"
        f"<td>{where}</td><td>{escape(finding.module)}</td><td>{escape(finding.evidence)}</td>"
        f"<td><code>{escape(finding.cure)}</code></td><td>{escape(finding.exhibit)}</td>"
    )
