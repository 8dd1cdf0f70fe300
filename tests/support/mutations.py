"""Right submissions with one small fault each: another operator, constant, axis, bound or dtype."""

import ast
import copy
import inspect
import signal
from contextlib import contextmanager

import numpy as np

from softmax_lessons.exercises._judge import Examination
from softmax_lessons.exercises._solution import of_function
from support import submissions
from support.checking import InProcess

SWAPS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
NAMES = {
    "max": ["min", "mean"],
    "min": ["max"],
    "maximum": ["minimum"],
    "minimum": ["maximum"],
    "argmax": ["argmin"],
    "argmin": ["argmax"],
    "sum": ["mean", "max"],
    "mean": ["sum", "max"],
    "any": ["all"],
    "all": ["any"],
    "exp": ["exp2", "expm1"],
    "log": ["log2", "log1p"],
    "log1p": ["log"],
    "logaddexp": ["logaddexp2"],
    "cumsum": ["cumprod"],
    "float": ["int", "np.float32"],
    "int": ["float"],
    "heappop": ["max"],
    "zeros": ["ones"],
    "zeros_like": ["ones_like"],
    "tri": ["eye"],
    "sort": ["asarray"],
}

COMMUTE = {"maximum", "minimum", "logaddexp", "isclose", "einsum"}
HELPERS = {"soft", "log_sum"}  # in these, what only matters to other exercises
LAST_BY_DEFAULT = {"sort", "argsort", "diff", "take_along_axis"}


def faults(node):
    """Return what can stand in the place of a node of the syntax tree."""
    found = []
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        found += [changed(node, op=other()) for other in SWAPS.get(type(node.op), ())]
    if isinstance(node, ast.Compare):
        found += [
            changed(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
            for i, op in enumerate(node.ops)
            for other in SWAPS.get(type(op), ())
        ]
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            found += [
                ast.Constant(0),
                ast.UnaryOp(ast.USub(), ast.Constant(node.operand.value + 1)),
            ]
        else:
            found.append(node.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        found += [ast.Constant(node.value + 1), ast.Constant(node.value - 1)]
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        found.append(ast.Constant(not node.value))
    if isinstance(node, ast.Attribute):
        found += [changed(node, attr=name) for name in NAMES.get(node.attr, ()) if "." not in name]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        found += [ast.parse(name, mode="eval").body for name in NAMES.get(node.id, ())]
    if isinstance(node, ast.Slice):
        found += [changed(node, **{end: None}) for end in ("lower", "upper") if getattr(node, end)]
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", "")
        for i, keyword in enumerate(node.keywords):
            last = keyword.arg == "axis" and name in LAST_BY_DEFAULT
            if keyword.arg not in (None, "strict") and not last:
                found.append(changed(node, keywords=node.keywords[:i] + node.keywords[i + 1 :]))
        starred = any(isinstance(arg, ast.Starred) for arg in node.args)
        if len(node.args) > 1 and not starred and name not in COMMUTE:
            found.append(changed(node, args=[*node.args[:-2], node.args[-1], node.args[-2]]))
    if isinstance(node, ast.IfExp):
        found += [node.body, node.orelse]
    if isinstance(node, ast.If):
        found += [changed(node, test=ast.Constant(value)) for value in (True, False)]
    if isinstance(node, (ast.AugAssign, ast.Assign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(node, ast.AugAssign) or isinstance(targets[0], ast.Subscript):
            found.append(ast.Pass())
    return found


def changed(node, **fields):
    """Return a copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def replaced(tree, old, new):
    """Return a copy of a syntax tree with something in the place of one node."""
    if tree is old:
        return new
    if isinstance(tree, list):
        return [replaced(part, old, new) for part in tree]
    if not isinstance(tree, ast.AST):
        return tree
    fields = {name: replaced(value, old, new) for name, value in ast.iter_fields(tree)}
    return changed(tree, **fields)


def references():
    """Return for each exercise the syntax tree of its first right submission, whole.

    Where a submission only uses a formula that is an exercise of its own, the formula is left out
    of what gets faults: see ``HELPERS``.
    """
    from support.submissions import _formulas

    shared = ast.parse(inspect.getsource(_formulas)).body
    found = {}
    for module in submissions.CHAPTERS.values():
        body = shared + ast.parse(inspect.getsource(module)).body
        functions = {part.name: part for part in body if isinstance(part, ast.FunctionDef)}
        imports = [p for p in body if isinstance(p, (ast.Import, ast.ImportFrom))]
        imports = [p for p in imports if not getattr(p, "module", "numpy").startswith("support")]
        values = [p for p in body if isinstance(p, ast.Assign)]
        right = next(p.value for p in values if p.targets[0].id == "RIGHT")
        values = [p for p in values if p.targets[0].id not in ("RIGHT", "WRONG")]
        for pair in right.elts:
            name, answer = pair.elts
            if name.value not in found and not isinstance(answer, ast.Attribute):
                last = ast.parse("answer = 0").body[0]
                last.value = answer
                parts = [*reached(answer, functions), last]
                found[name.value] = ast.Module([*imports, *values, *parts], [])
    return found


def names_it(answer, name):
    """Tell whether a function is the whole answer."""
    return isinstance(answer.value, ast.Name) and answer.value.id == name


def reached(node, functions):
    """Return the functions that a piece of code names, and those that they name."""
    found, waiting = {}, [node]
    while waiting:
        node = waiting.pop()
        own = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Name)
                and part.id not in own
                and part.id in functions
                and part.id not in found
            ):
                found[part.id] = functions[part.id]
                waiting.append(functions[part.id])
    return [part for name, part in functions.items() if name in found]


def mutants(tree):
    """Yield each fault as text, with the function that has it."""
    seen = {ast.unparse(tree)}
    for place, whole in enumerate(tree.body):
        if whole is not tree.body[-1] and not isinstance(whole, ast.FunctionDef):
            continue
        if getattr(whole, "name", "") in HELPERS and not names_it(tree.body[-1], whole.name):
            continue
        for node in ast.walk(whole):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            for new in faults(node):
                part = replaced(whole, node, new)
                module = ast.Module([*tree.body[:place], part, *tree.body[place + 1 :]], [])
                text = ast.unparse(module)
                if text in seen:
                    continue
                seen.add(text)
                yield described(whole, part), text


def described(old, new):
    """Return the lines that differ."""
    before, after = (ast.unparse(part).splitlines() for part in (old, new))
    if len(before) != len(after):
        return " / ".join(line.strip() for line in before if line not in after) + " ->"
    return "; ".join(
        f"{a.strip()} -> {b.strip()}" for a, b in zip(before, after, strict=True) if a != b
    )


def built(text):
    """Return the function that a text defines as its answer."""
    space = {"__name__": "mutant"}
    exec(compile(text, "<mutant>", "exec"), space)
    return space["answer"]


@contextmanager
def limit(seconds):
    """End a loop without end; a check reports it as an exception."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def accepted(exercise, function):
    """Tell whether a check would find a function right, without asking what is wrong."""
    memory = any(stage.memory is not None for stage in exercise.stages)
    examination = Examination(exercise, of_function(function), InProcess(function, memory=memory))
    with np.errstate(all="ignore"), limit(2):
        for stage in exercise.stages:
            if not all(examination._is_right(stage, t) for t in examination._run(stage.cases)):
                return False
    return True
