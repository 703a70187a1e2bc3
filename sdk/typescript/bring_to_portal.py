"""Brings the built client and the vectors to the developer portal, which serves them from the package.

Run without options it copies; with ``--check`` it ends with 1 when a copy is stale.
"""  # noqa: INP001 - a script beside the package

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src" / "aldaba" / "portal" / "static"
COPIED = {
    "sdk": sorted((ROOT / "sdk" / "typescript" / "dist").glob("*.js")),
    "vectors": [ROOT / "vectors" / "e2e.json"],
}


def main() -> int:
    """Copy the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether a copy is stale")
    if parser.parse_args().check:
        if any(stale(folder, files) for folder, files in COPIED.items()):
            sys.stderr.write("the portal's copies are stale: run python sdk/typescript/bring_to_portal.py\n")
            return 1
        return 0
    for folder, files in COPIED.items():
        bring(STATIC / folder, files)
    return 0


def stale(folder: str, files: list[Path]) -> bool:
    """Whether the copies are not exactly these files."""
    wanted = {file.name: file.read_bytes() for file in files}
    return wanted != {file.name: file.read_bytes() for file in (STATIC / folder).glob("*")}


def bring(folder: Path, files: list[Path]) -> None:
    """The folder holds these files and no other afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
