"""``make bench``: measures every work against its limit in one run, prints a table and writes JSON."""

import sys
import tempfile
from pathlib import Path

import click
import uvloop

from bench.figures import Figures, wide_console
from bench.measuring import FULL, LARGE, QUICK
from bench.peers.comparing import measure_peers
from bench.processes import ROOT
from bench.works import run

BUILD = ROOT / "build"
PEER_SECONDS = 8.0
"""For each work of a peer at each number in flight."""


@click.command()
@click.option("--quick", is_flag=True, help="About a minute: 32 in flight only, no growth.")
@click.option("--large", is_flag=True, help="Growth to a million customers as well: some minutes more.")
@click.option("--peers", is_flag=True, help="Other servers too; the first time they are installed.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Default: build/bench-FORM.json.")
def main(path: Path | None, *, quick: bool, large: bool, peers: bool) -> None:
    """Measure the server against what the machine allows."""
    scale = QUICK if quick else LARGE if large else FULL
    console = wide_console()
    figures = Figures(scale.name, " ".join(["python -m bench", *sys.argv[1:]]))
    written = path or BUILD / f"bench-{scale.name}.json"
    BUILD.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder,
        console.status("…") as status,
    ):
        uvloop.run(run(scale, Path(folder), figures, status.update))
        figures.write(written)
        if peers:
            works = figures.works
            figures.peers = uvloop.run(measure_peers(PEER_SECONDS, Path(folder), works, status.update))
            figures.write(written)
    figures.show(console)
    console.print(f"Written to {written.relative_to(ROOT) if written.is_relative_to(ROOT) else written}")


if __name__ == "__main__":
    main()
