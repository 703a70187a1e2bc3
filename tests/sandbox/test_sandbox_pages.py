"""The sandbox's pages over HTTP: both languages, what their forms do, and whom they answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.house.tree import ROOT

from aldaba.crypto.digests import Secret
from aldaba.sandbox.bank import STORIES
from aldaba.sandbox.faults import MODES
from aldaba.sandbox.wording import wording

PAGES = ("", "/inbox", "/time", "/token", "/vendor", "/switches", "/doctor", "/recipes")
OURS = {"Origin": "http://127.0.0.1:8080"}
SOFT = "15000026"

Story = Callable[[Bank], Awaitable[None]]


def play(open_bank: OpenBank, story: Story) -> None:
    async def opened() -> None:
        async with open_bank() as bank:
            await story(bank)

    asyncio.run(opened())


async def sent(bank: Bank, page: str, **form: str) -> httpx.Response:
    return await bank.http.post(f"/sandbox{page}", data=form, headers=OURS)


def test_every_page_is_there_in_both_languages_and_lets_nothing_in_from_elsewhere(
    open_bank: OpenBank,
) -> None:
    async def story(bank: Bank) -> None:
        for page in PAGES:
            for language in ("es", "en"):
                answer = await bank.http.get(f"/sandbox{page}?lang={language}")
                assert answer.status_code == 200, page
                assert f'<html lang="{language}">' in answer.text
                assert answer.headers["Content-Language"] == language
                assert answer.headers["Cache-Control"] == "no-store"
                assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
                assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", answer.text), page
                assert answer.text.count("<h1>") == 1
                assert 'aria-current="page"' in answer.text

    play(open_bank, story)


def test_the_first_page_shows_every_story_and_json_stays_json(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        shown = (await bank.http.get("/sandbox?lang=es")).text
        for one in STORIES:
            assert one.number in shown
            assert wording().stories[one.number]["es"] in shown
        told = await bank.http.get("/sandbox/customers", headers={"Accept": "text/html"})
        assert told.headers["Content-Type"] == "application/json"
        assert [one["customerId"] for one in told.json()] == [one.number for one in STORIES]

    play(open_bank, story)


def test_every_story_has_words_and_no_words_are_left_over() -> None:
    assert set(wording().stories) == {story.number for story in STORIES}
    assert set(wording().faults) == set(MODES)


def test_the_table_of_digits_in_the_docs_is_the_bank() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\d\d)` \| (.+) \|$", page, re.MULTILINE))
    assert told == {number[-2:]: said["en"] for number, said in wording().stories.items()}


@pytest.mark.parametrize("page", ["", "/time", "/token", "/vendor", "/switches"])
def test_a_form_is_taken_only_from_our_own_page(open_bank: OpenBank, page: str) -> None:
    async def story(bank: Bank) -> None:
        for origin in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}):
            form = {"part": "risk", "mode": "deny", "advance": "P1D"}
            answer = await bank.http.post(f"/sandbox{page}", data=form, headers=origin)
            assert answer.status_code == 403
            assert answer.headers["Aldaba-Sandbox"] == "true"
        assert bank.house.sandbox is not None
        assert bank.house.sandbox.faults.modes == {}

    play(open_bank, story)


def test_messages_are_shown_newest_first_and_escaped(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        await bank.house.delivery.send("+525512345678", "sms", _secret("first"), _secret("11112222"))
        await bank.house.delivery.send("+525587654321", "voice", _secret("<b>second</b>"))
        for page in ("/inbox", "/inbox/list"):
            text = (await bank.http.get(f"/sandbox{page}")).text
            assert text.index("&lt;b&gt;second&lt;/b&gt;") < text.index("11112222")
            assert "<b>second" not in text

    play(open_bank, story)


def _secret(text: str) -> Secret:
    return Secret(text)


def test_the_clock_moves_and_says_what_it_expects(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        before = bank.house.clock()
        assert (await sent(bank, "/time?lang=en", advance="p1d")).headers[
            "Location"
        ] == "/sandbox/time?lang=en"
        assert (bank.house.clock() - before).days == 1
        for bad in ("", "P", "1 day", "P99999D", "<b>", "P9999D" * 6):
            answer = await sent(bank, "/time", advance=bad)
            assert answer.status_code == 400
            assert 'role="alert"' in answer.text
        assert (await sent(bank, "/time", advance="P9999D")).status_code == 303
        assert (await sent(bank, "/time", reset="1")).status_code == 303
        assert (bank.house.clock() - before).days == 0

    play(open_bank, story)


def test_every_step_ahead_that_is_offered_is_a_duration_the_clock_takes(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        offered = re.findall(r'name="advance" value="([^"]+)"', (await bank.http.get("/sandbox/time")).text)
        assert len(offered) >= 8
        for duration in offered:
            await bank.advance(duration)

    play(open_bank, story)


def test_a_soft_token_is_enrolled_scanned_and_activated(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        enrolled = (await sent(bank, "/token", customer=SOFT, act="enrol")).text
        assert 'src="data:image/svg' in enrolled
        uri = re.findall(r"aldaba-ocra://enrol\?[^\"<]+", enrolled)[0].replace("&amp;", "&")
        scanned = await sent(bank, "/token", customer=SOFT, act="scan", uri=uri, challenge="12345678")
        shown = await bank.http.post(
            "/sandbox/token-response", json={"customerId": SOFT, "challenge": "12345678"}
        )
        assert f'data-copy="{shown.json()["response"]}"' in scanned.text
        assert (await sent(bank, "/token", customer=SOFT, act="activate")).status_code == 200
        again = await sent(bank, "/token", customer=SOFT, act="activate")
        assert again.status_code == 400
        assert "64" in again.text

    play(open_bank, story)


@pytest.mark.parametrize(
    "form",
    [
        {"customer": "15000010", "challenge": "letters"},
        {"customer": "15000011", "challenge": "12345678"},
        {"customer": "<script>", "challenge": "1"},
        {"customer": "15000010", "act": "enrol"},
        {"customer": SOFT, "act": "scan", "uri": "otpauth://totp/x?secret=A"},
        {"customer": SOFT, "act": "scan", "uri": "aldaba-ocra://enrol?serial=1&suite=x&seed=00"},
        {"customer": SOFT, "act": "scan", "uri": "http://["},
    ],
)
def test_what_a_token_cannot_do_is_told(open_bank: OpenBank, form: dict[str, str]) -> None:
    async def story(bank: Bank) -> None:
        answer = await sent(bank, "/token", **form)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert "<script>" not in answer.text

    play(open_bank, story)


def test_the_vendor_signs_and_what_it_signs_is_shown_decoded(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        text = (await sent(bank, "/vendor", customer="15000025", grant="3")).text
        assert "&#34;aud&#34;: &#34;fid:3&#34;" in text
        assert "&#34;sub&#34;: &#34;15000025&#34;" in text
        for form in ({"customer": "15000025", "grant": "9"}, {"customer": "", "grant": "1"}):
            assert (await sent(bank, "/vendor", **form)).status_code == 400

    play(open_bank, story)


def test_a_fault_is_shown_on_every_page_until_it_is_off(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        assert (await sent(bank, "/switches", part="database", mode="down")).status_code == 303
        for page in PAGES:
            assert "<code>database: down</code>" in (await bank.http.get(f"/sandbox{page}")).text, page
        assert (await sent(bank, "/switches", part="database", mode="never")).status_code == 400
        assert (await sent(bank, "")).status_code == 303
        for page in PAGES:
            assert "<code>database: down</code>" not in (await bank.http.get(f"/sandbox{page}")).text, page

    play(open_bank, story)


def test_recipes_are_filtered(open_bank: OpenBank) -> None:
    async def story(bank: Bank) -> None:
        every = (await bank.http.get("/sandbox/recipes")).text
        some = (await bank.http.get("/sandbox/recipes?operation=login&status=403")).text
        assert every.count('href="/docs/errors/') > some.count('href="/docs/errors/') == 1
        assert "/docs/errors/login/403/accessNotConfigured" in some

    play(open_bank, story)
