"""The checker accepts right submissions, and names the mistake of wrong ones."""

from collections import Counter

import pytest
from support import submissions
from support.checking import check_in_process
from support.submissions._once_accepted import ALL as ONCE_ACCEPTED

from softmax_lessons import exercises
from softmax_lessons.exercises.catalog import CHAPTERS, EXERCISES

every_exercise = pytest.mark.parametrize("name", EXERCISES)


def ids(listed):
    """Number the submissions to each exercise."""
    seen = Counter()
    for name, *_ in listed:
        seen[name] += 1
        yield f"{name}-{seen[name]}"


def test_submissions_stand_by_chapter():
    assert set(submissions.CHAPTERS) == set(CHAPTERS)
    for slug, module in submissions.CHAPTERS.items():
        names = {exercise.name for exercise in CHAPTERS[slug]}
        assert {name for name, *_ in module.RIGHT} == names
        assert {name for name, *_ in module.WRONG} == names


def test_there_are_enough_of_them():
    assert len(submissions.WRONG) >= 130


@pytest.mark.parametrize(("name", "solution"), submissions.RIGHT, ids=list(ids(submissions.RIGHT)))
def test_right_submissions_pass(name, solution):
    report = check_in_process(name, solution)
    assert report, report
    assert report.holds == tuple(stage.name for stage in EXERCISES[name].stages)


@pytest.mark.parametrize(
    ("name", "solution", "mistake"), submissions.WRONG, ids=list(ids(submissions.WRONG))
)
def test_wrong_submissions_are_refused_with_their_mistake(name, solution, mistake):
    report = check_in_process(name, solution)
    assert report.verdict == "wrong"
    assert not report
    assert mistake in report.mistake, report
    assert report.hint


@pytest.mark.parametrize(
    ("name", "solution", "mistake"), ONCE_ACCEPTED, ids=list(ids(ONCE_ACCEPTED))
)
def test_what_was_accepted_once_is_refused(name, solution, mistake):
    report = check_in_process(name, solution)
    assert report.verdict == "wrong"
    assert mistake in report.mistake, report


@every_exercise
def test_our_own_answer_passes(name):
    report = check_in_process(name, EXERCISES[name].right)
    assert report, report
    note = f"It calls `{name}` of the package, which the task asks you to write."
    assert report.notes == (note,)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_our_own_answers_pass_as_readers_check_them(chapter):
    exercise, *_ = CHAPTERS[chapter]
    assert exercises.check(exercise.name, exercise.right)


@every_exercise
def test_each_known_mistake_is_told_from_all_others(name):
    for mistake in EXERCISES[name].mistakes:
        report = check_in_process(name, mistake.function)
        assert report.mistake == mistake.sentence, report
