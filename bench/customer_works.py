"""Works of customers who are logged in: their phones, their soft tokens, and leaving."""

from collections.abc import Sequence

from bench.factors import Token
from bench.front_ends import Session, body_of, customer
from bench.measuring import SHARED_SESSIONS, UNSEALED, Parts, measured
from bench.proving_front_end import Prover

PUBLIC_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
"""A point of the curve (RFC 7515 appendix A.3)."""


async def measure_customers(parts: Parts, opened: Sequence[Session]) -> None:
    """``opened`` are sessions that logged in; in the end they are all logged out."""
    await _registrations(parts, opened)
    await _devices(parts, opened)
    leaving = [parts.bench.call("logout", session.sid) for session in opened]
    await measured(parts, "logout", leaving, UNSEALED, 0.40, status=204)


async def _registrations(parts: Parts, opened: Sequence[Session]) -> None:
    """Made the vendor's by the first round; being told so again is what most answers are."""
    users = set(map(customer, parts.going.soft_holders))
    soft = [session for session in opened if session.user in users]
    requests = [
        parts.bench.call("register_transmit_customer", soft[turn % len(soft)].sid)
        for turn in range(parts.going.scale.calls)
    ]
    await measured(parts, "register_transmit_customer", requests, UNSEALED, 0.40, status=204)


async def _devices(parts: Parts, opened: Sequence[Session]) -> None:
    """A phone enrolled by strong proof, given a new key again and again, and revoked."""
    users = set(map(customer, parts.going.holders))
    holders = [session for session in opened if session.user in users]
    strong = await _strong(parts, holders[:SHARED_SESSIONS])
    requests = [
        parts.bench.call("enrol_device", session.sid, _phone(session) | {"publicKeyJwk": PUBLIC_JWK})
        for session in (strong[turn % len(strong)] for turn in range(parts.going.scale.calls))
    ]
    await measured(parts, "enrol_device", requests, UNSEALED, 0.40, status=204)
    requests = [
        parts.bench.call("revoke_device", session.sid, _phone(session))
        for session in (strong[turn % len(strong)] for turn in range(parts.going.scale.calls))
    ]
    await measured(parts, "revoke_device", requests, UNSEALED, 0.40, status=204)


def _phone(session: Session) -> dict[str, object]:
    return {"applicationDeviceId": f"phone-of-{session.user}"}


async def _strong(parts: Parts, sessions: Sequence[Session]) -> Sequence[Session]:
    """Sessions whose customers have just answered a challenge."""
    prover = Prover(parts.bench)
    asked = await parts.bench.set_up([prover.question(session) for session in sessions])
    questions = [str(body_of(answer)["challengeQuestion"]) for answer in asked]
    answers = [
        prover.response(session, question, Token(session.user).response(question))
        for session, question in zip(sessions, questions, strict=True)
    ]
    await parts.bench.set_up(answers)
    return sessions
