"""An hour of mixed load at a steady pace: at its end the server holds no more, and is as quick as before."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.crash.served import served
from tests.scorecard.card import Card
from tests.scorecard.soaking import JOURNEYS_A_SECOND, Sample, Soak, Soaked

ROOMY = {
    "ALDABA__POLICY__CERTIFICATION__SENDS_PER_APPLICATION_AND_HOUR": "100000",
    "ALDABA__POLICY__HASH__MEMORY_KIB": "1024",
}
MIB = 1024 * 1024
DATABASE_BYTES_AN_ANSWER = 4096
"""What is kept of an answer: audit rows for good, marks and sessions for a while."""
WAL_BYTES = 32 * MIB


def test_a_soak_leaves_no_trace_but_its_records(tmp_path: Path, card: Card) -> None:
    seconds = card.either(20.0, 3600.0)
    with served(tmp_path, **ROOMY) as server:
        found = asyncio.run(Soak(server, seconds).run(card.progress))
        assert b"Traceback" not in server.output()
        assert server.aldaba("audit", "verify")["intact"] is True
        assert server.stop() == 0
    answered(card, found)
    held(card, found)
    kept_on_disk(card, found)
    quickness(card, found)


def answered(card: Card, found: Soaked) -> None:
    wrong, many = found.unexpected, len(found.latencies)
    card.tell(
        "Load and time",
        f"unexpected answers in {found.seconds:.0f} s of {JOURNEYS_A_SECOND} mixed journeys a second",
        reach=0,
        measured=f"{len(wrong)} of {many} answers{''.join(f'; {each}' for each in wrong[:3])}",
        kept=not wrong and found.journeys.total() >= 0.95 * found.seconds * JOURNEYS_A_SECOND,
    )


def held(card: Card, found: Soaked) -> None:
    """Most in the last sixth against most in the second: by then everything has been used once."""
    before, after = found.between(1 / 6, 1 / 3), found.between(5 / 6, 1.01)
    bounds: dict[str, tuple[Callable[[Sample], int], float]] = {
        "MiB of memory": (lambda each: each.resident // MIB, 16),
        "open handles": (lambda each: each.handles, 8),
        "threads": (lambda each: each.threads, 4),
    }
    for what, (measure, more) in bounds.items():
        early, late = max(map(measure, before)), max(map(measure, after))
        card.tell(
            "Load and time",
            f"{what} held by the server in the last sixth of the soak, against the second sixth",
            reach=f"at most {more} more",
            measured=f"{late}, before {early}",
            kept=late <= early + more,
        )


def kept_on_disk(card: Card, found: Soaked) -> None:
    first, last = found.samples[0], found.samples[-1]
    each = (last.database - first.database) / len(found.latencies)
    wal = max(sample.wal for sample in found.samples)
    card.tell(
        "Load and time",
        "growth of the database for each answer of the soak, and the longest its log grew",
        reach=f"≤ {DATABASE_BYTES_AN_ANSWER} bytes, ≤ {WAL_BYTES // MIB} MiB",
        measured=f"{each:.0f} bytes, {wal / MIB:.1f} MiB",
        kept=each <= DATABASE_BYTES_AN_ANSWER and wal <= WAL_BYTES,
    )


def quickness(card: Card, found: Soaked) -> None:
    early, late = found.p99(0, 1 / 6), found.p99(5 / 6, 1.01)
    times, more = card.either((4.0, 400.0), (1.5, 10.0))
    card.tell(
        "Load and time",
        "p99 of the answers of the soak's last sixth, against its first",
        reach=f"≤ {times} × the first + {more:.0f} ms",
        measured=f"{late:.1f} ms, before {early:.1f} ms",
        kept=late <= times * early + more,
    )
