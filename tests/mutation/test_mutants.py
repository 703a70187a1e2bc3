"""The mutants are the mistakes meant, the same ones each time, and a test that looks kills them."""

import ast
from pathlib import Path

import pytest
from tests.mutation.mutants import mutants, sample
from tests.mutation.plan import PLAN, ROOT, SOURCE
from tests.mutation.trying import Fate, tried


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("a = b < c", ["b <= c"]),
        ("a = b is not None", ["b is None"]),
        ("a = b not in c", ["b in c"]),
        ("a = b + c", ["b - c"]),
        ("a = b and c", ["b or c"]),
        ("a = not b", ["b"]),
        ("a = True", ["False"]),
        ("a = 3", ["4", "2"]),
        ("a = min(b)", ["max(b)"]),
        ("def a():\n    return b", ["return None"]),
        ("def a():\n    return None", []),
        ("raise b", ["pass"]),
        ("a()", ["pass"]),
        ("if a:\n    pass", ["if not a:"]),
        ("a = [b for b in c if b]", [" for b in c if not b"]),
        ("'A sentence.'\na: int = b", []),
        ("@a(b=True)\ndef c(d: e[3]) -> f[4]:\n    pass", []),
    ],
)
def test_each_mistake_is_made_once_and_nothing_that_does_not_run_is_touched(
    source: str, made: list[str]
) -> None:
    assert [mutant.became for mutant in mutants(source)] == made


def test_a_mutant_is_the_whole_module_with_one_mistake() -> None:
    source = "def older(a, b):\n    return a > b\n\n\nLIMIT = 3"
    changed = [ast.unparse(mutant.module) for mutant in mutants(source)]
    assert changed[0] == ast.unparse(ast.parse(source.replace("return a > b", "return None")))
    assert changed[1] == ast.unparse(ast.parse(source.replace(">", ">=")))
    assert len(set(changed)) == len(changed) == 4


def test_a_sample_is_the_same_each_time_in_the_order_of_lines() -> None:
    every = mutants((SOURCE / "aldaba" / "domain" / "otp.py").read_text("utf-8"))
    some = sample(every, 10)
    assert [str(mutant) for mutant in some] == [str(mutant) for mutant in sample(every, 10)]
    assert [mutant.line for mutant in some] == sorted(mutant.line for mutant in some)
    assert len(some) == 10
    assert sorted(map(str, sample(every, 10_000))) == sorted(map(str, every))


@pytest.mark.parametrize(
    ("tests", "fate"),
    [("assert grown(1) == 2", Fate.KILLED), ("assert grown", Fate.SURVIVED), ("grown(-1)", Fate.TIMED_OUT)],
)
def test_who_looks_kills_and_who_does_not_lets_live(tmp_path: Path, tests: str, fate: Fate) -> None:
    """A module of its own; a mutant that never ends is given up."""
    module = tmp_path / "growing_by_one.py"
    module.write_text("", "utf-8")
    (tmp_path / "test_growing.py").write_text(
        f"from growing_by_one import grown\n\n\ndef test_it() -> None:\n    {tests}\n", "utf-8"
    )
    mutant = ast.parse("def grown(a):\n    while a < 0:\n        pass\n    return a - 1")
    assert tried("growing_by_one", module, mutant, [str(tmp_path)], 6)[0] is fate


@pytest.mark.parametrize("module", PLAN)
def test_the_plan_names_what_is_there(module: str) -> None:
    assert (SOURCE / "aldaba" / module).is_file()
    for test in PLAN[module]:
        assert (ROOT / test).is_file()
