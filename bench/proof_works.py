"""Works that prove who is there: challenges, recovery, account opening, the vendor's tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench import limits
from bench.factors import Token, Vendor
from bench.front_ends import Bench, Line, Session, body_of, customer, customer_line
from bench.gateway import Gateway
from bench.measuring import (
    ALL_CORES,
    DURABLE,
    ENVELOPE,
    HASHES_OF_A_CHANGE,
    HEADERS,
    HTTP,
    JWS,
    SESSION,
    SHARED_SESSIONS,
    TOKEN,
    TWO_ROWS,
    Parts,
    Run,
    Stretches,
    hashing,
    measured,
    split,
)
from bench.proving_front_end import (
    FIRST_CERTIFIED,
    NIP,
    UNLOCKING,
    VALIDATING,
    Prover,
    holder_line,
    locked_customers,
    proof_lines,
    recovering_customers,
)

RAISED_LIMITS = {
    "ALDABA__POLICY__CERTIFICATION__SENDS_PER_APPLICATION_AND_HOUR": "1000000",
    "ALDABA__POLICY__VENDOR__UNLOCK_TRIES_PER_APPLICATION_AND_MINUTE": "1000000",
}
"""One application sends here what a bank's channels send in a day."""

UNSEALED = (HTTP, HEADERS, SESSION, TWO_ROWS)
CHALLENGED = (*DURABLE, TOKEN)
CERTIFYING = (*DURABLE, ENVELOPE)
"""Phone and code come sealed."""
SIGNED = (*UNSEALED, JWS)
UNLOCKED = (*DURABLE, JWS)


@dataclass(frozen=True, slots=True)
class Proofs:
    """What these works need beside the house."""

    parts: Parts
    vendor: Vendor
    messages: Gateway

    @property
    def going(self) -> Run:
        return self.parts.going

    @property
    def bench(self) -> Bench:
        return self.parts.bench

    @property
    def holders(self) -> list[str]:
        """Customers with a token, who are the vendor's as well."""
        return [customer(number) for number in self.going.holders]

    @property
    def prover(self) -> Prover:
        return Prover(self.parts.bench)


def lines_for_proofs(going: Run) -> Iterator[Line]:
    """The customers of a house: some hold a token; beyond its own some recover, some are locked."""
    scale = going.scale
    for number in range(scale.customers):
        yield (holder_line if number in going.holders else customer_line)(number, going.phc)
    yield from proof_lines(scale.logins // 2, scale.exchanges, going.phc, limits.argon2_hash(NIP))


async def change_access(going: Run, bench: Bench, messages: Gateway) -> None:
    """A forgotten password: the card's NIP and the new password are measured, phone and code between them."""
    going.tell("validate_card, set_access")
    prover, in_flight = Prover(bench), 4 * len(ALL_CORES)
    begun = await prover.begin(recovering_customers(going.scale.logins // 2))
    work, _ = await hashing(
        going, bench, "validate_card (1 hash)", [prover.card(each) for each in begun], in_flight, 204
    )
    going.figures.works.append(work)
    await bench.set_up([prover.phone(each) for each in begun])
    await bench.set_up([prover.code(each) for each in begun], 204)
    requests = [prover.new_access(each, messages.codes[f"+52{each.phone}"]) for each in begun]
    name = f"set_access ({HASHES_OF_A_CHANGE} hashes)"
    work, _ = await hashing(going, bench, name, requests, in_flight, 204, HASHES_OF_A_CHANGE)
    going.figures.works.append(replace(work, needed=0.85))


async def measure_proofs(proofs: Proofs, opened: Sequence[Session]) -> None:
    """The server on one core; ``opened`` are sessions that logged in, their customers' tokens known."""
    await _challenges(proofs, opened)
    await _phones(proofs)
    await _certifications(proofs)
    await _vendor_tokens(proofs)


async def _challenges(proofs: Proofs, opened: Sequence[Session]) -> None:
    """Questions in one stretch, their answers in the next: each session has but one outstanding."""
    proofs.going.tell("challenges")
    users = set(proofs.holders)
    holders = [session for session in opened if session.user in users]
    asking = Stretches(proofs.parts, "retrieve_challenge", UNSEALED, 0.40)
    answering = Stretches(proofs.parts, "validate_challenge", CHALLENGED, 0.40)
    for _ in range(proofs.going.scale.rounds):
        answers = await asking.add([proofs.prover.question(session) for session in holders])
        questions = [str(body_of(answer)["challengeQuestion"]) for answer in answers]
        await answering.add(
            [
                proofs.prover.response(session, question, Token(session.user).response(question))
                for session, question in zip(holders, questions, strict=True)
            ]
        )
    asking.tell()
    answering.tell()


async def _phones(proofs: Proofs) -> None:
    """A right phone may be named again and again: it is counted and given back."""
    begun = await proofs.prover.begin(
        [customer(number % proofs.going.used_customers) for number in range(SHARED_SESSIONS)]
    )
    turns = range(proofs.going.scale.calls)
    requests = [proofs.prover.phone(begun[turn % SHARED_SESSIONS]) for turn in turns]
    await measured(proofs.parts, "validate_mobile_phone", requests, UNSEALED, 0.40)


async def _certifications(proofs: Proofs) -> None:
    """A session and a phone for every code."""
    proofs.going.tell("account opening")
    sessions = await proofs.bench.sessions(proofs.going.scale.exchanges)
    pairs = [(session, str(FIRST_CERTIFIED + number)) for number, session in enumerate(sessions)]
    sending = Stretches(proofs.parts, "generate_rao_token")
    certifying = Stretches(proofs.parts, "validate_rao_token", CERTIFYING, 0.40)
    for stretch in split(pairs, proofs.going.scale.rounds):
        await sending.add([proofs.prover.order(*pair) for pair in stretch], 204)
        await certifying.add(
            [
                proofs.prover.certify(session, phone, proofs.messages.codes[f"+52{phone}"])
                for session, phone in stretch
            ],
            204,
        )
    sending.tell()
    certifying.tell()


async def _vendor_tokens(proofs: Proofs) -> None:
    going, prover, vendor = proofs.going, proofs.prover, proofs.vendor
    shared = await proofs.bench.sessions(SHARED_SESSIONS)
    holders = proofs.holders
    users = [holders[turn % len(holders)] for turn in range(going.scale.calls)]
    requests = [
        prover.vendor_token(shared[turn % SHARED_SESSIONS], user, vendor.jwt(user, VALIDATING))
        for turn, user in enumerate(users)
    ]
    await measured(proofs.parts, "validate_jwt", requests, SIGNED, 0.40, status=204)
    locked = locked_customers(going.scale.logins // 2, going.scale.exchanges)
    requests = [
        prover.unlock(shared[turn % SHARED_SESSIONS], user, vendor.jwt(user, UNLOCKING))
        for turn, user in enumerate(map(customer, locked))
    ]
    await measured(proofs.parts, "unlock_access", requests, UNLOCKED, 0.85, status=204)
