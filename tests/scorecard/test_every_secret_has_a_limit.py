"""Every field of the contract has a limit on guesses, or a reason why guessing at it is worth nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.recovery_front_end import (
    ANY_TOKEN,
    customer_line,
    done,
    entered,
    identified,
    imported,
    messages_to,
    proved,
    recovering,
    shown,
    with_code,
    wrong_code,
)
from tests.scorecard.card import Card

from aldaba.contract import Schema, load
from aldaba.sandbox.bank import NIP, phone_number

CONTRACT = load()
NUMBERS = count(74_000_001)
PHONES = count(5_550_000_001)
TOKEN = {"serial": "T-1", "kind": "hard", "status": 56, "ocraSuite": "OCRA-1:HOTP-SHA256-8:QN08-T1M"}

Try = Callable[[], Awaitable[httpx.Response]]
Story = Callable[[Bank, str], Awaitable[tuple[Callable[[int], Awaitable[httpx.Response]], Try]]]
"""Leads up to the secret; gives the n-th wrong guess at it, and the right one."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """So many wrong guesses at a field, and the right value no longer helps."""

    limit: int
    story: Story


async def password(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    return await _login(bank, customer, "password", "malo{:05}x", "mobile20x")


async def pin(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    return await _login(bank, customer, "pin", "4{:07}", "30203021")


async def _login(
    bank: Bank, customer: str, factor: str, wrong: str, right: str
) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front: FrontEnd = await bank.ready()
    done(await front.prelogin(customer))
    return (
        lambda n: front.login(customer, wrong.format(n), factor),
        lambda: front.login(customer, right, factor),
    )


async def nip(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front = await identified(bank, customer)
    return lambda n: front.card(f"9{n:03}"), lambda: front.card(NIP)


async def phone(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front = await identified(bank, customer)
    return lambda n: front.phone(f"55{n:08}"), lambda: front.phone(phone_number(customer))


async def code(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front, right = await with_code(bank, customer)
    return lambda n: front.new_access(wrong_code(right, n + 1)), lambda: front.new_access(right)


async def token_code(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front = await proved(bank, customer)
    done(await front.send(ANY_TOKEN))
    right = await shown(bank, customer)
    return lambda n: front.new_access(wrong_code(right, n + 1)), lambda: front.new_access(right)


async def response(bank: Bank, customer: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    front = await entered(bank, customer)
    question = await front.question()
    right = await shown(bank, customer, question)
    return lambda n: front.respond(question, wrong_code(right, n + 1)), lambda: front.respond(question, right)


async def opening_code(bank: Bank, _: str) -> tuple[Callable[[int], Awaitable[httpx.Response]], Try]:
    number = str(next(PHONES))
    front = await recovering(bank)
    done(await front.order_code(number))
    right = str((await messages_to(bank, f"+52{number}"))[0]["otp"])
    return lambda n: front.certify(number, wrong_code(right, n + 1)), lambda: front.certify(number, right)


GUARDED: dict[str, dict[str, Guarded]] = {
    "login/encryptedCredential": {"password": Guarded(5, password), "PIN": Guarded(5, pin)},
    "validate_card/encryptedCredentialAccess": {"card NIP": Guarded(3, nip)},
    "validate_mobile_phone/phoneNumber": {"phone": Guarded(3, phone)},
    "set_access/encryptedOtp": {"code by SMS": Guarded(3, code), "code of a token": Guarded(3, token_code)},
    "validate_challenge/oneTimePasswordToken": {"response": Guarded(3, response)},
    "validate_rao_token/encryptedOtpToken": {"account-opening code": Guarded(3, opening_code)},
}
"""Fields whose value is looked up or verified, by operation and name."""

NOT_GUESSED: dict[str, str] = {
    "ccsId": "names somebody; answers for nobody are the same (tests/uniform)",
    "encryptedUserId": "names somebody; answers for nobody are the same (tests/uniform)",
    "encryptedCustomerId": "names somebody, beside a signed JWT",
    "customerId": "names somebody",
    "userId": "names somebody, beside a credential",
    "legalRepresentativeId": "names somebody, beside a credential or a JWT",
    "encryptedPhoneNumber": "says where a code goes, or which code is meant",
    "phoneCountryCode": "says where a code goes",
    "newEncryptedAccessNumber": "a new PIN; looks at earlier ones have a limit of their own",
    "newEncryptedAccessCredential": "a new password; likewise",
    "jwtToken": "signed with a key of 256 bits",
    "transmitToken": "signed with a key of 256 bits",
    "encryptedPayload": "session keys of 256 bits that the sender chose",
    "encKeyCheckDigit": "checks the sender's own keys",
    "hmacKeyCheckDigit": "checks the sender's own keys",
    "challengeQuestion": "the question, not the answer",
    "expirationCardDate": "counted with the NIP beside it",
    **dict.fromkeys(
        "algorithm keyId grantType credentialType credentialStatus authType isFirstTime vascoDeviceId "
        "applicationDeviceId instanceId userIdType".split(),
        "chooses or names, proves nothing",
    ),
    **dict.fromkeys(
        "kty crv x y".split(),
        "a public key",
    ),
}
"""Why a field is no secret whose guesses must be counted."""


def leaves(schema: Schema) -> Iterator[str]:
    for name, prop in schema.properties.items():
        if prop.ref is None:
            yield name
        elif name != "mobileAML":  # risk signals of the device: facts for the risk engine
            yield from leaves(CONTRACT.schemas[prop.ref])


FIELDS = {
    f"{operation.id}/{name}"
    for operation in CONTRACT.operations.values()
    if operation.request is not None
    for name in leaves(operation.request)
}


def test_every_field_that_takes_a_secret_has_a_limit(card: Card) -> None:
    open_fields = {field for field in FIELDS - GUARDED.keys() if field.split("/")[1] not in NOT_GUESSED}
    assert GUARDED.keys() <= FIELDS
    assert {field.split("/")[1] for field in FIELDS} >= NOT_GUESSED.keys()
    card.exactly(
        "Guessing", f"fields without limit or reason, of the contract's {len(FIELDS)}", 0, len(open_fields)
    )


@pytest.mark.parametrize(
    ("field", "secret"), [(field, name) for field, secrets in GUARDED.items() for name in secrets]
)
def test_after_so_many_wrong_guesses_the_right_one_no_longer_helps(
    open_bank: OpenBank, card: Card, field: str, secret: str
) -> None:
    guarded = GUARDED[field][secret]

    async def story() -> int:
        async with open_bank(**{"policy.certification.sends_per_application_and_hour": "1000"}) as bank:
            for guesses in range(guarded.limit + 2):
                customer = str(next(NUMBERS))
                token = TOKEN | {"serial": f"T-{customer}", "secretHex": "5a" * 20}
                await imported(bank, customer_line(customer, token=token))
                guess, right = await guarded.story(bank, customer)
                for n in range(guesses):
                    assert (await guess(n)).status_code >= 400
                if (await right()).status_code >= 400:
                    return guesses
            return -1

    measured = asyncio.run(story())
    card.exactly(
        "Guessing",
        f"wrong guesses after which the right {secret} is refused ({field})",
        guarded.limit,
        measured,
    )
