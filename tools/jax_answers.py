"""Compare what JAX answers on the page `phrasebook` with what is stored there, or store it.

Usage: python tools/jax_answers.py [--store]

JAX is too large for Binder beside PyTorch, so the page holds its examples as text, in the form of
doctest. `nox -s jax` installs the newest JAX and compares, and `nox -s jax -- --store` stores.
Another version alone is no difference.
"""

import contextlib
import doctest
import io
import re
import sys
from pathlib import Path

import nbformat

PAGE = Path(__file__).resolve().parent.parent / "book" / "appendix" / "phrasebook.ipynb"
BLOCK = re.compile(r"(?<=^```pycon\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
VERSION = "jax.__version__\n"


def answer(source: str, names: dict[str, object]) -> str:
    """Return what one example prints, as an interactive session would."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "<example>", "single"), names)
    return printed.getvalue()


def renewed(block: str, names: dict[str, object]) -> str:
    """Return a block of examples with the answers of now."""
    lines = []
    for example in doctest.DocTestParser().get_examples(block):
        first, *more = example.source.splitlines()
        lines += [f">>> {first}\n", *(f"... {line}\n" for line in more)]
        lines.append(answer(example.source, names))
    return "".join(lines)


def differences(before: str, after: str) -> list[str]:
    """Return the examples that are answered otherwise than before, the version aside."""
    examples = map(doctest.DocTestParser().get_examples, (before, after))
    pairs = zip(*examples, strict=True)
    return [
        f">>> {old.source}stored: {old.want}now:    {new.want}"
        for old, new in pairs
        if old.want != new.want and old.source != VERSION
    ]


def main() -> None:
    """Store the answers, or with --check end with those that differ."""
    page, names, found = nbformat.read(PAGE, as_version=4), {}, []
    for cell in page.cells:
        if cell.cell_type == "markdown":
            for block in BLOCK.findall(cell.source):
                new = renewed(block, names)
                found += differences(block, new)
                cell.source = cell.source.replace(block, new)
    if "--store" in sys.argv[1:]:
        nbformat.write(page, PAGE)
    elif found:
        sys.exit("\n".join(["JAX answers otherwise:", *found]))


if __name__ == "__main__":
    main()
