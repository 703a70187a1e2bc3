"""Whether answers to requests sent at once can be explained: by some order in which the rules allow each.

The check of linearizability by Wing and Gong (1993), on small batches between which nothing is under way.
"""

from collections.abc import Iterable, Sequence

from tests.histories.asked import Batch, Done
from tests.histories.state import State
from tests.histories.verdicts import after


def explained(states: Iterable[State], batch: Batch) -> list[State]:
    """Every state that some order of the requests leads to, from any of these; none is a violation."""
    begun = [state.at(batch.now) for state in states]
    ways: dict[frozenset[int], list[State]] = {frozenset(): list(dict.fromkeys(begun))}
    everything = frozenset(range(len(batch.done)))
    for _ in batch.done:
        ways = _one_more(ways, everything, batch)
    ended = ways.get(everything, [])
    return [state for state in ended if sorted(state.told) == sorted(batch.messages)]


def _one_more(
    ways: dict[frozenset[int], list[State]], everything: frozenset[int], batch: Batch
) -> dict[frozenset[int], list[State]]:
    """The requests already placed, each set with the states it may have led to, grown by one request."""
    grown: dict[frozenset[int], dict[State, None]] = {}
    for placed, states in ways.items():
        for number in sorted(everything - placed):
            reached = dict.fromkeys(_reached(states, batch.done[number], batch))
            if reached:
                grown.setdefault(placed | {number}, {}).update(reached)
    return {placed: list(states) for placed, states in grown.items()}


def _reached(states: Sequence[State], done: Done, batch: Batch) -> Iterable[State]:
    for state in states:
        yield from after(state, done, batch)
