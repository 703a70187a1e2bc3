"""Tries the mutants of the house's rules, algorithms and use cases, and tells which no test noticed.

``python -m tests.mutation [MODULE …] [--most N] [--minutes M]``; ``make mutants`` runs all of the plan.
What was found goes to ``build/mutants.json`` as well.
"""

import argparse
import ast
import json
import sys
import time
from collections import Counter

from tests.mutation.mutants import Mutant, mutants, sample
from tests.mutation.plan import PLAN, ROOT, SOURCE, named
from tests.mutation.trying import Fate, tried

PATIENCE = 6
"""A mutant may take so many times as long as the module itself, and some seconds more."""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument("modules", nargs="*", metavar="MODULE", help="as in the plan; all of it if none")
    asked.add_argument("--most", type=int, default=60, help="mutants of one module (60)")
    asked.add_argument("--minutes", type=float, default=120, help="begin no module after so many (120)")
    wanted = asked.parse_args()
    until = time.monotonic() + 60 * wanted.minutes
    told = {}
    for module in wanted.modules or PLAN:
        if module not in PLAN:
            asked.error(f"{module} is not in tests/mutation/plan.py")
        if time.monotonic() > until:
            sys.stdout.write(f"{module}: not run, the time is up\n")
            continue
        told[module] = _module(module, wanted.most)
    file = ROOT / "build" / "mutants.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _module(module: str, most: int) -> dict[str, object]:
    path = SOURCE / "aldaba" / module
    source = path.read_text("utf-8")
    fate, seconds = tried(named(module), path, ast.parse(source), PLAN[module], 600)
    if fate is not Fate.SURVIVED:
        raise SystemExit(f"{module}: its tests fail without any mutant: {' '.join(PLAN[module])}")
    every = mutants(source)
    found: list[tuple[Mutant, Fate]] = []
    for mutant in sample(every, most):
        fate, _ = tried(named(module), path, mutant.module, PLAN[module], PATIENCE * seconds + 10)
        found.append((mutant, fate))
        if fate is Fate.SURVIVED:
            sys.stdout.write(f"{module}:{mutant}\n")
            sys.stdout.flush()
    count = Counter(fate for _, fate in found)
    killed = count[Fate.KILLED] + count[Fate.TIMED_OUT]
    sys.stdout.write(f"{module}: {len(every)} mutants, {len(found)} tried, {killed} killed\n")
    sys.stdout.flush()
    return {
        "mutants": len(every),
        "tried": len(found),
        "killed": killed,
        "timed out": count[Fate.TIMED_OUT],
        "survived": [str(mutant) for mutant, fate in found if fate is Fate.SURVIVED],
    }


if __name__ == "__main__":
    sys.exit(main())
