"""Every error has its page in both languages; pages run no script, ask nobody else, escape what they say."""

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from aldaba.api.refusals import Refusals
from aldaba.contract import ErrorRow, Language, load
from aldaba.domain.refusals import Reason
from aldaba.pages.assets import asset_routes
from aldaba.pages.language import Chosen
from aldaba.pages.words import LANGUAGES
from aldaba.portal.pages import Pages, error_path
from aldaba.portal.routes import Portal
from aldaba.portal.wording import unexplained, wording

CONTRACT = load()
ADDRESS = "http://127.0.0.1:8080"
RECIPES = [
    {
        "operation": "login",
        "status": 401,
        "code": "6666",
        "recipe": "Log in <twice> with & wrong",
        "customer": "15000030",
    }
]
ROWS = [(operation.id, row) for operation in CONTRACT.operations.values() for row in operation.errors]
SPANISH = Chosen("es", by_hand=False)
VOID = {"meta", "link", "br"}


class Marks(HTMLParser):
    """What a page is made of: tags that must balance, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "script":
            self.scripts.append(dict(attrs).get("src") or "inline")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"href", "src", "action"}:
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def marks(text: str) -> Marks:
    read = Marks()
    read.feed(text)
    read.close()
    assert read.open == []
    return read


def portal(**options: object) -> Starlette:
    pages = Portal(CONTRACT, ADDRESS, **options).routes()  # type: ignore[arg-type]
    return Starlette(routes=[*asset_routes("aldaba.pages", "/assets"), *pages])


def get(path: str, app: Starlette | None = None, *, accept_language: str = "") -> httpx.Response:
    async def visit() -> httpx.Response:
        transport = httpx.ASGITransport(app or portal(recipes=RECIPES))
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
            return await http.get(path, headers={"accept-language": accept_language})

    return asyncio.run(visit())


def error_page(operation: str, row: ErrorRow, language: Language, pages: Pages | None = None) -> str:
    made = pages or Pages(CONTRACT, ADDRESS, RECIPES)
    page = made.error(operation, str(row.status), row.code, Chosen(language, by_hand=False))
    assert page is not None
    return page


def test_every_code_is_explained_and_nothing_else_is() -> None:
    assert unexplained(CONTRACT) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_has_its_page(language: Language) -> None:
    for operation, row in ROWS:
        page = error_page(operation, row, language)
        read = marks(page)
        assert f'<html lang="{language}">' in page
        assert all(address.startswith("/assets/") for address in read.scripts)
        assert "style" not in read.attributes
        explained = wording().explanation(operation, row)
        for said in (explained.meaning, explained.cure, explained.location):
            assert said[language] in unescape(page)


def all_addresses() -> Iterator[str]:
    pages = Pages(CONTRACT, ADDRESS, RECIPES)
    for language in LANGUAGES:
        yield from marks(pages.start(Chosen(language, by_hand=True))).addresses
        for operation, row in ROWS[::7]:
            yield from marks(error_page(operation, row, language, pages)).addresses


def test_no_page_asks_anybody_else() -> None:
    addresses = set(all_addresses())
    assert addresses
    assert all(re.match(r"/(?!/)|#", address) for address in addresses)


def test_links_between_pages_lead_somewhere() -> None:
    app = portal(recipes=RECIPES)
    elsewhere = ("/sandbox/", "/.well-known/")
    for address in sorted(set(all_addresses())):
        if address.startswith(elsewhere) or address.startswith("#"):
            continue
        assert get(address, app).status_code == 200, address


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/errors/login/401/6666", "/docs/nothing", "/assets/house.css"]
)
def test_every_answer_carries_the_strict_policy(path: str) -> None:
    headers = get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src 'self'" in policy
    assert not any("unsafe" in rule or "http" in rule for rule in policy)
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "query", "language"),
    [
        ("", "", "es"),
        ("en", "", "en"),
        ("en-GB,en;q=0.9", "", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "", "es"),
        ("fr, en;q=0.5", "", "en"),
        ("*", "", "es"),
        ("en;q=0", "", "es"),
        ("en", "?lang=es", "es"),
        ("es", "?lang=en", "en"),
        ("en", "?lang=fr", "en"),
        ("en;q=1.2.3, es;q=0.1", "", "es"),
    ],
)
def test_pages_speak_the_readers_language(asked: str, query: str, language: str) -> None:
    answer = get(f"/docs{query}", accept_language=asked)
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert f'<html lang="{language}">' in answer.text


def test_a_language_chosen_by_hand_stays_chosen() -> None:
    chosen = marks(get("/docs?lang=en").text).addresses
    assert "/docs/errors/login/401/6666?lang=en" in chosen
    assert "/docs/errors/login/401/6666" in marks(get("/docs").text).addresses


@pytest.mark.parametrize(
    "path",
    [
        "/docs/errors/login/401/nothing",
        "/docs/errors/login/402/6666",
        "/docs/errors/nobody/401/6666",
        "/docs/errors/login/0401/6666",
        f"/docs/errors/login/{'9' * 5000}/6666",
        "/docs/errors/credentials_status/400/invalidRequest",
        "/docs/errors/login/401/%3Cb%3E",
        "/docs/nothing",
        "/docs/",
    ],
)
def test_what_no_operation_answers_has_no_page(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<b>" not in answer.text


@pytest.mark.parametrize("reason", list(Reason))
def test_every_more_info_the_server_gives_is_a_page(reason: Reason) -> None:
    refusals, pages = Refusals(CONTRACT, ADDRESS), Pages(CONTRACT, ADDRESS)
    for operation in CONTRACT.operations.values():
        try:
            row = refusals.row(operation.id, reason, None)
        except KeyError:
            continue  # a reason this operation never gives
        path = error_path(operation.id, row)
        *_, status, code = urlsplit(path).path.split("/")
        assert pages.error(operation.id, status, unquote(code), SPANISH)


def test_a_common_row_is_told_as_one() -> None:
    told = wording().words["common_row"]["en"]
    assert told in unescape(get("/docs/errors/prelogin_v1/401/unAuthorized?lang=en").text)
    assert told not in unescape(get("/docs/errors/login/401/unAuthorized?lang=en").text)


def test_a_recipe_is_told_escaped_and_only_on_its_row() -> None:
    page = get("/docs/errors/login/401/6666").text
    assert "Log in &lt;twice&gt; with &amp; wrong" in page
    assert "15000030" in page
    assert "15000030" not in get("/docs/errors/login/401/8006").text


def test_the_address_of_the_server_is_escaped() -> None:
    page = Pages(CONTRACT, 'http://bank.example/"><script>', None).start(SPANISH)
    assert "inline" not in marks(page).scripts


def test_details_are_told_in_both_languages() -> None:
    for language in LANGUAGES:
        page = get(f"/docs/errors/login/404/userIdNotFound?lang={language}").text
        assert "Master userID not found" in page
        assert "No se encontró el identificador maestro del usuario" in page


def test_outside_a_sandbox_no_page_leads_into_one() -> None:
    app = portal()
    assert not [address for address in marks(get("/docs", app).text).addresses if "sandbox" in address]


def test_the_table_tells_what_is_served() -> None:
    text = get("/docs?lang=en", portal(served=frozenset({"login"}))).text
    words = wording().words
    assert text.count(f">{words['served']['en']}<") == 1
    assert text.count(f">{words['next']['en']}<") == len(CONTRACT.operations) - 1
    assert marks(text).ids.index("login") < marks(text).ids.index("unlock_access")


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance of ``#rrggbb``."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "good", "bad"])
def test_text_stands_out_from_its_ground(scheme: str, ground: str, text: str) -> None:
    light, dark = re.findall(
        r'^:root(?:\[data-bs-theme="dark"\])? \{([^}]+)\}', get("/assets/house.css").text, re.MULTILINE
    )
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", light if scheme == "light" else dark))
    lower, higher = sorted(luminance(colours[name]) for name in (ground, text))
    assert (higher + 0.05) / (lower + 0.05) >= 4.5


def test_the_table_names_every_operation_once() -> None:
    ids = marks(get("/docs").text).ids
    assert len(ids) == len(set(ids))
    assert set(CONTRACT.operations) <= set(ids)
