"""Distinctive secrets go through the whole story, and are then looked for wherever the server writes."""

import asyncio
import json
from pathlib import Path

import httpx
from tests.api.test_traces import listening
from tests.crash.served import Served, served
from tests.front_end import FrontEnd
from tests.leaks.hunting import Planted, forms, hunt, numbered, places_of, raw_forms, short_forms
from tests.scorecard.card import Card

from aldaba.sandbox.bank import vasco_id

NUMBER = "73000001"
PIN, PASSWORD, NIP = "58160397", "Zafiro7Nutria4", "7391"
NEW_PIN, NEW_PASSWORD = "90417362", "Gaviota6Trueno2"
WRONG_PIN, WRONG_PASSWORD = "63920571", "Molino3Perdiz9"
PHONE, CARD = "5583927461", "5204164730000019"
SEED = "c0ffee5eedfeedfacedeadbeef0123456789abcd"


def prepared(server: Served) -> tuple[str, str]:
    """The customer with everything planted, and an application of our own: its id and secret."""
    line = {
        "customerId": NUMBER,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "phones": [{"countryCode": "+52", "number": PHONE, "certified": True, "best": True}],
        "cards": [{"number": luhn(CARD), "expires": "1230", "nip": NIP, "status": "active"}],
        "devices": [{"vascoDeviceId": vasco_id(NUMBER), "applicationDeviceId": f"app-{NUMBER}"}],
        "token": {
            "serial": "SB-73000001",
            "kind": "soft",
            "status": 64,
            "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M",
            "secretHex": SEED,
        },
        "access": {"pin": PIN, "password": PASSWORD},
    }
    file = server.folder / "planted.jsonl"
    file.write_text(json.dumps(line), "utf-8")
    assert server.aldaba("customers", "import", file.name)["accepted"] == 1
    file.unlink()
    created = server.aldaba("applications", "create", "planted", "--right", "ivr", "--right", "introspect")
    return created["client_id"], created["client_secret"]


def luhn(card: str) -> str:
    body = card[:-1]
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - position % 2)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


async def story(server: Served, client_id: str, secret: str) -> tuple[list[FrontEnd], list[bytes]]:
    """Right and wrong logins in both profiles, changes, refusals of every step; all answers are kept."""
    answers: list[bytes] = []

    async def keep(answer: httpx.Response) -> None:
        # The sid of the session itself is told to its front end in a header, by design.
        headers = {
            name: value for name, value in answer.headers.items() if name.lower() not in {"sid", "eventid"}
        }
        body = await answer.aread()
        if not answer.url.path.endswith("/oauth/token"):
            answers.append(body + repr(headers).encode())

    fronts: list[FrontEnd] = []
    async with httpx.AsyncClient(base_url=server.url, timeout=20, event_hooks={"response": [keep]}) as http:
        for profile in ("bound-1", "portal"):
            front = FrontEnd(http, client_id, secret)
            fronts.append(await front.ready(profile))
            await front.prelogin(luhn(CARD), vascoDeviceId=vasco_id(NUMBER))
            await front.prelogin(NUMBER, "prelogin_v2", instanceId="instance-1")
            await front.login(NUMBER, WRONG_PASSWORD)
            await front.login(NUMBER, WRONG_PIN, "pin")
            assert (await front.login(NUMBER, PASSWORD)).status_code == 200
            await front.set_credentials("NONE", password=PASSWORD)
            await front.set_credentials("NONE", pin=f"{PHONE[-8:]}")
            await bad_requests(front)
            await front.status(NUMBER)
            if profile == "portal":
                changed = await front.set_credentials("NONE", pin=NEW_PIN, password=NEW_PASSWORD)
                assert changed.status_code == 204, changed.text
                assert (await front.logout()).status_code == 204
                again = FrontEnd(http, client_id, secret)
                fronts.append(await again.ready())
                await again.prelogin(NUMBER)
                assert (await again.login(NUMBER, NEW_PIN, "pin")).status_code == 200
            else:
                assert (await front.logout()).status_code == 204
        await http.post(
            "/api/v1/oauth/token",
            data={"client_secret": secret + "x", "client_id": client_id, "grant_type": "client_credentials"},
        )
        await http.post(
            "/api/v1/oauth/token",
            data={"client_secret": secret + "ñ", "client_id": client_id, "grant_type": "client_credentials"},
        )
        await http.get(f"/{secret}?secret={secret}", headers={"uuid": PASSWORD, "sid": PIN})
    return fronts, answers


async def bad_requests(front: FrontEnd) -> None:
    """Secrets where they do not belong: in the wrong field, unsealed, in headers, in broken JSON."""
    for body in (
        {"customerCredentials": {"userId": PASSWORD, "credentialType": 2, "encryptedCredential": PIN}},
        {
            "customerCredentials": {
                "userId": NUMBER,
                "credentialType": PASSWORD,
                "encryptedCredential": PASSWORD,
            }
        },
        {PASSWORD: PIN, "encryptedUserId": NEW_PASSWORD},
        [PASSWORD, PIN],
    ):
        for operation in ("login", "prelogin_v1", "set_credentials"):
            await front.call(operation, body, keep_sid=False)
    for name in ("uuid", "sid", "channelId", "countryCode", "Accept-Language", "client_id"):
        await front.call("login", {}, headers=front.headers(**{name: PASSWORD}), keep_sid=False)


def test_no_planted_secret_is_written_anywhere(tmp_path: Path, card: Card) -> None:
    with listening() as collector:
        settings = {
            "ALDABA__POLICY__LOCKOUT__FAILURES": "50",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        with served(tmp_path, **settings) as server:
            client_id, secret = prepared(server)
            fronts, answers = asyncio.run(story(server, client_id, secret))
            told = [("the metrics", httpx.get(server.metrics_address, timeout=10).content)]
            server.aldaba("backup", str(server.data / "house.backup"))
            places = places_of(server, answers=numbered(answers), metrics=told)
            assert server.stop() == 0
            places += places_of(server, traces=[("an export", each) for each in collector.exports])
            assert b"Traceback" not in server.output()
    hunt(
        card, planted(fronts, secret), places, "PIN, password, phone, card, sid, EK, HK, seed, client secret"
    )


def planted(fronts: list[FrontEnd], client_secret: str) -> Planted:
    texts = {
        "PIN": PIN,
        "password": PASSWORD,
        "new PIN": NEW_PIN,
        "new password": NEW_PASSWORD,
        "wrong PIN": WRONG_PIN,
        "wrong password": WRONG_PASSWORD,
        "phone": PHONE,
        "card": luhn(CARD),
        "client secret": client_secret,
        "seed": SEED.upper(),
        "token": fronts[0].token or "",
    }
    planted = {name: forms(value) for name, value in texts.items()}
    planted["NIP"] = short_forms("nip", NIP)
    planted["raw seed"] = raw_forms(bytes.fromhex(SEED))
    for number, front in enumerate(fronts):
        assert front.keys is not None
        assert front.sid is not None
        planted[f"EK {number}"] = raw_forms(front.keys.ek)
        planted[f"HK {number}"] = raw_forms(front.keys.hk)
        planted[f"sid {number}"] = forms(front.sid)
    return planted
