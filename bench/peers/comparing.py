"""The peers one after the other, and how the server stands beside the best of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bench.figures import Comparison, Peers, PeerWork, Work
from bench.peers import better_auth, privacyidea
from bench.peers.installing import Absent
from bench.peers.measuring import Peer

Measure = Callable[[Peer, Path], Awaitable[None]]

PEERS: Mapping[str, Measure] = {privacyidea.NAME: privacyidea.measure, better_auth.NAME: better_auth.measure}
MISREAD = (LookupError, ValueError, TypeError, AssertionError)
"""What reading the answers of a release that answers otherwise comes to."""
WANTED = (
    ("login", "login by password", 1.5),
    ("code", "validate_challenge", 50.0),
    ("session", "introspection", 10.0),
)
"""Which work of ours stands beside a kind of theirs, and how many times the best of them is wanted."""


async def measure_peers(
    seconds: float,
    folder: Path,
    works: Sequence[Work],
    tell: Callable[[str], object],
    known: Mapping[str, Measure] = PEERS,
) -> Peers:
    """What each peer does in so many seconds for each work; one that cannot says why, and hinders nobody."""
    found = Peers()
    for name, measure in known.items():
        tell(f"{name}: installing, which takes minutes the first time")
        peer = Peer(name, seconds, tell)
        try:
            await measure(peer, folder / f"peer-{name}")
        except (Absent, RuntimeError, OSError, *MISREAD) as failed:
            found.absent[name] = str(failed) or type(failed).__name__
        found.releases[name] = peer.version
        found.works += peer.works
    found.comparisons = compare(works, found.works)
    return found


def compare(works: Sequence[Work], peers: Sequence[PeerWork]) -> list[Comparison]:
    """A line for each kind that somebody of the peers does: the best of ours beside the best of theirs."""
    lines = []
    for kind, name, wanted in WANTED:
        ours = max((work for work in works if work.name == name), key=lambda work: work.rate, default=None)
        best = max((each for each in peers if each.kind == kind), key=lambda each: each.rate, default=None)
        if ours is not None and best is not None:
            about = f"{best.peer}: {best.work}"
            ratios = ours.rate / best.rate, best.server_us / ours.server_us
            lines.append(Comparison(name, ours.rate, about, best.rate, *ratios, wanted))
    return lines
