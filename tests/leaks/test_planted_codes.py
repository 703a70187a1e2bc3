"""Codes, NIPs, seeds and tokens go through the later journeys, and are looked for wherever one writes."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from tests.api.test_traces import listening
from tests.crash.served import Served, served
from tests.leaks.hunting import Planted, forms, hunt, places_of, raw_forms, short_forms
from tests.leaks.test_planted_secrets import luhn
from tests.one_time_app import Phone, ocra_response
from tests.recovery_front_end import SMS, VOICE, Recovering, done, wrong_code
from tests.scorecard.card import Card

from aldaba.wiring import real_time

NUMBER, PHONE, CARD, NIP = "73000001", "5583927461", "5204164730000019", "7391"
WRONG_NIP, OPENED_PHONE = "7391562401", "5561948372"
PASSWORD, NEW_PASSWORD, SEED = "Zafiro7Nutria4", "Gaviota6Trueno2", "c0ffee5eedfeedfacedeadbeef0123456789abcd"
SUITE = "OCRA-1:HOTP-SHA256-8:QN08-T1M"


def prepared(server: Served) -> str:
    """The customer with a soft token, enrolled and active: the text of its QR code."""
    line = {
        "customerId": NUMBER,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "phones": [{"countryCode": "+52", "number": PHONE, "certified": True, "best": True}],
        "cards": [{"number": luhn(CARD), "expires": "1230", "nip": NIP, "status": "active"}],
        "access": {"pin": "58160397", "password": PASSWORD},
        "transmitCustomer": True,
        "token": {"serial": "PL-1", "kind": "soft", "status": 64, "ocraSuite": SUITE, "secretHex": SEED},
    }
    file = server.folder / "planted.jsonl"
    file.write_text(json.dumps(line), "utf-8")
    assert server.aldaba("customers", "import", file.name)["accepted"] == 1
    file.unlink()
    uri: str = server.aldaba("tokens", "enrol", "PL-1")["uri"]
    server.aldaba("tokens", "activate", "PL-1")
    return uri


class Story:
    """Plays the later journeys and remembers every secret that went by, and every answer."""

    def __init__(self, server: Served, uri: str) -> None:
        self.server, self.uri = server, uri
        self.secrets: dict[str, str] = {"wrong NIP": WRONG_NIP, "phone": PHONE, "opened phone": OPENED_PHONE}
        self.answers: list[tuple[str, bytes]] = []
        (seed,) = parse_qs(urlsplit(uri).query)["seed"]
        self.seed = bytes.fromhex(seed)

    async def play(self) -> None:
        async with httpx.AsyncClient(
            base_url=self.server.url, timeout=20, event_hooks={"response": [self.keep]}
        ) as http:
            for n, profile in enumerate(("bound-1", "portal")):
                await self.recover(http, profile, SMS if n else VOICE, f"{NEW_PASSWORD}{n}")
                await self.prove(http, profile, f"{NEW_PASSWORD}{n}", Phone(f"planted-{n}"))
                await self.open_account(http, profile)
            await self.unlock(http, "portal")

    async def keep(self, answer: httpx.Response) -> None:
        body = await answer.aread()
        path = answer.url.path
        # The sandbox shows messages and vendor tokens by design, the seventh door an access token.
        if not path.startswith("/sandbox") and not path.endswith("/oauth/token") and "certified" not in path:
            place = f"answer {len(self.answers)} of {path}"
            self.answers.append((place, body + repr(answer.headers).encode()))

    async def front(self, http: httpx.AsyncClient, profile: str) -> Recovering:
        return await Recovering(http, *self.server.credentials()).ready(profile)

    async def recover(self, http: httpx.AsyncClient, profile: str, way: int, password: str) -> None:
        front = await self.front(http, profile)
        await front.identify(luhn(CARD))
        await front.card(WRONG_NIP)
        done(await front.card(NIP))
        await front.phone(OPENED_PHONE)
        done(await front.phone(PHONE))
        done(await front.send(way))
        code = await self.code(http, f"recovery {profile}", PHONE)
        self.secrets[f"wrong code {profile}"] = wrong = wrong_code(code, 7)
        await front.new_access(wrong, password)
        await front.new_access(f" {code}", password)
        done(await front.new_access(code, password))
        await front.new_access(code, PASSWORD)
        for body in ({"ccsId": code, "authType": code}, {code: code}, [code]):
            await front.call("send_otp", body)
            await front.call("set_access", body)

    async def prove(self, http: httpx.AsyncClient, profile: str, password: str, phone: Phone) -> None:
        front = await self.front(http, profile)
        await front.prelogin(NUMBER)
        assert (await front.login(NUMBER, password)).status_code == 200
        question = await front.question()
        response = ocra_response(self.uri, question, real_time())
        self.secrets[f"response {profile}"] = response
        await front.respond(question, wrong_code(response), sealed=True)
        done(await front.respond(question, response, sealed=True))
        await front.respond(response, response)
        body = {"applicationDeviceId": phone.application_id, "publicKeyJwk": phone.public_jwk()}
        done(await front.call("enrol_device", body))
        jwt = await self.signed(http, f"vendor token {profile}", "3")
        for _ in range(2):
            await front.vendor_token(NUMBER, jwt)
        await front.vendor_token(NUMBER, f"{jwt}x")
        done(await front.logout())
        front = await self.front(http, profile)
        await front.prelogin(NUMBER)
        headers = front.headers()
        self.secrets[f"biometric {profile}"] = token = phone.token(NUMBER, headers, real_time())
        device = phone.application_id
        login = await front.login(NUMBER, token, "biometric", headers=headers, applicationDeviceId=device)
        assert login.status_code == 200, login.text
        done(await front.logout())

    async def open_account(self, http: httpx.AsyncClient, profile: str) -> None:
        front = await self.front(http, profile)
        done(await front.order_code(OPENED_PHONE))
        code = await self.code(http, f"opening {profile}", OPENED_PHONE)
        await front.certify(OPENED_PHONE, wrong_code(code, 7))
        done(await front.certify(OPENED_PHONE, code))
        await front.certify(OPENED_PHONE, code)

    async def unlock(self, http: httpx.AsyncClient, profile: str) -> None:
        self.server.aldaba("customers", "lock", NUMBER, "--kind", "S", "--reason", "a test")
        front = await self.front(http, profile)
        jwt = await self.signed(http, f"unlocking {profile}", "2")
        done(await front.unlock_with(NUMBER, jwt))
        await front.unlock_with(NUMBER, jwt)

    async def code(self, http: httpx.AsyncClient, name: str, phone: str) -> str:
        told: list[dict[str, Any]] = (
            await http.get("/sandbox/messages", params={"to": f"+52{phone}"})
        ).json()
        code: str = next(one["otp"] for one in told if one["otp"])
        self.secrets[f"code {name}"] = code
        return code

    async def signed(self, http: httpx.AsyncClient, name: str, grant: str) -> str:
        body = {"customerId": NUMBER, "grantType": grant}
        jwt: str = (await http.post("/sandbox/vendor-jwt", json=body)).json()["jwt"]
        self.secrets[name], self.secrets[f"signature of {name}"] = jwt, jwt.rpartition(".")[2]
        return jwt

    def planted(self) -> Planted:
        planted = {name: forms(secret) for name, secret in self.secrets.items()}
        return planted | {
            "NIP": short_forms("nip", NIP),
            "delivered seed": forms(SEED.upper()),
            "delivered raw seed": raw_forms(bytes.fromhex(SEED)),
            "enrolled raw seed": raw_forms(self.seed),
        }


def test_no_planted_code_is_written_anywhere(tmp_path: Path, card: Card) -> None:
    with listening() as collector, served(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as server:
        story = Story(server, prepared(server))
        asyncio.run(story.play())
        told = [("the metrics", httpx.get(server.metrics_address, timeout=10).content)]
        places = places_of(server, answers=story.answers, metrics=told)
        assert server.stop() == 0
        places += places_of(server, traces=[("an export", each) for each in collector.exports])
        assert b"Traceback" not in server.output()
    planted = story.planted()
    assert len(planted) > 20
    hunt(card, planted, places, "NIP, one-time codes, responses, vendor and device tokens, phones, seeds")
