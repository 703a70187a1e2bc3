"""Every operation as a step of a walk: what is sent, whether it can succeed, and what a success proves."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from tests.front_end import Keys, offer
from tests.recovery_front_end import Recovering, vendor_jwt, wrong_code
from tests.scorecard.people import NOBODY, SEED, SUITE
from tests.scorecard.proofs import CERTIFIED, CODE_LIVES, LOCKS, STRONG, Facts, Scene, Step

from aldaba.crypto import ocra
from aldaba.sandbox.bank import NIP

ANY_CODE = "12345678"
GRANT, UNLOCKS = "3", "2"
Making = Callable[[Scene, Facts, Recovering, bool], Awaitable[Step]]


async def retrieve_public_key(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    return Step(True, lambda front: front.call("retrieve_public_key"))


async def exchange_keys(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    keys = Keys("bound-1")
    body = offer(scene.people.public_key, keys) | ({} if right else {"encKeyCheckDigit": "000000"})

    def gain(own: Facts, _: httpx.Response) -> None:
        own.keyed, own.keys = True, keys

    possible = facts.customer is None and right
    return Step(possible, lambda front: front.call("exchange_keys", body), gain)


def _identifying(operation: str) -> Making:
    async def making(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
        whom = scene.chance.choice((0, 0, 0, 1)) if right else NOBODY

        def gain(own: Facts, answer: httpx.Response) -> None:
            own.forget()
            own.customer, own.ccs_id = whom, answer.json()["ccsId"]

        name = scene.people.numbers[whom]
        return Step(facts.keyed and not facts.inside, lambda front: front.prelogin(name, operation), gain)

    return making


async def login(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:
    whom = facts.customer if facts.customer is not None else scene.chance.choice((0, 1))
    account, now = scene.accounts[whom], scene.now()
    password = account.password if right else f"malo{scene.chance.randrange(90) + 10}clave"
    rival = scene.facts.get(account.live or "")
    beside = rival is not None and not rival.over and now < rival.idle_at and account.live != facts.successor
    open_to = whom != NOBODY and account.failures < LOCKS and not facts.inside

    def lose(answer: httpx.Response) -> None:
        judged = answer.json()["code"] in {"6666", "8006", "8008"} and whom != NOBODY
        if judged and account.failures < LOCKS:
            account.failures = 0 if right else account.failures + 1

    def gain(own: Facts, answer: httpx.Response) -> None:
        account.failures, own.status, own.customer = 0, answer.json()["credentialStatus"], whom
        scene.end(account.live)
        account.live = front.sid

    possible = facts.keyed and right and open_to and not beside
    number = scene.people.numbers[whom]
    return Step(possible, lambda front: front.login(number, password), gain, lose)


async def logout(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    sid = front.sid
    return Step(facts.inside, lambda front: front.logout(), lambda _own, _answer: scene.end(sid))


async def set_credentials(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    status = facts.status if right else ("CHPWD" if facts.status == "NONE" else "NONE")
    word = scene.word()
    possible = facts.inside and right and (status != "NONE" or scene.now() < facts.strong_until)

    def gain(own: Facts, _: httpx.Response) -> None:
        account = scene.accounts[own.customer or 0]
        account.password, account.failures = word, min(account.failures, 0)
        own.status = "NONE"

    return Step(possible, lambda front: front.set_credentials(status, password=word), gain)


async def credentials_status(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    number = scene.people.numbers[0 if right else NOBODY]
    return Step(right and scene.people.privileged(front), lambda front: front.status(number))


async def validate_card(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    def gain(own: Facts, _: httpx.Response) -> None:
        own.card = True

    possible = facts.customer in (0, 1) and right
    return Step(possible, lambda front: front.card(NIP if right else "9999", ccs_id=_ccs(front)), gain)


async def validate_mobile_phone(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    def gain(own: Facts, _: httpx.Response) -> None:
        own.phone = True

    named = facts.customer if facts.customer in (0, 1) else 0
    number = scene.people.phone(named if right else 1 - named)
    possible = facts.customer in (0, 1) and right
    return Step(possible, lambda front: front.phone(number, ccs_id=_ccs(front)), gain)


async def send_otp(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    possible = facts.card and facts.phone and right
    return Step(possible, lambda front: front.send(5 if right else 9, ccs_id=_ccs(front)))


async def set_access(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    others = [each.code for each in scene.facts.values() if each is not facts and each.code]
    stray = scene.chance.choice([*others, wrong_code(facts.code or ANY_CODE)])
    code = facts.code if right and facts.code else stray
    word = scene.word()
    proved = facts.card and facts.phone and facts.code == code and scene.now() < facts.code_until

    def gain(own: Facts, _: httpx.Response) -> None:
        account = scene.accounts[own.customer or 0]
        account.password, account.failures = word, 0
        own.forget()
        scene.end(account.live)

    return Step(proved, lambda front: front.new_access(code, word, ccs_id=_ccs(front)), gain)


async def retrieve_challenge(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    def gain(own: Facts, answer: httpx.Response) -> None:
        own.question, own.question_until = answer.json()["challengeQuestion"], scene.now() + CODE_LIVES

    return Step(facts.inside, lambda front: front.challenge(), gain)


async def validate_challenge(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    question = facts.question or ANY_CODE
    step = int(scene.now().timestamp()) // 60
    shown = ocra.response(ocra.parse_suite(SUITE), SEED, question=question, timestamp_steps=step)
    possible = facts.inside and right and facts.question is not None and scene.now() < facts.question_until

    def gain(own: Facts, _: httpx.Response) -> None:
        own.question, own.strong_until = None, scene.now() + STRONG

    given = shown if right else wrong_code(shown)
    return Step(possible, lambda front: front.respond(question, given), gain)


async def _jwt(scene: Scene, whom: int, grant: str, *, right: bool) -> str:
    """A fresh one, or one that was used, or whose signature is another token's."""
    fresh = await vendor_jwt(scene.bank, scene.people.numbers[whom], grant)
    if right:
        return fresh
    used = scene.chance.choice([*scene.spent_jwts, fresh[:-8] + "AAAAAAAA"])
    return str(used)


