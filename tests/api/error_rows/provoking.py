"""How each documented error row is provoked over HTTP: one coroutine for each row, by a real condition."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import httpx
from tests.api.biometric import biometric_login
from tests.api.wire import CONTRACT, Letter, letters, post, signed_in, temporary
from tests.conftest import Bank
from tests.front_end import FrontEnd, Keys, offer

from aldaba.contract import Language
from aldaba.sandbox.bank import PASSWORD

USER_ID = "customerCredentials.userId"


@dataclass(frozen=True, slots=True)
class Provoked:
    """The answer, the place its body must name, and its ``moreInfo`` where that is a rule's name."""

    answer: httpx.Response
    location: str | None = None
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a row is provoked: an open bank, and the language its front ends speak."""

    bank: Bank
    language: Language

    async def front(self, *, documented: bool = False) -> FrontEnd:
        front = self.bank.front_end(documented=documented)
        front.language = self.language
        return await front.ready()

    async def letter(self, operation: str) -> Letter:
        """A right request of this operation."""
        return (await self.two_letters(operation))[0]

    async def two_letters(self, operation: str) -> tuple[Letter, Letter]:
        """Two right requests of one session."""
        _, write = await letters(self.bank, operation)
        # Not every page documents Accept-Language; it is honoured wherever it is sent.
        spoken = {"Accept-Language": self.language}
        return (await write()).with_headers(**spoken), (await write()).with_headers(**spoken)

    async def sent(self, letter: Letter) -> httpx.Response:
        return await post(self.bank, letter)


Recipe: TypeAlias = Callable[[Scene], Awaitable[Provoked]]


def without_token(operation: str) -> Recipe:
    async def recipe(scene: Scene) -> Provoked:
        letter = await scene.letter(operation)
        return Provoked(await scene.sent(letter.with_headers(Authorization=None)), "Authorization")

    return recipe


def from_another_country(operation: str) -> Recipe:
    async def recipe(scene: Scene) -> Provoked:
        letter = await scene.letter(operation)
        header = CONTRACT.operation(operation).header("countryCode")
        named = "countryCode" if header is None else header.name
        return Provoked(await scene.sent(letter.with_headers(countryCode="US")), named)

    return recipe


def away(operation: str, part: str = "database") -> Recipe:
    """Our own store, or the key ring, is away."""

    async def recipe(scene: Scene) -> Provoked:
        letter = await scene.letter(operation)
        await scene.bank.fault(part, "down")
        answer = await scene.sent(letter)
        await scene.bank.fault(part, "ok")
        return Provoked(answer)

    return recipe


def with_body(operation: str, location: str, **changes: object) -> Recipe:
    """One field of the body is not what the page asks for; None leaves it out."""

    async def recipe(scene: Scene) -> Provoked:
        letter = await scene.letter(operation)
        return Provoked(await scene.sent(letter.with_body(letter.body | changes)), location)

    return recipe


def with_header(operation: str, location: str, **changes: str) -> Recipe:
    """One header is not what the page asks for."""

    async def recipe(scene: Scene) -> Provoked:
        letter = await scene.letter(operation)
        return Provoked(await scene.sent(letter.with_headers(**changes)), location)

    return recipe


def undecryptable(operation: str, location: str) -> Recipe:
    """Sealed for another request."""

    async def recipe(scene: Scene) -> Provoked:
        letter, other = await scene.two_letters(operation)
        return Provoked(await scene.sent(letter.with_body(other.body)), location)

    return recipe


async def another_customers_login(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    return Provoked(await front.login("15000024", PASSWORD), USER_ID)


async def login_by_a_device_not_theirs(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    return Provoked(await biometric_login(scene.bank, front, "15000010", phone_of="15000024"))


async def login_with_a_wrong_password(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    return Provoked(await front.login("15000010", "andador99x"))


async def login_with_a_directory_that_cannot_communicate(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    await scene.bank.fault("directory", "communication")
    return Provoked(await front.login("15000010", PASSWORD))


async def login_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    await scene.bank.fault("directory", "down")
    return Provoked(await front.login("15000010", PASSWORD))


async def login_wrong_five_times(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000030")
    for _ in range(4):
        assert (await front.login("15000030", "andador99x")).json()["code"] == "6666"
    return Provoked(await front.login("15000030", "andador99x"))


async def login_on_the_black_list(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000018")
    return Provoked(await front.login("15000018", PASSWORD))


async def login_while_a_session_lives(scene: Scene) -> Provoked:
    await signed_in(await scene.front(), "15000010")
    front = await scene.front()
    await front.prelogin("15000010")
    return Provoked(await front.login("15000010", PASSWORD))


async def login_of_nobody(scene: Scene) -> Provoked:
    front = await scene.front(documented=True)
    return Provoked(await front.login("99999999", PASSWORD), USER_ID)


async def login_without_a_profile(scene: Scene) -> Provoked:
    front = await scene.front(documented=True)
    return Provoked(await front.login("15000019", PASSWORD), USER_ID)


async def logout_after_the_end(scene: Scene) -> Provoked:
    front = await scene.front()
    await signed_in(front, "15000024")
    assert (await front.logout()).status_code == 204
    return Provoked(await front.logout(), "sid")


async def logout_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front = await scene.front()
    await signed_in(front, "15000024")
    await scene.bank.fault("directory", "down")
    answer = await front.logout()
    assert "sid" not in answer.headers
    return Provoked(answer)


async def set_less_than_demanded(scene: Scene) -> Provoked:
    front = await scene.front()
    await temporary(front)
    return Provoked(await front.set_credentials("NEW", password="tecla47brisa"), "newEncryptedAccessNumber")


async def set_without_a_login(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin("15000010")
    return Provoked(await front.set_credentials("NONE", password="tecla47brisa"), "sid")


async def set_against_policy(scene: Scene) -> Provoked:
    front = await scene.front()
    await temporary(front)
    answer = await front.set_credentials("NEW", pin="12345678", password="tecla47brisa")
    return Provoked(answer, "newEncryptedAccessNumber", "sequence")


async def status_of_a_bad_number(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).status("15A"), "customerId")


async def status_without_the_right(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front(documented=True)).status("15000010"), "operation")


async def status_of_nobody(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).status("99999999"), "customerId")


async def status_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front = await scene.front()
    await scene.bank.fault("directory", "down")
    return Provoked(await front.status("15000010"))


async def keys_under_an_unknown_key(scene: Scene) -> Provoked:
    letter = await scene.letter("exchange_keys")
    return Provoked(await scene.sent(letter.with_body(letter.body | {"keyId": "e2e-none"})), "keyId")


async def keys_after_identification(scene: Scene) -> Provoked:
    front = await scene.front()
    public = (await front.call("retrieve_public_key")).json()
    await front.prelogin("15000010")
    return Provoked(await front.call("exchange_keys", offer(public, Keys("bound-1"))), "sid")


async def key_without_a_channel(scene: Scene) -> Provoked:
    letter = await scene.letter("retrieve_public_key")
    fresh = letter.with_headers(sid=None, channelId=None)
    return Provoked(await scene.sent(fresh), "channelId")


LOGIN_AND_KEYS: dict[tuple[str, int, str], Recipe] = {
    ("prelogin_v1", 500, "serverUnavailable"): away("prelogin_v1", "keys"),
    ("prelogin_v2", 500, "serverUnavailable"): away("prelogin_v2"),
    ("login", 400, "invalidRequest"): another_customers_login,
    ("login", 400, "cannotDecryptData"): undecryptable("login", "customerCredentials.encryptedCredential"),
    ("login", 401, "unAuthorized"): without_token("login"),
    ("login", 401, "authenticationFailed"): login_by_a_device_not_theirs,
    ("login", 401, "6666"): login_with_a_wrong_password,
    ("login", 401, "8005"): login_with_a_directory_that_cannot_communicate,
    ("login", 401, "8006"): login_wrong_five_times,
    ("login", 401, "8007"): login_on_the_black_list,
    ("login", 401, "8008"): login_while_a_session_lives,
    ("login", 403, "accessNotConfigured"): from_another_country("login"),
    ("login", 404, "userIdNotFound"): login_of_nobody,
    ("login", 404, "federatedProfileNotFound"): login_without_a_profile,
    ("login", 500, "serverUnavailable"): away("login", "keys"),
    ("login", 500, "backendError"): login_with_a_directory_that_is_down,
    ("logout", 400, "invalidRequest"): logout_after_the_end,
    ("logout", 403, "accessNotConfigured"): from_another_country("logout"),
    ("logout", 500, "serverUnavailable"): away("logout"),
    ("logout", 500, "backendError"): logout_with_a_directory_that_is_down,
    ("validate_credentials", 500, "serverUnavailable"): away("validate_credentials"),
    ("set_credentials", 400, "invalidRequest"): set_less_than_demanded,
    ("set_credentials", 401, "unAuthorized"): set_without_a_login,
    ("set_credentials", 403, "accessNotConfigured"): from_another_country("set_credentials"),
    ("set_credentials", 422, "businessValidationFailed"): set_against_policy,
    ("set_credentials", 500, "serverUnavailable"): away("set_credentials"),
    ("credentials_status", 400, "badRequest"): status_of_a_bad_number,
    ("credentials_status", 401, "unAuthorized"): without_token("credentials_status"),
    ("credentials_status", 403, "forbidden"): status_without_the_right,
    ("credentials_status", 404, "resourceNotFound"): status_of_nobody,
    ("credentials_status", 500, "serverUnavailable"): away("credentials_status"),
    ("credentials_status", 500, "backendError"): status_with_a_directory_that_is_down,
    ("retrieve_public_key", 400, "invalidRequest"): key_without_a_channel,
    ("retrieve_public_key", 401, "unAuthorized"): without_token("retrieve_public_key"),
    ("retrieve_public_key", 403, "accessNotConfigured"): from_another_country("retrieve_public_key"),
    ("retrieve_public_key", 500, "serverUnavailable"): away("retrieve_public_key"),
    ("exchange_keys", 400, "invalidRequest"): with_body("exchange_keys", "algorithm", algorithm="aes"),
    ("exchange_keys", 400, "cannotDecryptData"): with_body(
        "exchange_keys", "encryptedPayload", encryptedPayload="0A1B2C3D"
    ),
    ("exchange_keys", 400, "chkDigitNotMatch"): with_body(
        "exchange_keys", "encKeyCheckDigit", encKeyCheckDigit="000000", hmacKeyCheckDigit="000000"
    ),
    ("exchange_keys", 401, "unAuthorized"): without_token("exchange_keys"),
    ("exchange_keys", 403, "accessNotConfigured"): from_another_country("exchange_keys"),
    ("exchange_keys", 404, "resourceNotFound"): keys_under_an_unknown_key,
    ("exchange_keys", 422, "businessValidationFailed"): keys_after_identification,
    ("exchange_keys", 500, "serverUnavailable"): away("exchange_keys"),
}
