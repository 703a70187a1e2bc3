"""Random concurrent histories against two nodes: no answer breaks a rule of lock, code, uuid or session.

What rules are meant stands in the model (``state.py``, ``verdicts.py`` and its neighbours), which was written
from them and knows nothing of the server.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.databases import database_settings
from tests.histories.moves import HISTORIES, Moment
from tests.histories.nodes import Nodes, nodes
from tests.histories.playing import Play, Violation
from tests.scorecard.card import Card

HAPPENS = {
    "login: 200": 0.4,
    "login: 401 8006": 0.05,
    "login: 401 8008": 0.15,
    "logout: 204": 0.02,
    "respond: 200": 0.02,
    "new access: 204": 0.05,
    "new access: 401 credentialValidtionFailed": 0.15,
}
"""How often in a history, at the least, on the average: else nothing is proved."""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with database_settings("postgres+valkey", request) as given:
        yield given


def test_random_histories_break_no_rule(tmp_path: Path, database: dict[str, str], card: Card) -> None:
    histories = card.either(500, 10_000)
    seen, broken = Counter[str](), list[str]()

    with asyncio.Runner() as runner:
        opened = nodes(tmp_path, database)
        both: Nodes = runner.run(opened.__aenter__())

        @settings(
            max_examples=histories,
            deadline=None,
            database=None,
            derandomize=not card.full,
            # What raced once need not race again: nothing is shrunk, the first violation is told as it was.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(HISTORIES)
        def history(moments: list[Moment]) -> None:
            if broken:
                return
            seen["histories"] += 1
            try:
                runner.run(Play(both, seen["histories"], seen).play(moments))
            except Violation as violation:
                broken.append(str(violation))
            card.progress(seen["histories"], histories, "histories")

        try:
            history()
        finally:
            runner.run(opened.__aexit__(None, None, None))
    sys.stdout.write("".join(broken))
    promise = "rules broken in random concurrent histories on two nodes"
    told = f"{promise}, {seen['histories']} histories, {seen['steps']} requests"
    kept = not broken and seen["steps"] >= 15 * histories
    card.tell("Steps and sessions", told, reach=0, measured=len(broken), kept=kept)
    rare = {what: seen[what] for what, often in HAPPENS.items() if seen[what] < often * histories}
    assert not rare, (rare, seen)
