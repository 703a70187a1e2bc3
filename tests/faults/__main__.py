"""Rounds of one fault by hand: ``python -m tests.faults KIND ROUNDS``; ``kinds.py`` has the kinds."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.ground import Ground
from tests.faults.kinds import KINDS
from tests.faults.rounds import play


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("kind", choices=KINDS)
    asked.add_argument("rounds", type=int, nargs="?", default=3)
    wanted = asked.parse_args()
    kind = KINDS[wanted.kind]
    with tempfile.TemporaryDirectory() as place:
        ground = Ground(
            Path(place), kind.customers * wanted.rounds, relayed=kind.relayed, small=kind.small_disk
        )
        with ground.opened():
            found = asyncio.run(play(ground, kind, wanted.rounds))
    for name in ("rounds", "answers", "unavailable", "cut", "longest", "slowest"):
        sys.stdout.write(f"{name}: {getattr(found, name)}\n")
    sys.stdout.writelines(f"  {name}: {count}\n" for name, count in sorted(found.did.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
