"""SQL is written in ``store/`` and nowhere else."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, broken, dotted, imported, parsed, told

_STATEMENT = re.compile(
    r"\s*(?:select\s.+\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s"
    r"|(?:create|drop|alter)\s+(?:unique\s+)?(?:table|index|trigger|view|schema)\s|pragma\s+\w+"
    r"|begin\s+(?:immediate|exclusive)|savepoint\s+\w+|truncate\s+table\s|vacuum\b)",
    re.IGNORECASE | re.DOTALL,
)


def sql_texts(module: ast.Module) -> Iterator[str]:
    spoken = set(_docstrings(module))
    names = imported(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            if _STATEMENT.match(node.value):
                yield f"{node.lineno} holds SQL: {node.value.strip()[:40]!r}"
        elif isinstance(node, ast.Call) and dotted(node.func, names) == "sqlalchemy.text":
            yield f"{node.lineno} holds SQL: {ast.unparse(node)[:40]}"


def _docstrings(module: ast.Module) -> Iterator[int]:
    for node in ast.walk(module):
        if isinstance(node, ast.Expr):
            yield id(node.value)


def test_no_sql_stands_outside_the_store() -> None:
    faults = broken(sql_texts, SOURCE, but=("store/",))
    assert not faults, told(faults, "Ask a port of service/ports.py; its SQL belongs into store/sql/.")


@pytest.mark.parametrize(
    "source",
    [
        "run('SELECT body FROM profiles')",
        "run('''\n  select *\n  from profiles where x = 1''')",
        "run(f'DELETE FROM {table}')",
        "run('UPDATE profiles SET body = ?')",
        "run('INSERT OR REPLACE INTO marks VALUES (?)')",
        "run('PRAGMA journal_mode = WAL')",
        "run('CREATE UNIQUE INDEX i ON t (a)')",
        "from sqlalchemy import text\nrun(text('SHOW server_version'))",
    ],
)
def test_the_rule_sees_sql(source: str) -> None:
    assert list(sql_texts(parsed(source)))


@pytest.mark.parametrize(
    "source",
    [
        "'''Select the customer from the directory.'''",
        "say('Select a customer.')",
        "say('Update the policy and set it again.')",
        "say('delete the profile')",
        "def find():\n    '''SELECT body FROM profiles'''",
    ],
)
def test_the_rule_lets_pass_plain_sentences(source: str) -> None:
    assert not list(sql_texts(parsed(source)))
