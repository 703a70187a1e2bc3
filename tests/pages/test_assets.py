"""Assets come from the package, unchanged, under the strict policy."""

import asyncio
import re
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import aldaba
from aldaba.pages.assets import asset_routes

PACKAGE = Path(aldaba.__file__).parent
VENDORED = sorted(PACKAGE.glob("*/static/vendored"))
APP = Starlette(routes=list(asset_routes("aldaba.pages", "/assets")))


def get(path: str, **headers: str) -> httpx.Response:
    async def visit() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://house") as http:
            return await http.get(path, headers=headers)

    return asyncio.run(visit())


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parent.parent.name)
def test_vendored_parts_are_what_their_list_says_and_carry_their_licence(folder: Path) -> None:
    told = dict(
        re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    found = {
        file.name: sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.suffix in {".js", ".css"}
    }
    assert found == told
    assert len(list(folder.glob("*LICENSE*"))) >= 1


def test_an_asset_is_kept_and_asked_again_by_its_tag() -> None:
    first = get("/assets/house.css")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/css")
    assert "script-src 'self'" in first.headers["content-security-policy"]
    again = get("/assets/house.css", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/README.md", "/assets/../texts.yaml", "/assets/vendored"]
)
def test_nothing_else_of_the_package_is_served(path: str) -> None:
    assert get(path).status_code == 404
