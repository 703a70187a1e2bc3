"""Mutants of a module: the same program with one small mistake each, made from its syntax tree."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: where it stands, what was there, what is there now, and the whole module with it."""

    line: int
    was: str
    became: str
    module: ast.Module

    def __str__(self) -> str:
        return f"{self.line}: {self.was}  →  {self.became}"


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    module = ast.parse(source)
    made = [
        _made(module, place, change)
        for place, node in enumerate(_inside(module))
        for change in _changes(node)
    ]
    return sorted(made, key=lambda mutant: mutant.line)


def sample(of: list[Mutant], most: int) -> list[Mutant]:
    """At most so many of them, the same ones each time, in the order of their lines."""
    chosen = sorted(of, key=lambda mutant: sha256(str(mutant).encode()).digest())[:most]
    return sorted(chosen, key=lambda mutant: mutant.line)


Change = Callable[[ast.AST], ast.AST]


def _made(module: ast.Module, place: int, change: Change) -> Mutant:
    changed = copy.deepcopy(module)
    node = list(_inside(changed))[place]
    was = _shown(node)
    became = change(node)
    if became is not node:
        _Exchange(node, became).visit(changed)
    ast.fix_missing_locations(changed)
    return Mutant(getattr(node, "lineno", 0), was, _shown(became), changed)


class _Exchange(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self._new, node) if node is self._old else super().generic_visit(node)


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= 90 else text[:89] + "…"


def _inside(module: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs: no annotation, no documentation, nothing that only prints a value."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop(0)
        yield node
        if isinstance(node, ast.FunctionDef) and node.name in {"__repr__", "__str__"}:
            continue
        waiting += [
            child
            for name, value in ast.iter_fields(node)
            if name not in {"annotation", "returns", "type_params", "bases", "decorator_list"}
            for child in (value if isinstance(value, list) else [value])
            if isinstance(child, ast.AST) and not _documentation(child)
        ]


def _documentation(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from _of_operators(node)
    yield from _of_values(node)
    yield from _of_steps(node)


def _of_operators(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=[compared, *_]):
            yield lambda at: _operator(at, COMPARED[type(compared)])
        case ast.BinOp(op=calculated) if type(calculated) in CALCULATED:
            yield lambda at: _calculation(at, CALCULATED[type(calculated)])
        case ast.BoolOp(op=joining):
            yield lambda at: _joined(at, ast.Or() if isinstance(joining, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda at: at.operand  # type: ignore[attr-defined]  # a `not`, as matched above


def _of_values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool() as told):
            yield lambda _: ast.Constant(not told)
        case ast.Constant(value=int() as number):
            yield lambda _: ast.Constant(number + 1)
            yield lambda _: ast.Constant(number - 1)
        case ast.Call(func=ast.Name(id=called)) if called in CALLED:
            yield lambda at: _call(at, CALLED[called])


def _of_steps(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield lambda _: ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Await() | ast.Yield()):
            yield lambda _: ast.Pass()
        case ast.If() | ast.While() | ast.IfExp() | ast.comprehension(ifs=[_, *_]):
            yield _condition_turned


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _operator(node: ast.AST, operator: type[ast.cmpop]) -> ast.AST:
    assert isinstance(node, ast.Compare)
    node.ops[0] = operator()
    return node


def _calculation(node: ast.AST, operator: type[ast.operator]) -> ast.AST:
    assert isinstance(node, ast.BinOp)
    node.op = operator()
    return node


def _joined(node: ast.AST, operator: ast.boolop) -> ast.AST:
    assert isinstance(node, ast.BoolOp)
    node.op = operator
    return node


def _call(node: ast.AST, name: str) -> ast.AST:
    assert isinstance(node, ast.Call)
    node.func = ast.Name(name, ast.Load())
    return node


def _condition_turned(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.comprehension):
        node.ifs[0] = ast.UnaryOp(ast.Not(), node.ifs[0])
        return node
    assert isinstance(node, ast.If | ast.While | ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node
