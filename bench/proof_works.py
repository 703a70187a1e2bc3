"""Works that prove who is there: challenges, recovery, account opening, the vendor's tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench import limits
from bench.factors import Token, Vendor
from bench.figures import work_of
from bench.front_ends import Bench, Line, Session, body_of, customer, customer_line
from bench.gateway import Gateway
from bench.load import drive
from bench.measuring import (
    DURABLE,
    ENVELOPE,
    HASHES_OF_A_CHANGE,
    JWS,
    READING,
    SHARED_SESSIONS,
    TOKEN,
    UNSEALED,
    Parts,
    Run,
    Scale,
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
    locked_customers,
    proof_lines,
    proofs_of,
    recovering_customers,
)

RAISED_LIMITS = {
    "ALDABA__POLICY__CERTIFICATION__SENDS_PER_APPLICATION_AND_HOUR": "1000000",
    "ALDABA__POLICY__VENDOR__UNLOCK_TRIES_PER_APPLICATION_AND_MINUTE": "1000000",
    "ALDABA__POLICY__THROTTLE__IN_FLIGHT": "1024",
    "ALDABA__POLICY__SESSION__IDLE_SECONDS": "1200",
    "ALDABA__POLICY__ACCESS_TOKEN__LIFE_SECONDS": "7200",
}
"""One application sends here what a bank's channels send in a day; sessions and its token last a run.

A quarter of what may be in flight is for sign-ins and introspection, which come 128 at a time here.
"""

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
        yield customer_line(number, going.phc) | proofs_of(number, going.holders, going.soft_holders)
    yield from proof_lines(recovering(scale), scale.exchanges, going.phc, limits.argon2_hash(NIP))


def recovering(scale: Scale) -> int:
    """How many forget their password."""
    return scale.changes * len(scale.hash_levels)


async def change_access(going: Run, bench: Bench, messages: Gateway) -> None:
    """Forgotten passwords, so many at a time: the card's NIP, the phone, its code, the new password."""
    levels, users = going.scale.hash_levels, recovering_customers(recovering(going.scale))
    for in_flight, some in zip(levels, split(users, len(levels)), strict=True):
        going.tell(f"validate_card, send_otp, set_access, {in_flight} in flight")
        await _recoveries(going, bench, messages, some, in_flight)


async def _recoveries(
    going: Run, bench: Bench, messages: Gateway, users: Sequence[str], in_flight: int
) -> None:
    prover, works, server = Prover(bench), going.figures.works, bench.server
    begun = await prover.begin(users)
    cards = [prover.card(each) for each in begun]
    work, _ = await hashing(going, bench, "validate_card (1 hash)", cards, in_flight, 204)
    works.append(work)
    await bench.set_up([prover.phone(each) for each in begun])
    orders = [prover.code(each) for each in begun]
    sent = (await drive(server.port, server.pid, orders, in_flight)).expect(204)
    works.append(work_of("send_otp, provider asked", in_flight, [sent]))
    requests = [prover.new_access(each, messages.codes[f"+52{each.phone}"]) for each in begun]
    name = f"set_access ({HASHES_OF_A_CHANGE} hashes)"
    work, _ = await hashing(going, bench, name, requests, in_flight, 204, HASHES_OF_A_CHANGE)
    works.append(replace(work, needed=0.85))


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
    for in_flight in proofs.going.scale.turns:
        questions_asked = [proofs.prover.question(session) for session in holders]
        answers = await asking.add(questions_asked, in_flight=in_flight)
        questions = [str(body_of(answer)["challengeQuestion"]) for answer in answers]
        await answering.add(
            [
                proofs.prover.response(session, question, Token(session.user).response(question))
                for session, question in zip(holders, questions, strict=True)
            ],
            in_flight=in_flight,
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
    turns = proofs.going.scale.turns
    for in_flight, stretch in zip(turns, split(pairs, len(turns)), strict=True):
        await sending.add([proofs.prover.order(*pair) for pair in stretch], 204, in_flight)
        await certifying.add(
            [
                proofs.prover.certify(session, phone, proofs.messages.codes[f"+52{phone}"])
                for session, phone in stretch
            ],
            204,
            in_flight,
        )
    sending.tell()
    certifying.tell()
    # Those of the last stretch that no rounding left out.
    certified = [session for session, _ in split(pairs, len(turns))[-1]]
    count = proofs.going.scale.calls
    requests = [proofs.prover.certified(certified[turn % len(certified)]) for turn in range(count)]
    await measured(proofs.parts, "certified_phone", requests, READING)


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
    locked = locked_customers(recovering(going.scale), going.scale.exchanges)
    requests = [
        prover.unlock(shared[turn % SHARED_SESSIONS], user, vendor.jwt(user, UNLOCKING))
        for turn, user in enumerate(map(customer, locked))
    ]
    await measured(proofs.parts, "unlock_access", requests, UNLOCKED, 0.85, status=204)
