"""Digests anew, in slices, what can be without a number shown in clear, and counts what each pepper holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Table, bindparam, func, select

from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Customer
from aldaba.domain.lockout import Guard
from aldaba.domain.operators import Operator
from aldaba.domain.profile import AccessProfile
from aldaba.service.lookup_digests import is_current, pepper_of, under_a_pepper
from aldaba.service.ports import Clock
from aldaba.service.redigesting import with_phones_anew
from aldaba.store.sql.statements import Statement, at_most, statement
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import customers, operators, profiles
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row

SLICE = 200
"""So many rows at most in one act, so that no customer's act waits long behind it."""
CARDS, PHONES, TRIES, SIMS, CODES = "cards", "phones", "card tries", "SIMs", "recovery codes"
"""What stands under a pepper, as it is counted and told."""

_READ_CUSTOMER = msgspec.json.Decoder(Customer)
_READ_PROFILE = msgspec.json.Decoder(AccessProfile)
_READ_OPERATOR = msgspec.json.Decoder(Operator)


@dataclass(frozen=True, slots=True)
class _Paged:
    table: Table
    key: Column[Any]
    page: Statement = field(init=False)
    size: Statement = field(init=False)

    def __post_init__(self) -> None:
        page = select(self.key, self.table.c.body).where(self.key > bindparam("after")).order_by(self.key)
        object.__setattr__(self, "page", statement(at_most(page, "most")))
        object.__setattr__(self, "size", statement(select(func.count()).select_from(self.table)))


_CUSTOMERS = _Paged(customers, customers.c.customer_id)
_PROFILES = _Paged(profiles, profiles.c.ccs_id)

Renew = Callable[[SqlTransaction, Row], bool]
"""Brings one row under the current pepper as far as it can be; whether it changed."""


class Redigester:
    """Brings phones under the current pepper, their numbers lie sealed; forgets tries at cards nobody shows.

    May be stopped at any slice and begun again.
    """

    def __init__(self, store: SqlStore, keyring: Callable[[], Keyring], clock: Clock) -> None:
        self._store, self._keyring, self._clock = store, keyring, clock

    async def rows(self) -> int:
        """How many rows a whole round looks at."""
        return await self._store.read(
            lambda query: sum(int((query.sql.one(one.size) or (0,))[0]) for one in (_CUSTOMERS, _PROFILES))
        )

    async def redigest(
        self, progress: Callable[[int], None] = lambda _: None, *, forget_sims: bool = False
    ) -> int:
        """Answers how many rows were changed. ``forget_sims``: those seen under an earlier pepper only."""

        def profile(act: SqlTransaction, row: Row) -> bool:
            return self._profile(act, row, forget_sims=forget_sims)

        looked = changed = 0
        for paged, renew in ((_CUSTOMERS, self._customer), (_PROFILES, profile)):
            after: str | None = ""
            while after is not None:
                seen, renewed, after = await self._store.run(_slice(paged, renew, after))
                looked, changed = looked + seen, changed + renewed
                progress(looked)
        return changed

    def _customer(self, act: SqlTransaction, row: Row) -> bool:
        keyring = self._keyring()
        if with_phones_anew(seen := _READ_CUSTOMER.decode(row[1]), keyring) == seen:
            return False
        # Read again, and held: another act may have changed it since the page was read.
        kept = act.customers.find(seen.customer_id)
        if kept is None or (anew := with_phones_anew(kept, keyring)) == kept:
            return False
        act.customers.save(anew)
        return True

    def _profile(self, act: SqlTransaction, row: Row, *, forget_sims: bool) -> bool:
        keyring, now = self._keyring(), self._clock()

        def renewed(profile: AccessProfile) -> AccessProfile:
            lost = [name for name, guard in profile.cards.items() if _may_go(name, guard, keyring, now)]
            owned = _card_names(act, profile.customer_id) if lost else ()
            cards = {name: kept for name, kept in profile.cards.items() if name in owned or name not in lost}
            sim = profile.last_sim_digest
            forgotten = forget_sims and sim is not None and not is_current(sim, keyring)
            return replace(profile, cards=cards, last_sim_digest=None if forgotten else sim)

        if renewed(seen := _READ_PROFILE.decode(row[1])) == seen:
            return False
        kept = act.profiles.find(seen.ccs_id)
        if kept is None or (anew := renewed(kept)) == kept:
            return False
        act.profiles.save(anew)
        return True


def _card_names(act: SqlTransaction, customer_id: str) -> tuple[str, ...]:
    customer = act.customers.find(customer_id)
    return () if customer is None else tuple(card.digest.hex() for card in customer.cards)


def _may_go(name: str, guard: Guard, keyring: Keyring, now: datetime) -> bool:
    """Whether these tries are at a card under an earlier pepper, with no lock to wait for."""
    digest = _digest_of(name)
    earlier = digest is not None and not is_current(digest, keyring)
    return earlier and not guard.locked(now) and not guard.pending


def _digest_of(name: str) -> bytes | None:
    try:
        return bytes.fromhex(name)
    except ValueError:
        return None  # tries at a card that nobody has


def _slice(
    paged: _Paged, renew: Renew, after: str
) -> Callable[[SqlTransaction], tuple[int, int, str | None]]:
    def act(transaction: SqlTransaction) -> tuple[int, int, str | None]:
        rows = transaction.sql.all(paged.page, after=after, most=SLICE)
        renewed = sum(renew(transaction, row) for row in rows)
        return len(rows), renewed, str(rows[-1][0]) if len(rows) == SLICE else None

    return act


def under_peppers(table: Table, body: bytes, keyring: Keyring) -> Iterator[tuple[str, str]]:
    """The id of the pepper, and what stands under it, for every digest in a row."""
    for what, digest in _digests(table, body):
        yield pepper_of(digest, keyring), what


def _digests(table: Table, body: bytes) -> Iterator[tuple[str, bytes]]:
    if table is customers:
        customer = _READ_CUSTOMER.decode(body)
        yield from ((CARDS, card.digest) for card in customer.cards)
        yield from ((PHONES, phone.digest) for phone in customer.phones)
    elif table is profiles:
        profile = _READ_PROFILE.decode(body)
        named = ((name, _digest_of(name)) for name in profile.cards)
        yield from ((TRIES, digest) for _, digest in named if digest is not None)
        if profile.last_sim_digest is not None:
            yield SIMS, profile.last_sim_digest
    elif table is operators:
        yield from ((CODES, code) for code in _READ_OPERATOR.decode(body).recovery if under_a_pepper(code))
