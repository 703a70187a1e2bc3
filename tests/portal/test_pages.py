"""Every error has its page in both languages; pages run no script, ask nobody else, escape what they say."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
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
from aldaba.portal.flows import flows
from aldaba.portal.pages import VIEWERS, Pages, error_path
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
VOID = {"meta", "link", "br", "input"}


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
    pages = Portal(CONTRACT, ADDRESS, **options).routes()  # type: ignore[arg-type]  # a test names the options it gives
    assets = [*asset_routes("aldaba.pages", "/assets"), *asset_routes("aldaba.portal", "/docs/assets")]
    return Starlette(routes=[*assets, *pages])


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


def every_page(pages: Pages, wanted: Chosen) -> Iterator[str]:
    """Every kind of page but those of errors."""
    yield from (pages.start(wanted), pages.e2e(wanted), pages.journeys(wanted), pages.sdks(wanted))
    yield pages.errors(wanted)
    found = [
        *(pages.try_it(wanted, flow) for flow in ("", *flows().flows)),
        *(pages.reference(wanted, tool) for tool in ("", *VIEWERS)),
        *(pages.operation(wanted, operation) for operation in CONTRACT.operations),
    ]
    for page in found:
        assert page is not None
        yield page


def all_addresses() -> Iterator[str]:
    pages = Pages(CONTRACT, ADDRESS, RECIPES)
    for language in LANGUAGES:
        for page in every_page(pages, Chosen(language, by_hand=True)):
            yield from marks(page).addresses
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
    "path",
    [
        *("/docs", "/docs/try", "/docs/reference", "/docs/operations/login", "/docs/e2e", "/docs/journeys"),
        *("/docs/sdks", "/docs/errors", "/docs/errors/login/401/6666", "/docs/nothing", "/assets/house.css"),
        "/docs/assets/try.js",
    ],
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
    chosen = marks(get("/docs/reference?lang=en").text).addresses
    assert "/docs/errors/login/401/6666?lang=en" in chosen
    assert "/docs/errors/login/401/6666" in marks(get("/docs/reference").text).addresses


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
        "/docs/try/nothing",
        "/docs/operations/nothing",
        "/docs/reference/nothing",
        "/docs/assets/vendored/README.md",
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
    text = get("/docs/reference?lang=en", portal(served=frozenset({"login"}))).text
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
    ids = marks(get("/docs/reference").text).ids
    assert len(ids) == len(set(ids))
    assert set(CONTRACT.operations) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_markup_without_styles_or_scripts_of_its_own(language: Language) -> None:
    for page in every_page(Pages(CONTRACT, ADDRESS, RECIPES), Chosen(language, by_hand=False)):
        read = marks(page)
        assert "style" not in read.attributes
        assert "style" not in read.tags
        assert not any(name.startswith("on") for name in read.attributes)
        assert all(address.startswith(("/assets/", "/docs/assets/")) for address in read.scripts)
        assert len(read.ids) == len(set(read.ids))


def test_redoc_may_have_two_known_style_elements_and_nothing_more() -> None:
    strict, redoc = (
        get(f"/docs/reference/{viewer}").headers["content-security-policy"].split("; ")
        for viewer in ("swagger", "redoc")
    )
    (styles,) = set(redoc) - set(strict)
    assert set(strict) - set(redoc) == {"style-src 'self'"}
    assert re.fullmatch(r"style-src 'self'( 'sha256-[A-Za-z0-9+/]{43}='){2}", styles)
    assert b64encode(sha256(b"").digest()).decode() in styles


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=login+8006", {"/docs/errors/login/401/8006"}),
        ("?q=LOGIN&status=404", {"/docs/errors/login/404/userIdNotFound"}),
        ("?q=no-such-error", set()),
        ("?status=999", set()),
    ],
)
def test_errors_are_found_without_a_script(query: str, expected: set[str]) -> None:
    text = get(f"/docs/errors{query}").text
    found = {address for address in marks(text).addresses if address.startswith("/docs/errors/")}
    assert expected <= found
    assert bool(found) == bool(expected)


def test_the_index_names_every_row_with_cause_and_cure() -> None:
    text = unescape(get("/docs/errors?lang=en").text)
    assert text.count("<tr data-status=") == len(ROWS)
    for operation, row in ROWS:
        explained = wording().explanation(operation, row)
        assert explained.meaning["en"] in text
        assert explained.cure["en"] in text
        assert explained.meaning["en"] != explained.cure["en"]


def test_what_is_searched_for_is_told_escaped() -> None:
    assert "<script>alert" not in get("/docs/errors?q=%3Cscript%3Ealert(1)").text
    assert get(f"/docs/errors?q={'x' * 5000}").status_code == 200


def test_outside_a_sandbox_the_page_asks_for_a_token_by_hand() -> None:
    assert 'name="access_token"' in get("/docs/try", portal()).text
    assert 'name="access_token"' not in get("/docs/try").text
    assert "15000010" not in get("/docs/journeys", portal()).text


def test_a_flow_of_the_page_says_each_step_with_its_operations() -> None:
    for name, flow in flows().flows.items():
        read = marks(get(f"/docs/try/{name}").text)
        assert {f"step-{step.id}" for step in flow.steps} <= set(read.ids)
        for operation in {one for step in flow.steps for one in step.operations}:
            assert f"/docs/operations/{operation}" in read.addresses


def test_what_cannot_be_decrypted_leads_to_the_crypto_doctor_of_a_sandbox() -> None:
    path = "/docs/errors/login/400/cannotDecryptData?lang=en"
    assert "/sandbox/doctor?lang=en" in marks(get(path).text).addresses
    assert "/sandbox/doctor" not in get(path, portal()).text
    assert "/sandbox/doctor" not in get("/docs/errors/login/401/6666").text
