"""``make bench``: measures every work against its limit in one run, prints a table and writes JSON."""

import sys
import tempfile
from pathlib import Path

import click
import uvloop
from rich.console import Console

from bench.figures import Figures
from bench.measuring import FULL, LARGE, QUICK
from bench.processes import ROOT
from bench.works import run

BUILD = ROOT / "build"


@click.command()
@click.option("--quick", is_flag=True, help="Under 40 seconds; no growth.")
@click.option("--large", is_flag=True, help="Growth to a million customers as well: some minutes more.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Default: build/bench-FORM.json.")
def main(path: Path | None, *, quick: bool, large: bool) -> None:
    """Measure the server against what the machine allows."""
    scale = QUICK if quick else LARGE if large else FULL
    console = Console(width=170 if not sys.stdout.isatty() else None)
    figures = Figures(scale.name, " ".join(["python -m bench", *sys.argv[1:]]))
    BUILD.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder,
        console.status("…") as status,
    ):
        uvloop.run(run(scale, Path(folder), figures, status.update))
    figures.show(console)
    written = path or BUILD / f"bench-{scale.name}.json"
    figures.write(written)
    console.print(f"Written to {written.relative_to(ROOT) if written.is_relative_to(ROOT) else written}")


if __name__ == "__main__":
    main()
