"""Interleaved timings of cases that must not be told apart, and how far apart they are."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

Case = Callable[[], Awaitable[Callable[[], Awaitable[object]]]]
"""Prepares one sample, untimed, and gives what is to be timed."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What the quickest fifth stay below, in milliseconds by case: load on the machine shows least there."""

    quickest: Mapping[str, float]
    samples: int

    @property
    def apart_ms(self) -> float:
        return max(self.quickest.values()) - min(self.quickest.values())

    @property
    def apart_share(self) -> float:
        return self.apart_ms / min(self.quickest.values())

    def told(self) -> str:
        each = ", ".join(f"{name} {value:.3f}" for name, value in self.quickest.items())
        apart = f"{self.apart_ms:.3f} ms ({self.apart_share:.1%})"
        return f"{apart}; {self.samples} samples; quickest fifth in ms: {each}"


async def spread(cases: Mapping[str, Case], rounds: int, seed: int = 1) -> Spread:
    """Every case once a round, in an order drawn anew, so that whatever drifts drifts for all."""
    chance = Random(seed)  # noqa: S311 - an order, drawn the same every time
    taken: dict[str, list[float]] = {name: [] for name in cases}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in chance.sample(sorted(cases), len(cases)):
                act = await cases[name]()
                began = time.perf_counter()
                await act()
                taken[name].append((time.perf_counter() - began) * 1000)
    finally:
        gc.enable()
    return Spread(
        {name: statistics.quantiles(times, n=5)[0] for name, times in taken.items()}, rounds * len(cases)
    )
