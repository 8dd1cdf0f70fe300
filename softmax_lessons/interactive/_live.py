"""What a notebook shows: a custom element with its data and, after it, its script."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from softmax_lessons.language import _


@dataclass(frozen=True, repr=False)
class Live:
    """A live figure or a quick check, as a notebook shows it.

    Parameters
    ----------
    html : str
        The custom element, what stands in it without JavaScript, and its script.
    text : str
        What a terminal prints.

    Examples
    --------
    >>> from softmax_lessons.interactive import Live
    >>> Live("<p>1 + 1 = 2</p>", "1 + 1 = 2")
    1 + 1 = 2
    """

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Return the text, without its HTML."""
        return self.text


def live(name: str, config: dict[str, Any], content: str, text: str) -> Live:
    """Return the element ``softmax-<name>`` with its content, and the script of ``<name>.mjs``.

    The script stands apart, so that whoever stores the output, or makes a page of it, can leave it
    out and load the modules from files.
    """
    if said := translated(name):
        config = config | {"phrases": said}
    tag, attribute = f"softmax-{name}", escape(json.dumps(config, ensure_ascii=False))
    element = f'<{tag} class="softmax-live" config="{attribute}">\n{content}\n</{tag}>'
    # With `async` it runs as soon as it is read, and nothing on the page jumps.
    return Live(f'{element}\n<script type="module" async>\n{script(name)}</script>', text)


# How a script asks for a phrase: `_("...")`, which may go on after a plus.
PHRASE = re.compile(r'(?<![\w.])_\(\s*((?:"(?:[^"\\]|\\.)*"(?:\s*\+\s*)?)+)')
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def phrases(text: str) -> list[str]:
    """Return the phrases that a script asks for."""
    return ["".join(map(json.loads, LITERAL.findall(found))) for found in PHRASE.findall(text)]


def translated(name: str) -> dict[str, str]:
    """Return what the script of ``<name>.mjs`` says, in the language that was chosen."""
    said = {phrase: _(phrase) for phrase in phrases(script(name))}
    return {phrase: other for phrase, other in said.items() if other != phrase}


@cache
def script(name: str) -> str:
    """Return a JavaScript module and all that it imports, as one script without imports.

    It is a module still, so its names stay its own: several copies on a page do not clash.
    """
    sources: dict[str, str] = {}

    def read(file: str) -> None:
        if file not in sources:
            text = files(__package__).joinpath(file).read_text(encoding="utf-8")
            for needed in re.findall(r'^import .* from "\./(.+)";$', text, re.MULTILINE):
                read(needed)
            sources[file] = re.sub(r"^import .*\n|^export ", "", text, flags=re.MULTILINE)

    read(f"{name}.mjs")
    return "\n".join(sources.values())
