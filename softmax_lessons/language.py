"""In which language the exercises and the live figures speak.

The code says everything in English, and asks for another language by it: ``_("It adds.")``. Each
language has a table, which gettext reads, ``locale/<language>/LC_MESSAGES/softmax_lessons.po``;
beside it lies the same compiled. What a table lacks is said in English, and so are all errors.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gettext import NullTranslations

__all__ = ["languages", "set_language"]

VARIABLE = "SOFTMAX_LESSONS_LANGUAGE"
TABLE = "softmax_lessons.mo"
_chosen: str | None = None  # by set_language


def languages() -> tuple[str, ...]:
    """Return the languages that can be set.

    Returns
    -------
    tuple of str
        English, and those that have a table, by their codes of ISO 639.

    See Also
    --------
    set_language : Set one.

    Examples
    --------
    >>> from softmax_lessons.language import languages
    >>> languages()
    ('en', 'de')
    """
    tables = files(__package__).joinpath("locale")
    found = (each.name for each in tables.iterdir() if table(each.name).is_file())
    return ("en", *sorted(found))


def set_language(language: str) -> None:
    """Choose the language of the exercises and of the live figures.

    Parameters
    ----------
    language : str
        One of ``languages()``, such as "de".

    Raises
    ------
    ValueError
        If there is no table of this language.

    See Also
    --------
    languages : Which there are.

    Notes
    -----
    It holds for what is made from then on. Before the first call, the variable
    ``SOFTMAX_LESSONS_LANGUAGE`` of the environment chooses; without it the language is English.
    What a table lacks is said in English. Errors always are, as Python's own.

    Examples
    --------
    >>> from softmax_lessons import exercises
    >>> from softmax_lessons.language import set_language
    >>> set_language("de")
    >>> exercises.check("margin", lambda scores: scores.max(axis=-1)).mistake
    'Zurück kommt der größte Score.'
    >>> set_language("en")
    """
    global _chosen
    if language not in languages():
        raise ValueError(f"language must be one of {', '.join(languages())}, got {language!r}")
    _chosen = language


def _(phrase: str, **values: Any) -> str:
    """Return a phrase in the language that was chosen, with values in its places."""
    said = translations(current()).gettext(phrase) if phrase else ""
    return said.format(**values) if values else said


def current() -> str:
    """Return the language that was chosen."""
    return _chosen or from_environment(os.environ.get(VARIABLE, "en"))


@cache  # so that it warns once
def from_environment(language: str) -> str:
    """Return the language that the environment names, if there is such a one."""
    if language in languages():
        return language
    there = ", ".join(languages())
    warnings.warn(f"{VARIABLE} must be one of {there}, got {language!r}", stacklevel=2)
    return "en"


@cache
def translations(language: str) -> NullTranslations:
    """Return the table of a language."""
    from gettext import GNUTranslations, NullTranslations

    if language == "en":
        return NullTranslations()
    with table(language).open("rb") as file:
        return GNUTranslations(file)


def table(language: str) -> Any:
    """Return the file with the table of a language."""
    return files(__package__).joinpath("locale", language, "LC_MESSAGES", TABLE)
