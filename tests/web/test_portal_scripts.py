"""What the portal serves as script is what its sources build, and what the client is built to."""

import filecmp
import json
import sys
from pathlib import Path

from tests.examples.served_bank import ROOT
from tests.web.browsing import HERE, run, typescript

SOURCES = ROOT / "web" / "portal"
STATIC = ROOT / "src" / "aldaba" / "portal" / "static"


def test_the_built_scripts_are_fresh(tmp_path: Path) -> None:
    typescript("--project", str(SOURCES), "--outDir", str(tmp_path))
    built, kept = ({path.name for path in folder.glob("*.js")} for folder in (tmp_path, STATIC))
    assert kept == built == {path.with_suffix(".js").name for path in SOURCES.glob("*.ts")}
    _, different, broken = filecmp.cmpfiles(tmp_path, STATIC, built, shallow=False)
    assert not different + broken, "run tsc -p web/portal"


def test_the_copies_of_the_client_and_the_vectors_are_fresh() -> None:
    run(sys.executable, str(ROOT / "sdk" / "typescript" / "bring_to_portal.py"), "--check", folder=ROOT)


def test_portal_and_client_are_built_by_the_same_compiler() -> None:
    here, client = (
        json.loads((folder / "package.json").read_text("utf-8"))["devDependencies"]["typescript"]
        for folder in (HERE, ROOT / "sdk" / "typescript")
    )
    assert here == client
