"""A refusal is an answer: an act returns it and commits; the use case raises it afterwards.

An exception that leaves an act rolls it back, and with it the attempt that was charged.
"""

import ast
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, broken, parsed, told

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

RUNNERS = frozenset({"run", "read"})
NO_STORES = frozenset({"asyncio", "anyio", "subprocess", "uvicorn", "context"})
"""Owners of a ``run`` that is no act."""


def raised_refusals(module: ast.Module) -> Iterator[str]:
    """``raise Refused`` in a function that runs inside an act."""
    handed = set(_handed_over(module))
    lines = set[int]()
    for node in ast.walk(module):
        if isinstance(node, Function) and (_takes_transaction(node) or _named(node) in handed):
            lines.update(
                inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Raise) and _refuses(inner)
            )
    yield from (f"{line} raises Refused inside an act" for line in sorted(lines))


def _handed_over(module: ast.Module) -> Iterator[str]:
    """Names of functions given to ``store.run`` or ``store.read``, through ``partial`` or a lambda too."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner = node.func.value
        if node.func.attr in RUNNERS and not (isinstance(owner, ast.Name) and owner.id in NO_STORES):
            yield from _functions_in(node.args[0])


def _functions_in(act: ast.expr) -> Iterator[str]:
    match act:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Lambda(body=ast.Call(func=called)):
            yield from _functions_in(called)
        case ast.Call(func=ast.Name(id="partial"), args=[first, *_]):
            yield from _functions_in(first)
        case _:
            return


def _named(node: Function) -> str | None:
    return None if isinstance(node, ast.Lambda) else node.name


def _takes_transaction(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    first = next((entry for entry in arguments if entry.arg not in {"self", "cls"}), None)
    if first is None or first.annotation is None:
        return False
    return ast.unparse(first.annotation).strip("'\"").rpartition(".")[2] == "Transaction"


def _refuses(node: ast.Raise) -> bool:
    if node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return ast.unparse(raised).rpartition(".")[2] == "Refused"


def test_no_refusal_is_raised_inside_an_act() -> None:
    faults = broken(raised_refusals, SOURCE)
    assert not faults, told(
        faults,
        "Return the Reason out of the act, let it commit, then `raise Refused(reason)` after it.",
    )


@pytest.mark.parametrize(
    "source",
    [
        """
async def prove(self):
    def act(transaction):
        raise Refused(Reason.LOCKED)
    await self._store.run(act)
""",
        """
async def look(self):
    def query(transaction):
        if not transaction.profiles.find("7"):
            raise refusals.Refused(Reason.NOT_FOUND) from None
    await self._store.read(query)
""",
        """
class Login:
    async def log_in(self):
        await self._store.run(self._decide)
    def _decide(self, act):
        raise Refused(Reason.LOCKED)
""",
        """
class Login:
    async def log_in(self):
        await self._store.run(lambda act: self._decide(act, 1))
    def _decide(self, act, number):
        raise Refused(Reason.LOCKED)
""",
        """
async def log_in(store):
    await store.run(partial(decide, 1))
def decide(number, act):
    raise Refused
""",
        "def decide(transaction: Transaction):\n    raise Refused(Reason.LOCKED)",
        "class Login:\n    def _decide(self, act: ports.Transaction):\n        raise Refused(Reason.LOCKED)",
        "def decide(act: 'Transaction'):\n    def inner():\n        raise Refused(LOCKED)\n    inner()",
    ],
)
def test_the_rule_sees_a_refusal_raised_inside(source: str) -> None:
    assert list(raised_refusals(parsed(source)))


@pytest.mark.parametrize(
    "source",
    [
        """
async def prove(self):
    def act(transaction: Transaction):
        return Reason.LOCKED
    reason = await self._store.run(act)
    if reason:
        raise Refused(reason)
""",
        "def decide(act: Transaction):\n    raise LookupError('a row that must be there')",
        "import asyncio\ndef main():\n    raise Refused(Reason.LOCKED)\nasyncio.run(main)",
        "def judge(profile: AccessProfile):\n    raise Refused(Reason.LOCKED)",
    ],
)
def test_the_rule_lets_pass_a_refusal_after_the_act(source: str) -> None:
    assert not list(raised_refusals(parsed(source)))
