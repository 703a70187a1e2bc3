"""Two nodes are measured beside one, on databases they share."""

from pathlib import Path

import uvloop
from bench.figures import Figures
from bench.front_ends import PASSWORD
from bench.measuring import SMALLEST, Run
from bench.nodes import CALLS, Comparing
from tests.postgres import PostgresServer
from tests.valkey_server import Valkey

from bench import limits


def test_one_node_and_two_are_measured(
    tmp_path: Path, postgres_server: PostgresServer, valkey: Valkey
) -> None:
    figures = Figures("nodes", "test")
    going = Run(SMALLEST, tmp_path, figures, lambda _: None, limits.argon2_hash(PASSWORD))
    uvloop.run(Comparing(going, postgres_server).measure(valkey))
    store = "PostgreSQL and Valkey"
    assert {work.name for work in figures.works} == {
        f"{call}; {store}, nodes: {count}" for call in CALLS for count in (1, 2)
    }
    assert all(work.answers > 0 and work.rate > 0 and work.server_us > 0 for work in figures.works)
    ratios = [value for name, value in figures.others.items() if "two nodes ÷ one" in name]
    assert len(ratios) == 2 * len(CALLS)
    assert min(ratios) > 0
