"""Each part lost while fifty requests a second are served: nothing answered is lost, nothing opens twice."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from tests.faults.ground import Ground, may_mount
from tests.faults.kinds import KINDS
from tests.faults.rounds import BACK_SECONDS, play
from tests.scorecard.card import Card

ANSWER_SECONDS = 10.0
SMALL = may_mount()
"""Only root may mount the small disk; elsewhere ``tests/crash/test_full_disk.py`` fills SQLite's."""

ONE_GROUND = ("node", "database", "sessions", "clock", "upgrade")
OTHER_GROUND = ("network", *(("disk",) if SMALL else ()))
pytestmark = pytest.mark.xdist_group("faults")
Make = Callable[..., Ground]


@pytest.fixture(scope="module")
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    long = request.config.getoption("--scorecard") is not None and not request.config.getoption("--short")

    def made(*kinds: str, **how: bool) -> Ground:
        customers = sum(KINDS[kind].customers for kind in kinds) * (10 if long else 1)
        return Ground(tmp_path_factory.mktemp("ground"), customers, **how)

    return made


@pytest.fixture(scope="module")
def ground(make: Make) -> Iterator[Ground]:
    with make(*ONE_GROUND).opened() as ground:
        yield ground


@pytest.fixture(scope="module")
def troubled(make: Make) -> Iterator[Ground]:
    """One whose lines may turn bad, and whose disk may be filled."""
    with make(*OTHER_GROUND, relayed=True, small=SMALL).opened() as ground:
        yield ground


@pytest.mark.parametrize("name", ONE_GROUND)
def test_a_part_lost_costs_nobody_anything_that_was_answered(ground: Ground, card: Card, name: str) -> None:
    keep_every_promise(ground, card, name)


@pytest.mark.parametrize("name", OTHER_GROUND)
def test_a_bad_line_or_a_full_disk_costs_nobody_anything_that_was_answered(
    troubled: Ground, card: Card, name: str
) -> None:
    keep_every_promise(troubled, card, name)


def keep_every_promise(ground: Ground, card: Card, name: str) -> None:
    rounds, kind = card.either(1, 10), KINDS[name]
    found = asyncio.run(play(ground, kind, rounds))
    # Enough to mean something, also of what the fault is about.
    assert found.did["logins"] >= 5 * rounds
    assert found.did["passwords kept"] >= 10 * rounds
    refused = found.unavailable + found.cut
    assert refused == 0 if kind.harmless else refused > 0 or name == "clock"
    for group, promise in (
        ("Durability", "answers lost"),
        ("Guessing", "looks beyond the limit"),
        ("Once", "codes, responses or requests accepted twice"),
    ):
        card.tell(
            group,
            f"{kind.title}: {promise}",
            reach=f"0 in {rounds} rounds",
            measured=f"0 of {found.answers} answers, {found.unavailable} of them 500",
            kept=found.rounds == rounds,
        )
    back, slowest = round(found.longest, 1), round(found.slowest, 1)
    card.at_most("Load and time", f"{kind.title}: first success after it", BACK_SECONDS, back, " s")
    card.at_most("Load and time", f"{kind.title}: slowest answer", ANSWER_SECONDS, slowest, " s")
