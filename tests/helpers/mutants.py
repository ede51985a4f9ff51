"""Code with one token changed: a sign, an index, a factor, an operator, a term, a transpose."""

import ast
from contextlib import suppress

OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
}
FUNCTIONS = {
    "max": "min",
    "min": "max",
    "argmin": "argmax",
    "sqrt": "cbrt",
    "cbrt": "sqrt",
    "zeros": "ones",
    "ones": "zeros",
    "column_stack": "vstack",
    "vstack": "hstack",
}


def mutants(source):
    """Pairs of a name, "line:column what it was → what it is", and the source so changed."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        letters = [argument.arg for argument in function.args.args]
        for holder, place in list(_places(function)):
            old = holder[place]
            for new in _instead(old, letters):
                holder[place] = new
                changed = ast.unparse(ast.fix_missing_locations(tree))
                holder[place] = old
                if changed not in seen:
                    seen.add(changed)
                    line = old.lineno - function.lineno + 1
                    yield f"{line}:{old.col_offset} {_text(old)} → {_text(new)}", changed


def _places(function):
    """Where expressions and statements stand: a list or a node's fields, and the place in it."""
    for parent in ast.walk(function):
        for field, value in list(ast.iter_fields(parent)):
            holder, places = (value, range(len(value))) if isinstance(value, list) else (
                vars(parent), [field]
            )  # fmt: skip
            for place in places:
                if isinstance(holder[place], ast.expr | ast.AugAssign) and field != "func":
                    yield holder, place


def _instead(node, letters):
    """What a slip would write in the place of a node."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    if isinstance(node, ast.BinOp):
        for operator in OPERATORS.get(type(node.op), []):
            yield ast.BinOp(node.left, operator(), node.right)
        yield from (node.left, node.right)
        if isinstance(node.op, ast.Pow):
            yield ast.Call(ast.Name("abs"), [node.left], [])
    if isinstance(node, ast.AugAssign):
        for operator in OPERATORS.get(type(node.op), []):
            yield ast.AugAssign(node.target, operator(), node.value, lineno=node.lineno)
        yield ast.Pass()
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.Compare):
        for operator in OPERATORS.get(type(node.ops[0]), []):
            yield ast.Compare(node.left, [operator(), *node.ops[1:]], node.comparators)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = node.value
        others = {value + 1, value - 1, 2 * value, value / 2, -value, 0} - {value}
        yield from map(ast.Constant, sorted(others))
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        if name in FUNCTIONS:
            yield ast.parse(ast.unparse(node).replace(name, FUNCTIONS[name], 1)).body[0].value
        yield from node.args[: 1 if len(node.args) == 1 else None]
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if isinstance(node, ast.Name) and node.id in letters:
        yield from (ast.Name(letter) for letter in letters if letter != node.id)
        yield ast.UnaryOp(ast.USub(), node)
        yield ast.Call(ast.Name("abs"), [node], [])
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))


def _text(node):
    with suppress(AttributeError):
        ast.fix_missing_locations(node)
    return ast.unparse(node)
