"""Joins and trims style sheets: for `assets.py`, which says why."""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2


def read_sheet(site: Path, name: str) -> list[Any]:
    """Return the rules of a style sheet of the site, with those that it imports in their place."""
    path = name.partition("?")[0]
    rules = []
    text = (site / path).read_text(encoding="utf-8")
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            imported = next(part.value for part in rule.prelude if part.type in ("string", "url"))
            rules += read_sheet(site, posixpath.normpath(f"{posixpath.dirname(path)}/{imported}"))
        elif rule.type != "at-rule" or rule.lower_at_keyword != "charset":
            move_addresses(rule, posixpath.dirname(path))
            rules.append(rule)
    return rules


def move_addresses(rule: Any, folder: str) -> None:
    """Let `url(...)` lead from the folder of `book.css` to where it led from `folder`."""
    for token in walk(rule):
        quoted = token.type == "function" and token.lower_name == "url"
        address = token.arguments[0] if quoted else token
        if (quoted or token.type == "url") and not re.match(r"data:|#|/|\w+://", address.value):
            target = posixpath.normpath(f"{folder}/{address.value}")
            address.value = posixpath.relpath(target, "_static")
            text = json.dumps(address.value)
            address.representation = text if quoted else f"url({text})"


def walk(node: Any) -> Iterator[Any]:
    """Yield every token of a rule."""
    for part in ("prelude", "content", "arguments"):
        for child in getattr(node, part, None) or []:
            yield child
            yield from walk(child)


def trim(rules: Iterable[Any], used: set[str]) -> Iterator[Any]:
    """Yield the rules without the selectors whose classes are not all in `used`."""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [one for one in split(rule.prelude) if classes(one) <= used]
            if not selectors:
                continue
            comma = tinycss2.ast.LiteralToken(0, 0, ",")
            rule.prelude = [token for one in selectors for token in (comma, *one)][1:]
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
            inner = tinycss2.parse_blocks_contents(rule.content or [])
            rule.content = list(trim(inner, used))
            if not rule.content:
                continue
        elif rule.type in ("whitespace", "comment"):
            continue
        yield rule


def split(prelude: list[Any]) -> list[list[Any]]:
    """Return the selectors of a list that is separated by commas."""
    selectors: list[list[Any]] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def classes(selector: list[Any]) -> set[str]:
    """Return the classes that a selector requires; those in :not(...) or :is(...) are optional."""
    pairs = itertools.pairwise(selector)
    return {name.value for dot, name in pairs if dot == "." and name.type == "ident"}


def characters(rules: Iterable[Any]) -> Iterator[str]:
    """Yield each character of each text in the rules: the icons are among them."""
    for rule in rules:
        for token in walk(rule):
            if token.type == "string":
                yield from token.value
