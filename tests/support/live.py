"""An example of every live figure and quick check, made from its signature.

A new one is tried wherever all are, as soon as its module is there. If it has a parameter that no
other one has, `values` needs a line.
"""

from __future__ import annotations

import inspect
import json
import re
from html import unescape
from importlib.resources import files

from softmax_lessons import interactive

LABELS = ["seal", "panda", "duck"]
Z = [0.25, 1.23, -0.8]
PLAIN = "quokka"  # a word that the code of the figures does not use

MODULES = sorted(
    file.name
    for file in files("softmax_lessons.interactive").iterdir()
    if file.name.endswith(".mjs")
)


def values(text: str) -> dict[str, object]:
    """Return a value for each parameter that needs one, with a text wherever one can go.

    A parameter that means something else in one of the functions stands under both names.
    """
    return {
        "scores": Z,
        "labels": [text, "panda", text],
        "vectors": {text: Z},
        "words": {text: ([text, "panda"], [3, 2])},
        "code_tree.counts": [1, 1, 2],
        "truth": [2, 1, 1],
        "keys": [[1.2, 0.4], [0.3, 1.5], [-1.0, -0.6]],
        "query": [1.4, 0.7],
        "values": [10.0, 20.0, 30.0],
        "target": 1,
        "logits": [Z, Z[::-1]],
        "reliability.labels": [1, 2],
        "question": text,
        "options": {text: text, "other": text},
        "feedback": text,
        "answer": 1,
        "choice.answer": text,
        "tolerance": 0,
        "wrong": {2: text},
        "hint": text,
    }


def example(name: str, text: str = PLAIN, **changes: object) -> interactive.Live:
    """Call a function of `softmax_lessons.interactive`, with some arguments of one's own."""
    function, known = getattr(interactive, name), values(text)
    arguments = {}
    for parameter in inspect.signature(function).parameters.values():
        key = next((k for k in (f"{name}.{parameter.name}", parameter.name) if k in known), None)
        if key:
            arguments[parameter.name] = known[key]
        elif parameter.default is parameter.empty or "str" in parameter.annotation:
            raise LookupError(f"tests/support/live.py knows no {parameter.name} for {name}")
    return function(**{**arguments, **changes})


def starts_from_scores(name: str) -> bool:
    """Tell whether a function takes scores and the names of their classes."""
    parameters = inspect.signature(getattr(interactive, name)).parameters
    return bool({"scores", "vectors"} & set(parameters))


def of_scores(name: str, scores: object, labels: object) -> interactive.Live:
    """Call a figure that starts from scores, wherever it takes them."""
    parameters = inspect.signature(getattr(interactive, name)).parameters
    taken = {"vectors": {"z": scores}} if "vectors" in parameters else {"scores": scores}
    return example(name, labels=labels, **taken)


def config(live: interactive.Live) -> dict:
    """Return the settings that stand in the element."""
    (attribute,) = re.findall(r'config="([^"]*)"', live.html)
    return json.loads(unescape(attribute))


def module(live: interactive.Live) -> str:
    """Return the name of the module that brings the element to life."""
    return re.match(r"<softmax-([\w-]+) ", live.html)[1]


ALL = sorted(set(interactive.__all__) - {"Live"})
WITH_TEXT = [name for name in ALL if PLAIN in example(name).text]
FIGURES = [name for name in ALL if "<table" in example(name).html]
OF_SCORES = [name for name in FIGURES if starts_from_scores(name)]
