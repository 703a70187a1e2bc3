"""Every operation as a step of a walk: what is sent, whether it can succeed, and what a success proves."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from tests.front_end import Keys, offer
from tests.recovery_front_end import Recovering, vendor_jwt, wrong_code
from tests.scorecard.people import NOBODY, SEED, SUITE
from tests.scorecard.proofs import CERTIFIED, CODE_LIVES, IDLE, LOCKS, STRONG, Facts, Scene, Step, Turn

from aldaba.crypto import ocra
from aldaba.sandbox.bank import NIP

ANY_CODE = "12345678"
GRANT, UNLOCKS = "3", "2"
Making = Callable[[Turn], Awaitable[Step]]


async def retrieve_public_key(_at: Turn) -> Step:
    return Step(True, lambda front: front.call("retrieve_public_key"))


async def exchange_keys(at: Turn) -> Step:
    keys = Keys("bound-1")
    body = offer(at.scene.people.public_key, keys) | ({} if at.right else {"encKeyCheckDigit": "000000"})

    def gain(own: Facts, _: httpx.Response) -> None:
        own.keyed, own.keys = True, keys

    possible = at.facts.customer is None and at.right
    return Step(possible, lambda front: front.call("exchange_keys", body), gain)


def _identifying(operation: str) -> Making:
    async def making(at: Turn) -> Step:
        whom = at.scene.chance.choice((0, 0, 0, 1)) if at.right else NOBODY

        def gain(own: Facts, answer: httpx.Response) -> None:
            own.forget()
            own.customer, own.ccs_id = whom, answer.json()["ccsId"]

        name = at.scene.people.numbers[whom]
        return Step(
            at.facts.keyed and not at.facts.inside, lambda front: front.prelogin(name, operation), gain
        )

    return making


async def login(at: Turn) -> Step:
    whom = at.facts.customer if at.facts.customer is not None else at.scene.chance.choice((0, 1))
    account, now = at.scene.accounts[whom], at.scene.now()
    password = account.password if at.right else f"malo{at.scene.chance.randrange(90) + 10}clave"
    rival = at.scene.facts.get(account.live or "")
    beside = (
        rival is not None
        and not rival.over
        and now < rival.served + IDLE
        and account.live != at.facts.successor
    )
    open_to = whom != NOBODY and account.failures < LOCKS and not at.facts.inside

    def lose(answer: httpx.Response) -> None:
        judged = answer.json()["code"] in {"6666", "8006", "8008"} and whom != NOBODY
        if judged and account.failures < LOCKS:
            account.failures = 0 if at.right else account.failures + 1

    def gain(own: Facts, answer: httpx.Response) -> None:
        account.failures, own.status, own.customer = 0, answer.json()["credentialStatus"], whom
        at.scene.end(account.live)
        account.live = at.front.sid

    possible = at.facts.keyed and at.right and open_to and not beside
    number = at.scene.people.numbers[whom]
    return Step(possible, lambda front: front.login(number, password), gain, lose)


async def logout(at: Turn) -> Step:
    sid = at.front.sid
    return Step(at.facts.inside, lambda front: front.logout(), lambda _own, _answer: at.scene.end(sid))


async def set_credentials(at: Turn) -> Step:
    status = at.facts.status if at.right else ("CHPWD" if at.facts.status == "NONE" else "NONE")
    word = at.scene.word()
    possible = at.facts.inside and at.right and (status != "NONE" or at.scene.now() < at.facts.strong_until)

    def gain(own: Facts, _: httpx.Response) -> None:
        account = at.scene.accounts[own.customer or 0]
        account.password, account.failures = word, min(account.failures, 0)
        own.status = "NONE"

    return Step(possible, lambda front: front.set_credentials(status, password=word), gain)


async def credentials_status(at: Turn) -> Step:
    number = at.scene.people.numbers[0 if at.right else NOBODY]
    return Step(at.right and at.scene.people.privileged(at.front), lambda front: front.status(number))


async def validate_card(at: Turn) -> Step:
    def gain(own: Facts, _: httpx.Response) -> None:
        own.card = True

    possible = at.facts.customer in (0, 1) and at.right
    return Step(possible, lambda front: front.card(NIP if at.right else "9999", ccs_id=_ccs(front)), gain)


async def validate_mobile_phone(at: Turn) -> Step:
    def gain(own: Facts, _: httpx.Response) -> None:
        own.phone = True

    named = at.facts.customer if at.facts.customer in (0, 1) else 0
    number = at.scene.people.phone(named if at.right else 1 - named)
    possible = at.facts.customer in (0, 1) and at.right
    return Step(possible, lambda front: front.phone(number, ccs_id=_ccs(front)), gain)


async def send_otp(at: Turn) -> Step:
    possible = at.facts.card and at.facts.phone and at.right
    return Step(possible, lambda front: front.send(5 if at.right else 9, ccs_id=_ccs(front)))


async def set_access(at: Turn) -> Step:
    others = [each.code for each in at.scene.facts.values() if each is not at.facts and each.code]
    stray = at.scene.chance.choice([*others, wrong_code(at.facts.code or ANY_CODE)])
    code = at.facts.code if at.right and at.facts.code else stray
    word = at.scene.word()
    proved = (
        at.facts.card and at.facts.phone and at.facts.code == code and at.scene.now() < at.facts.code_until
    )

    def gain(own: Facts, _: httpx.Response) -> None:
        account = at.scene.accounts[own.customer or 0]
        account.password, account.failures = word, 0
        own.forget()
        at.scene.end(account.live)

    return Step(proved, lambda front: front.new_access(code, word, ccs_id=_ccs(front)), gain)


async def retrieve_challenge(at: Turn) -> Step:
    def gain(own: Facts, answer: httpx.Response) -> None:
        own.question, own.question_until = answer.json()["challengeQuestion"], at.scene.now() + CODE_LIVES

    return Step(at.facts.inside, lambda front: front.challenge(), gain)


async def validate_challenge(at: Turn) -> Step:
    question = at.facts.question or ANY_CODE
    step = int(at.scene.now().timestamp()) // 60
    shown = ocra.response(ocra.parse_suite(SUITE), SEED, question=question, timestamp_steps=step)
    possible = (
        at.facts.inside
        and at.right
        and at.facts.question is not None
        and at.scene.now() < at.facts.question_until
    )

    def gain(own: Facts, _: httpx.Response) -> None:
        own.question, own.strong_until = None, at.scene.now() + STRONG

    given = shown if at.right else wrong_code(shown)
    return Step(possible, lambda front: front.respond(question, given), gain)


async def _jwt(scene: Scene, whom: int, grant: str, *, right: bool) -> str:
    """A fresh one, or one that was used, or whose signature is another token's."""
    fresh = await vendor_jwt(scene.bank, scene.people.numbers[whom], grant)
    if right:
        return fresh
    used = scene.chance.choice([*scene.spent_jwts, fresh[:-8] + "AAAAAAAA"])
    return str(used)


