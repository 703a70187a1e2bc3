"""Everything that is counted for a customer and a session, so that a test can see that nothing was."""

from typing import Any

from tests.conftest import Bank
from tests.front_end import FrontEnd

from aldaba.domain.quotas import bank_day
from aldaba.sandbox.bank import DAY_LIMITS, phone_number
from aldaba.service.arrivals import handle_of
from aldaba.service.ports import Transaction
from aldaba.service.records import ccs_id_of, phone_key


def counted(bank: Bank, kind: str, of: str) -> Any:
    """A query for today's figure of this kind."""
    now = bank.house.clock()
    window = bank_day(kind, of, now, bank.house.policy.zone)
    return lambda query: query.quotas.figure(window.name, now)


async def charges(bank: Bank, user: str, *, phone: str | None = None) -> dict[str, Any]:
    """Failures and unfinished tries of the customer's profile, cards and token, and today's counters."""
    keyring = bank.house.vault.keyring()
    ccs_id = ccs_id_of(keyring, user, "")
    counted_by = (ccs_id, phone_key(keyring, f"+52{phone or phone_number(user)}"))

    def look(query: Transaction) -> dict[str, Any]:
        told: dict[str, Any] = {
            f"{kind}/{of}": figure
            for kind in DAY_LIMITS
            for of in counted_by
            if (figure := today(kind, of)(query))
        }
        profile, token = query.profiles.find(ccs_id), query.tokens.of(user)
        if profile is not None:
            told["failures"] = profile.failures
            told["cards"] = [(guard.failures, guard.pending) for guard in profile.cards.values()]
            told["locked"] = profile.lock is not None
        if token is not None:
            told["token"] = token.guard
        return told

    def today(kind: str, of: str) -> Any:
        return counted(bank, kind, of)

    return await bank.house.store.read(look)


async def used_in(bank: Bank, front: FrontEnd) -> dict[str, Any]:
    """The tries and sends a session has used."""
    assert front.sid is not None
    session = await bank.house.sessions.find(handle_of(front.sid), bank.house.clock())
    assert session is not None
    codes = {"recovery": session.recovery.code, "certification": session.certification.code}
    return {
        "phone tries": session.recovery.phone_tries,
        "challenge tries": None if session.challenge is None else session.challenge.tries,
        **{name: None if code is None else (code.tries, code.sends) for name, code in codes.items()},
    }


async def failures(bank: Bank, user: str) -> int:
    """Over all factors of the customer."""
    told: int = (await charges(bank, user)).get("failures", 0)
    return told
