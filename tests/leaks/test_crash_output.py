"""When something unexpected breaks, neither the answer nor the log quotes what a customer typed."""

import asyncio
import io

from tests.conftest import OpenBank
from tests.leaks.hunting import Planted, forms, hunt, raw_forms, short_forms
from tests.races.counted_house import counted
from tests.scorecard.card import Card

from aldaba import observability
from aldaba.crypto.digests import Secret

PASSWORD = "Molino3Perdiz9"


class BrokenHasher:
    """A port that breaks, and quotes the password in its complaint."""

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        password = secret.reveal()
        raise ValueError(f"cannot verify {password!r} against {phc}")

    async def hash(self, secret: Secret) -> str:
        raise ValueError(secret.reveal())

    def needs_rehash(self, phc: str) -> bool:
        raise ValueError(phc)


def test_a_broken_port_is_told_by_place_and_never_by_value(open_bank: OpenBank) -> None:
    async def story(stream: io.StringIO) -> None:
        async with open_bank() as opened, counted(opened, BrokenHasher()) as house:
            front = await house.bank.ready()
            await front.prelogin("15000030")
            stream.seek(0)
            answer = await front.login("15000030", PASSWORD)
            assert (answer.status_code, answer.json()["code"]) == (500, "serverUnavailable")
            assert PASSWORD not in answer.text
            assert "ValueError" not in answer.text
            guard = house.profile("15000030")
            assert guard is not None
            assert (guard.password.guard.failures, guard.password.guard.pending) == (0, ())

    stream = io.StringIO()
    observability.set_up(stream)
    try:
        asyncio.run(story(stream))
    finally:
        observability.set_up()
    said = stream.getvalue()
    assert '"event":"crash"' in said
    assert "ValueError" in said
    assert "test_crash_output.py" in said
    assert PASSWORD not in said
    assert "argon2id" not in said


class Quoting(BrokenHasher):
    """Breaks, and quotes every secret of the house in its complaint, in every spelling."""

    def __init__(self, planted: Planted) -> None:
        self._planted = planted

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        del phc, secret
        told = [wanted.decode("latin-1") for shapes in self._planted.values() for wanted in shapes.values()]
        raise ValueError(*told) from LookupError("; ".join(told))


def test_whatever_a_crash_quotes_is_in_no_log_and_no_answer(open_bank: OpenBank, card: Card) -> None:
    texts = {"PIN": "58160397", "password": PASSWORD, "OTP": "904173", "phone": "5583927461"}
    texts |= {"card": "5204164730000019", "seed": "C0FFEE5EEDFEEDFACEDEADBEEF0123456789ABCD"}
    planted = {name: forms(text) for name, text in texts.items()} | {"NIP": short_forms("nip", "7391")}

    async def story(stream: io.StringIO) -> bytes:
        async with open_bank() as opened, counted(opened, Quoting(planted)) as house:
            front = await house.bank.ready()
            assert front.keys is not None
            await front.prelogin("15000030")
            planted["client secret"] = forms(front.client_secret)
            planted["sid"] = forms(front.sid or "")
            planted["EK"], planted["HK"] = raw_forms(front.keys.ek), raw_forms(front.keys.hk)
            stream.seek(0)
            stream.truncate()
            answer = await front.login("15000030", PASSWORD)
            assert answer.status_code == 500
            # The session itself is named to its front end in a header, by design.
            return answer.content

    stream = io.StringIO()
    observability.set_up(stream)
    try:
        answer = asyncio.run(story(stream))
    finally:
        observability.set_up()
    said = stream.getvalue().encode()
    assert b'"event":"crash"' in said
    places = [("crash output", [("the log", said)]), ("the answer to a crash", [("a body", answer)])]
    hunt(card, planted, places, "PIN, password, NIP, OTP, phone, card, sid, EK, HK, seed, client secret")


def test_secrets_that_are_no_ascii_are_wrong_and_break_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            form = {
                "grant_type": "client_credentials",
                "client_id": front.client_id,
                "client_secret": "señal",
            }
            answer = await bank.http.post("/api/v1/oauth/token", data=form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            bearer = {"Authorization": f"Bearer {front.token}"}
            answer = await bank.http.post(
                "/api/v1/sessions/introspect", data={"token": "señal"}, headers=bearer
            )
            assert (answer.status_code, answer.json()) == (200, {"active": False})
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": "ñ.ñ.ñ",
            }
            answer = await bank.http.post("/api/v1/oauth/token", data=form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    asyncio.run(story())
