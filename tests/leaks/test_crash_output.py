"""When something unexpected breaks, neither the answer nor the log quotes what a customer typed."""

import asyncio
import io

from tests.conftest import OpenBank
from tests.races.counted_house import counted

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
