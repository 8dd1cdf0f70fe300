"""Write what a class has reached: a table, CSV, JSON, JUnit's XML, Gradescope's JSON, reports."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from softmax_lessons.exercises._grade._points import MARKS, Class, Result, Student, as_dict, number
from softmax_lessons.exercises._report import text_only

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}pre{overflow-x:auto}dd{margin:0 0 .5rem 1.5rem}"
)


def table(graded: Class) -> str:
    """Return a table for the terminal."""
    rows = [["student", *graded.exercises, "points"]]
    for student in graded.students:
        results = [graded.result(student, name) for name in graded.exercises]
        points = of(graded.reached(student), graded.total)
        verdicts = [one.report.verdict + one.marks for one in results]
        rows.append([text_only(student.name), *verdicts, points])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    seen = {mark for s in graded.students for one in s.results.values() for mark in one.marks}
    lines += [""] * bool(seen) + [f"{mark} {MARKS[mark]}" for mark in MARKS if mark in seen]
    problems = [
        f"{text_only(student.name)}: {text_only(problem)}"
        for student in graded.students
        for problem in student.problems
    ]
    return "\n".join(lines + [""] * bool(problems) + problems)


def as_csv(graded: Class) -> str:
    """Return a table for spreadsheets: a row for each student, with verdicts and points."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = graded.exercises
    writer.writerow(
        ["student", *names, *(f"{name} points" for name in names), "points", "of", "notes"]
    )
    for student in graded.students:
        results = [graded.result(student, name) for name in names]
        remarks = [remark for one in results for remark in one.remarks]
        row = [
            student.name,
            *(one.report.verdict for one in results),
            *(number(graded.points.reached(one.report)) for one in results),
            number(graded.reached(student)),
            number(graded.total),
            " ".join([*remarks, *student.problems]),
        ]
        writer.writerow(map(harmless, row))
    return stream.getvalue()


def harmless(cell: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def as_json(graded: Class) -> str:
    """Return everything."""
    students = [
        {
            "student": student.name,
            "points": graded.reached(student),
            "problems": student.problems,
            "exercises": [exercise(graded, graded.result(student, n)) for n in graded.exercises],
        }
        for student in graded.students
    ]
    content = {"of": graded.total, "students": students, "not graded": graded.missing}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def exercise(graded: Class, result: Result) -> dict[str, Any]:
    """Return a result as JSON can hold it."""
    points, of = graded.points.reached(result.report), graded.points.of(result.report.exercise)
    return {**as_dict(result.report), "points": points, "of": of, "copied": result.copied}


def as_junit(graded: Class) -> str:
    """Return JUnit's XML: a suite for each student, a test for each exercise."""
    root = ElementTree.Element("testsuites", name="softmax_lessons.exercises")
    for student in graded.students:
        results = [graded.result(student, name) for name in graded.exercises]
        verdicts = [one.report.verdict for one in results]
        counts = {
            "tests": len(results),
            "failures": verdicts.count("wrong"),
            "errors": verdicts.count("not checked"),
            "skipped": verdicts.count("not yet"),
        }
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            {"name": text_only(student.name), **{k: str(v) for k, v in counts.items()}},
        )
        for one in results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=text_only(student.name), name=one.report.exercise
            )
            kind = {"wrong": "failure", "not checked": "error", "not yet": "skipped"}
            if one.report.verdict in kind:
                found = ElementTree.SubElement(
                    case, kind[one.report.verdict], message=one.report.mistake or one.report.verdict
                )
                found.text = repr(one.report)
            elif one.remarks:
                ElementTree.SubElement(case, "system-out").text = " ".join(one.remarks)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_gradescope(graded: Class) -> str:
    """Return the `results.json` of a student, as Gradescope takes it."""
    (student,) = graded.students
    tests = []
    for name in graded.exercises:
        report = graded.result(student, name).report
        tests.append(
            {
                "name": name,
                "score": graded.points.reached(report),
                "max_score": graded.points.of(name),
                "status": "passed" if report else "failed",
                "output": repr(report),
                "output_format": "text",
            }
        )
    content = {
        "score": graded.reached(student),
        "output": "\n".join(student.problems),
        "output_format": "text",
        "tests": tests,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def report_text(graded: Class, student: Student) -> str:
    """Return what a student reads."""
    results = [graded.result(student, name) for name in graded.exercises]
    head = f"{text_only(student.name)}: {of(graded.reached(student), graded.total)} points"
    parts = [head, *map(text_only, student.problems)]
    for one in results:
        points = of(graded.points.reached(one.report), graded.points.of(one.report.exercise))
        parts.append(f"{one.report!r}\n  Points: {points}")
    return "\n\n".join(parts) + "\n"


def report_html(graded: Class, student: Student) -> str:
    """Return the same as a page."""
    name = escape(text_only(student.name))
    points = of(graded.reached(student), graded.total)
    parts = [f"<p>{escape(text_only(problem))}</p>" for problem in student.problems]
    for exercise in graded.exercises:
        report = graded.result(student, exercise).report
        own = of(graded.points.reached(report), graded.points.of(exercise))
        parts.append(
            f"<section><h2>{escape(exercise)}</h2>{report._repr_html_()}"
            f"<p>{own} points</p></section>"
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{name}</h1><p>{points} points</p>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def of(points: float, total: float) -> str:
    """Return points as text."""
    return f"{number(points)} of {number(total)}"


def write_reports(graded: Class, folder: Path) -> None:
    """Write two files for each student: text and HTML."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for student in graded.students:
        stem = re.sub(r"[^\w.() -]", "_", student.name).strip(". ") or "_"
        while stem.lower() in taken:
            stem += "_"
        taken.add(stem.lower())
        write(folder / f"{stem}.txt", report_text(graded, student))
        write(folder / f"{stem}.html", report_html(graded, student))


def write(path: Path, text: str) -> None:
    """Write a file as a whole, or leave what was there."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    os.replace(beside, path)
