"""Nobody without a session passes the console's door, no foreign page acts through it."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from tests.admin.operated import PASSWORD, RULES, URL, code_of, seed_in
from tests.console.consoled import Consoled, hidden_of, text_of
from tests.service.importing import CARD, NUMBER, PIN, record
from tests.service.importing import PASSWORD as CUSTOMER_PASSWORD

from aldaba.console.door import ACT_BYTES
from aldaba.console.entrance import SIGN_IN
from aldaba.console.troubles import KEYS
from aldaba.console.visit import MAX_BYTES
from aldaba.console.wording import wording
from aldaba.domain.operators import Act, Role
from aldaba.domain.standing import Rule
from aldaba.pages.assets import asset_routes
from aldaba.service.audit import EventType, OperatorChanged

GUARDED = [(method, path) for method, path, _ in Consoled().console.to_operators()]
POSTED = [path for method, path in GUARDED if method == "POST"]
VALUES = {
    "{customer_id}": NUMBER,
    "{act}": "customer.unlock",
    "{grant_id}": "0" * 24,
    "{rest:path}": "nothing/here",
}


def address(path: str) -> str:
    for name, value in VALUES.items():
        path = path.replace(name, value)
    return path


class TestWithoutASession:
    @pytest.mark.parametrize(("method", "path"), GUARDED)
    def test_no_page_answers(self, method: str, path: str) -> None:
        async def story() -> None:
            bank = Consoled()
            for cookie in (None, "", "A" * 43, "x" * 5000):
                browser = bank.stranger()
                if cookie is not None:
                    browser.client.cookies.set(bank.gate.cookie, cookie)
                if method == "GET":
                    answer = await browser.get(address(path))
                    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
                else:
                    answer = await browser.post(address(path), {"reason": "x", "step": "do"})
                    assert answer.status_code in {401, 403}
            assert not bank.store.events
            assert not bank.crashes

        asyncio.run(story())

    def test_every_route_is_guarded_or_named_as_open(self) -> None:
        console = Consoled().console
        named = {path for _, path, _ in (*console.open_to_all(), *console.to_operators())}
        assets = {
            route.path
            for route in (
                *asset_routes("aldaba.pages", "/assets"),
                *asset_routes("aldaba.console", "/admin/assets"),
            )
        }
        assert {getattr(route, "path", "") for route in console.routes()} == named | assets
        assert {path for _, path, _ in console.open_to_all()} == {SIGN_IN, "/admin/invitation/{token}"}

    def test_a_part_asked_for_by_htmx_leads_the_whole_page_to_the_sign_in(self) -> None:
        async def story() -> None:
            answer = (
                await Consoled()
                .stranger()
                .get(f"/admin/customers/{NUMBER}/timeline", **{"HX-Request": "true"})
            )
            assert (answer.status_code, answer.headers["hx-redirect"]) == (401, SIGN_IN)

        asyncio.run(story())

    def test_an_ended_session_is_over_at_once(self) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(Role.AUDITOR)
            assert (await browser.get("/admin")).status_code == 200
            out = await browser.post("/admin/sign-out", {})
            assert (out.status_code, out.headers["location"]) == (303, SIGN_IN)
            again = await bank.browser(Role.AUDITOR)
            bank.house.later(minutes=11)
            assert (await again.get("/admin")).status_code == 303
            late = await again.act("customer.unlock", {"customer_id": NUMBER, "reason": "x"})
            assert late.status_code == 401
            assert "Your session is over" in text_of(late)

        asyncio.run(story())


class TestForeignPages:
    @pytest.mark.parametrize("path", POSTED)
    def test_no_form_is_taken_without_the_sessions_proof(self, path: str) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(*Role)
            other = await bank.browser(Role.ADMINISTRATOR, name="another")
            before = len(bank.store.events)
            for csrf in ("", "x", other.csrf):
                answer = await browser.post(address(path), {"csrf": csrf, "reason": "x", "step": "do"})
                assert answer.status_code == 403
                assert "did not come from this page" in text_of(answer)
            assert len(bank.store.events) == before

        asyncio.run(story())

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": f"{URL}@evil.example"},
        ],
    )
    def test_nor_from_elsewhere_even_with_it_and_also_before_there_is_a_session(
        self, headers: dict[str, str]
    ) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(Role.HELP_DESK)
            assert (await browser.post("/admin/sign-out", {}, **headers)).status_code == 403
            sign_in = await browser.post(SIGN_IN, {"name": "ana", "password": "x", "code": "1"}, **headers)
            assert sign_in.status_code == 403
            assert not bank.store.events

        asyncio.run(story())

    def test_a_form_is_urlencoded_and_no_larger_than_it_need_be(self) -> None:
        async def story() -> None:
            browser = await Consoled().browser(Role.HELP_DESK)
            for kind, body, status in (
                ("application/json", b"{}", 415),
                ("text/plain", b"csrf=x", 415),
                ("application/x-www-form-urlencoded", b"a=%ff", 400),
                ("application/x-www-form-urlencoded", b"a=1&" * 300, 400),
                ("application/x-www-form-urlencoded", b"a=" + b"1" * MAX_BYTES, 413),
            ):
                answer = await browser.client.post(
                    "/admin/acts/customer.unlock", content=body, headers={"Content-Type": kind}
                )
                assert answer.status_code == status, (kind, body[:20])
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            for size, status in ((MAX_BYTES, 403), (ACT_BYTES, 413)):
                body = b"content=" + b"1" * size
                answer = await browser.client.post("/admin/acts/token.import", content=body, headers=form)
                assert answer.status_code == status
            large = await browser.post(SIGN_IN, {"name": "a" * MAX_BYTES})
            assert large.status_code == 413

        asyncio.run(story())

    @pytest.mark.parametrize("path", ["/admin/acts/token.import", "/admin/customers", "/admin/nowhere"])
    def test_of_who_has_no_live_session_nothing_is_read(self, path: str) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(Role.SECURITY_OFFICER)
            bank.house.later(seconds=RULES.idle_seconds)
            read: list[bytes] = []

            async def body() -> AsyncIterator[bytes]:
                read.append(b"a=1")
                yield b"a=1"

            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await browser.client.post(path, content=body(), headers=form)
            assert (answer.status_code, read) == (401, [])

        asyncio.run(story())

    def test_looking_whether_a_session_lives_does_not_keep_it_alive(self) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(Role.HELP_DESK)
            bank.house.later(seconds=RULES.idle_seconds - 1)
            # Without the proof of its own page it is no request of the session's.
            assert (await browser.post("/admin/customers", {"csrf": "x"})).status_code == 403
            bank.house.later(seconds=1)
            assert (await browser.post("/admin/customers", {})).status_code == 401

        asyncio.run(story())


class TestSigningIn:
    def test_whatever_is_wrong_reads_the_same(self) -> None:
        async def story() -> None:
            bank = Consoled()
            seed = await bank.enrolled("ana", Role.HELP_DESK)
            texts = set()
            for name, password, code in (
                ("ana", "wrong", bank.code(seed)),
                ("ana", PASSWORD, "000000"),
                ("nobody", PASSWORD, bank.code(seed)),
                ("", "", ""),
            ):
                form = {"name": name, "password": password, "code": code}
                answer = await bank.stranger().post(SIGN_IN, form)
                assert answer.status_code == 401
                assert "set-cookie" not in answer.headers
                texts.add(answer.text)
            assert len(texts) == 1
            assert PASSWORD not in texts.pop()

        asyncio.run(story())

    def test_a_planted_cookie_never_becomes_the_session(self) -> None:
        async def story() -> None:
            bank = Consoled()
            seed = await bank.enrolled("ana", Role.HELP_DESK)
            browser = bank.stranger()
            browser.client.cookies.set(bank.gate.cookie, "P" * 43)
            form = {"name": "ana", "password": PASSWORD, "code": bank.code(seed)}
            answer = await browser.post(SIGN_IN, form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
            cookie = answer.headers["set-cookie"]
            assert "P" * 43 not in cookie
            assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
            planted = bank.stranger()
            planted.client.cookies.set(bank.gate.cookie, "P" * 43)
            assert (await planted.get("/admin")).status_code == 303

        asyncio.run(story())

    def test_too_many_failures_from_one_address_make_it_wait(self) -> None:
        async def story() -> None:
            bank = Consoled()
            form = {"name": "nobody", "password": "x", "code": "1"}
            told = [(await bank.stranger().post(SIGN_IN, form)).status_code for _ in range(25)]
            assert told[0] == 401
            assert told[-1] == 429

        asyncio.run(story())

    def test_too_many_requests_of_one_operator_are_turned_away(self) -> None:
        async def story() -> None:
            bank = Consoled()
            browser = await bank.browser(Role.AUDITOR)
            for _ in range(bank.approvals._rules.requests_per_minute):
                await browser.get("/admin/keyboard")
            answer = await browser.get("/admin/keyboard")
            assert answer.status_code == 429
            assert "Too many requests" in text_of(answer)

        asyncio.run(story())

    def test_an_invitation_enrols_once_and_its_codes_are_shown_once(self) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.browser(Role.ADMINISTRATOR)
            invited = await bank.accounts.invite("maria", frozenset({Role.AUDITOR}), "new", "cli:ana")
            path = f"/admin/invitation/{invited.token.reveal()}"
            shown = await bank.stranger().get(path)
            assert shown.status_code == 200
            assert 'src="data:image/svg+xml' in shown.text
            uri = re.search(r"otpauth://[^<]+", shown.text)
            assert uri is not None
            code = bank.code(seed_in(unescape(uri[0])))
            form = {"password": PASSWORD, "again": PASSWORD, "code": code, "seen": unescape(uri[0])}
            for wrong in ({"again": "another"}, {"password": "short", "again": "short"}, {"code": "000000"}):
                answer = await bank.stranger().post(path, {**form, **wrong})
                assert answer.status_code in {400, 401}
                assert PASSWORD not in answer.text
                assert uri[0] in answer.text
            done = await bank.stranger().post(path, form)
            assert len(re.findall("<li><code>", done.text)) == 10
            assert (await bank.stranger().get(path)).status_code == 401
            assert (await bank.stranger().post(path, form)).status_code == 401
            assert not bank.crashes

        asyncio.run(story())

    def test_a_step_back_shows_nobody_a_second_factor_he_has_not_seen(self) -> None:
        async def story() -> None:
            bank = Consoled()
            invited = await bank.accounts.invite("maria", frozenset({Role.AUDITOR}), "new", "cli:ana")
            path = f"/admin/invitation/{invited.token.reveal()}"
            shown = re.findall(r"otpauth://[^<\"]+", (await bank.stranger().get(path)).text)
            thief = {"password": "short", "again": "short", "code": "000000", "seen": "otpauth://totp/maria"}
            answer = await bank.stranger().post(path, thief)
            assert answer.status_code == 400
            assert "otpauth://" in answer.text
            assert shown[0] not in answer.text
            told = [one.payload for one in bank.events(EventType.OPERATOR_CHANGED)]
            acts = [one.action for one in told if isinstance(one, OperatorChanged)]
            assert acts == ["invited", "opened", "opened"]

        asyncio.run(story())

    def test_a_changed_password_ends_the_session(self) -> None:
        async def story() -> None:
            bank = Consoled()
            seed = await bank.enrolled("ana", Role.HELP_DESK)
            browser = bank.stranger()
            form = {"name": "ana", "password": PASSWORD, "code": bank.code(seed)}
            await browser.post(SIGN_IN, form)
            browser.csrf = hidden_of(await browser.get("/admin/password"))["csrf"]
            bank.house.later(seconds=30)
            fresh = "otra lluvia 48 verde"
            wanted = {"current": PASSWORD, "new": fresh, "again": fresh, "code": bank.code(seed)}
            wrong = await browser.post("/admin/password", {**wanted, "again": "not the same"})
            assert wrong.status_code == 400
            done = await browser.post("/admin/password", wanted)
            assert (done.status_code, done.headers["location"]) == (303, SIGN_IN)
            assert (await browser.get("/admin")).status_code == 303

        asyncio.run(story())


class TestEveryPage:
    PATHS = (
        SIGN_IN,
        "/admin",
        "/admin/customers",
        f"/admin/customers/{NUMBER}",
        f"/admin/customers/{NUMBER}/timeline",
        "/admin/acts/customer.lock?customer_id=15000010",
        "/admin/acts/token.import",
        "/admin/grants",
        "/admin/tokens",
        "/admin/applications",
        "/admin/audit",
        "/admin/policy",
        "/admin/operators",
        "/admin/keyboard",
        "/admin/password",
        "/admin/nothing",
    )

    @pytest.mark.parametrize("path", PATHS)
    def test_is_written_in_both_languages_under_strict_headers_with_no_script_or_style_in_it(
        self, path: str
    ) -> None:
        async def story() -> None:
            bank = Consoled()
            await bank.house.take(record())
            browser = await bank.browser(*Role)
            for language in ("es", "en"):
                joined = "&" if "?" in path else "?"
                answer = await browser.get(f"{path}{joined}lang={language}")
                assert answer.status_code == (404 if path.endswith("nothing") else 200), answer.text
                assert f'<html lang="{language}">' in answer.text
                rules = answer.headers["content-security-policy"]
                assert all(rule in rules for rule in ("script-src 'self'", "style-src 'self'"))
                assert all(rule in rules for rule in ("frame-ancestors 'none'", "form-action 'self'"))
                assert answer.headers["cache-control"] == "no-store"
                assert answer.headers["x-frame-options"] == "DENY"
                assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)
                assert all("src=" in script for script in re.findall(r"<script[^>]*>", answer.text))
                own = re.findall(r'href="(/admin[^"#]*)', answer.text)
                assert all("lang=" in link for link in own if "/assets/" not in link)
            assert not bank.crashes

        asyncio.run(story())

    def test_assets_are_served_on_this_listener(self) -> None:
        async def story() -> None:
            browser = Consoled().stranger()
            for path in (
                "/assets/house.css",
                "/assets/vendored/htmx.min.js",
                "/admin/assets/console.css",
                "/admin/assets/console.js",
            ):
                assert (await browser.get(path)).status_code == 200

        asyncio.run(story())

    def test_the_administration_api_stands_beside_it(self) -> None:
        async def story() -> None:
            answer = await Consoled().stranger().get("/admin/api/operators")
            assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")

        asyncio.run(story())


def test_every_act_rule_and_trouble_has_words() -> None:
    told = wording()
    assert set(told.acts) == set(Act)
    assert set(told.rules) == set(Rule)
    assert set(told.troubles) == KEYS


def test_a_fault_is_written_down_and_tells_nothing() -> None:
    async def story() -> None:
        bank = Consoled()
        browser = await bank.browser(Role.AUDITOR)

        class Broken:
            async def __call__(self, *_: object) -> object:
                raise RuntimeError("the secret of the house")

        bank.desk._handlers = {
            kind: Broken() for kind in bank.desk._handlers
        }  # white box: no use case has this fault
        answer = await browser.get("/admin/grants")
        assert answer.status_code == 500
        assert "secret" not in text_of(answer)
        assert [type(one) for one in bank.crashes] == [RuntimeError]

    asyncio.run(story())


def test_no_page_holds_a_secret_of_the_customer_or_of_the_session() -> None:
    async def story() -> None:
        bank = Consoled()
        await bank.house.take(record())
        await bank.house.administration.temporary_pin(NUMBER, "asked", "cli:ana")
        (_, _, _, sent), *_ = bank.house.outbox.sent
        browser = await bank.browser(*Role)
        session = browser.client.cookies[bank.gate.cookie]
        phone, customer = "5556093218", await bank.house.known()
        pages = [await browser.get(path) for path in TestEveryPage.PATHS]
        for by, value in (("card", CARD), ("phone", f"+52{phone}")):
            pages.append(await browser.post("/admin/customers", {"by": by, "value": value}))
            assert customer.name in pages[-1].text
        for page in pages:
            for secret in (PIN, CUSTOMER_PASSWORD, sent, session, phone, CARD):
                assert secret not in page.text

    asyncio.run(story())
