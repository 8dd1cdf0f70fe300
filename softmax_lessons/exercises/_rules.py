"""The rules under their former name."""

from softmax_lessons.exercises.rules import *  # noqa: F403