async def validate_jwt(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    whom = scene.chance.choice((0, 0, 1))
    jwt = await _jwt(scene, whom, GRANT, right=right)
    number = scene.people.numbers[whom]

    def gain(_own: Facts, _answer: httpx.Response) -> None:
        scene.spent_jwts.append(jwt)

    return Step(right and whom == 0, lambda front: front.validate_jwt(jwt, number, GRANT), gain)


async def unlock_access(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    account = scene.accounts[0]
    jwt = await _jwt(scene, 0, UNLOCKS, right=right)

    def gain(_own: Facts, _answer: httpx.Response) -> None:
        scene.spent_jwts.append(jwt)
        account.failures = 0
        scene.end(account.live)

    possible = right and facts.keyed and account.failures >= LOCKS
    return Step(possible, lambda front: front.unlock(scene.people.numbers[0], jwt), gain)


async def register_transmit_customer(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    return Step(facts.inside and facts.customer == 0, lambda front: front.register_transmit())


async def validate_transmit_customer(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:
    whom = (facts.customer or 0) if right else 1 - min(facts.customer or 0, 1)
    own = facts.customer == whom or scene.people.privileged(front)
    return Step(own, lambda front: front.transmit_customer(scene.people.numbers[whom]))


async def generate_rao_token(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    number = scene.people.rao_phone(scene.chance.randrange(4)) if right else "12"

    def gain(own: Facts, _: httpx.Response) -> None:
        own.rao, own.rao_code = number, None

    return Step(facts.keyed and right, lambda front: front.order_code(number), gain)


async def validate_rao_token(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    number = facts.rao or scene.people.rao_phone(0)
    code = facts.rao_code if right and facts.rao_code else wrong_code(facts.rao_code or ANY_CODE)
    possible = (
        facts.keyed and facts.rao is not None and code == facts.rao_code and scene.now() < facts.rao_until
    )

    def gain(own: Facts, _: httpx.Response) -> None:
        own.rao_code, own.certified_until = None, scene.now() + CERTIFIED

    return Step(possible, lambda front: front.certify(number, code), gain)


async def certified_phone(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    return Step(scene.now() < facts.certified_until, lambda front: front.certified_phone())


async def enrol_device(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    device = scene.people.device(facts.customer or 0)

    def gain(own: Facts, _: httpx.Response) -> None:
        scene.accounts[own.customer or 0].devices.add(device)

    key: dict[str, Any] = scene.people.device_key if right else {"kty": "EC"}
    strong = facts.inside and scene.now() < facts.strong_until
    return Step(strong and right, lambda front: front.enrol_device(device, key), gain)


async def revoke_device(scene: Scene, facts: Facts, front: Recovering, right: bool) -> Step:  # noqa: ARG001
    device = scene.people.device(facts.customer or 0)
    # Revoked already, it may be revoked again.
    own = device in scene.accounts[facts.customer or 0].devices
    strong = facts.inside and scene.now() < facts.strong_until
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