async def validate_jwt(at: Turn) -> Step:
    whom = at.scene.chance.choice((0, 0, 1))
    jwt = await _jwt(at.scene, whom, GRANT, right=at.right)
    number = at.scene.people.numbers[whom]

    def gain(_own: Facts, _answer: httpx.Response) -> None:
        at.scene.spent_jwts.append(jwt)

    return Step(at.right and whom == 0, lambda front: front.validate_jwt(jwt, number, GRANT), gain)


async def unlock_access(at: Turn) -> Step:
    account = at.scene.accounts[0]
    jwt = await _jwt(at.scene, 0, UNLOCKS, right=at.right)

    def gain(_own: Facts, _answer: httpx.Response) -> None:
        at.scene.spent_jwts.append(jwt)
        account.failures = 0
        at.scene.end(account.live)

    possible = at.right and at.facts.keyed and account.failures >= LOCKS
    return Step(possible, lambda front: front.unlock(at.scene.people.numbers[0], jwt), gain)


async def register_transmit_customer(at: Turn) -> Step:
    return Step(at.facts.inside and at.facts.customer == 0, lambda front: front.register_transmit())


async def validate_transmit_customer(at: Turn) -> Step:
    whom = (at.facts.customer or 0) if at.right else 1 - min(at.facts.customer or 0, 1)
    own = at.facts.customer == whom or at.scene.people.privileged(at.front)
    return Step(own, lambda front: front.transmit_customer(at.scene.people.numbers[whom]))


async def generate_rao_token(at: Turn) -> Step:
    number = at.scene.people.rao_phone(at.scene.chance.randrange(4)) if at.right else "12"

    def gain(own: Facts, _: httpx.Response) -> None:
        own.rao, own.rao_code = number, None

    return Step(at.facts.keyed and at.right, lambda front: front.order_code(number), gain)


async def validate_rao_token(at: Turn) -> Step:
    number = at.facts.rao or at.scene.people.rao_phone(0)
    code = at.facts.rao_code if at.right and at.facts.rao_code else wrong_code(at.facts.rao_code or ANY_CODE)
    possible = (
        at.facts.keyed
        and at.facts.rao is not None
        and code == at.facts.rao_code
        and at.scene.now() < at.facts.rao_until
    )

    def gain(own: Facts, _: httpx.Response) -> None:
        own.rao_code, own.certified_until = None, at.scene.now() + CERTIFIED

    return Step(possible, lambda front: front.certify(number, code), gain)


async def certified_phone(at: Turn) -> Step:
    return Step(at.scene.now() < at.facts.certified_until, lambda front: front.certified_phone())


async def enrol_device(at: Turn) -> Step:
    device = at.scene.people.device(at.facts.customer or 0)

    def gain(own: Facts, _: httpx.Response) -> None:
        at.scene.accounts[own.customer or 0].devices.add(device)

    key: dict[str, Any] = at.scene.people.device_key if at.right else {"kty": "EC"}
    strong = at.facts.inside and at.scene.now() < at.facts.strong_until
    return Step(strong and at.right, lambda front: front.enrol_device(device, key), gain)


async def revoke_device(at: Turn) -> Step:
    device = at.scene.people.device(at.facts.customer or 0)
    # Revoked already, it may be revoked again.
    own = device in at.scene.accounts[at.facts.customer or 0].devices
    strong = at.facts.inside and at.scene.now() < at.facts.strong_until
    return Step(strong and own, lambda front: front.revoke_device(device))


def _ccs(front: Recovering) -> str:
    return front.ccs_id or "1" * 10


STEPS: dict[str, Making] = {
    "retrieve_public_key": retrieve_public_key,
    "exchange_keys": exchange_keys,
    "prelogin_v1": _identifying("prelogin_v1"),
    "prelogin_v2": _identifying("prelogin_v2"),
    "validate_credentials": _identifying("validate_credentials"),
    "login": login,
    "logout": logout,
    "set_credentials": set_credentials,
    "credentials_status": credentials_status,
    "validate_card": validate_card,
    "validate_mobile_phone": validate_mobile_phone,
    "send_otp": send_otp,
    "set_access": set_access,
    "retrieve_challenge": retrieve_challenge,
    "validate_challenge": validate_challenge,
    "validate_jwt": validate_jwt,
    "unlock_access": unlock_access,
    "register_transmit_customer": register_transmit_customer,
    "validate_transmit_customer": validate_transmit_customer,
    "generate_rao_token": generate_rao_token,
    "validate_rao_token": validate_rao_token,
    "certified_phone": certified_phone,
    "enrol_device": enrol_device,
    "revoke_device": revoke_device,
}
