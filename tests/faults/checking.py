"""The book held against the server: nothing answered is lost, nothing that is over opens again."""

from collections import Counter

import httpx
from tests.faults.book import FACTORS, LIMIT, Book, Broken, Customer
from tests.faults.ground import Ground
from tests.front_end import FrontEnd

from aldaba.crypto.digests import Secret
from aldaba.domain.profile import guard_of
from aldaba.service.arrivals import handle_of
from aldaba.service.records import ccs_id_of, open_phc
from aldaba.wiring import House

SAMPLE = 40
"""So many request ids and ended sessions of each round are tried again."""


async def check(ground: Ground, book: Book, *, sessions_may_end: bool) -> Counter[str]:
    """Raises ``Broken``; answers how much was looked at."""
    tally: Counter[str] = Counter()
    async with ground.nodes[0].opened() as house:
        for customer in book.customers:
            await check_stored(house, customer, tally)
        verified = await house.audit.verify(None, lambda _: None)
        if not verified.intact:
            raise Broken(f"the audit does not verify: {verified}")
    await check_served(ground, book, tally, sessions_may_end=sessions_may_end)
    for node in ground.nodes:
        crashes = [line for line in node.output().splitlines() if b'"crash"' in line or b"Traceback" in line]
        if crashes:
            raise Broken(f"a node crashed within: {crashes[0].decode()}")
    return tally


async def check_stored(house: House, customer: Customer, tally: Counter[str]) -> None:
    ring = house.vault.keyring()
    profile = await house.store.read(lambda query: query.profiles.find(ccs_id_of(ring, customer.number, "")))
    if profile is None:
        if customer.live is not None or any(count.least for count in customer.counts.values()):
            raise Broken(f"{customer.number}: all of it was lost")
        return
    for factor in FACTORS:
        guard, count = guard_of(profile, factor), customer.counts[factor]
        charged = guard.failures + len(guard.pending)
        if not count.explains(charged):
            raise Broken(f"{customer.number} {factor}: {charged} charged, and {count} can be")
        if (count.locked and guard.lock is None) or guard.failures > LIMIT:
            raise Broken(f"{customer.number} {factor}: a lock was lost")
        tally["locks kept"] += guard.lock is not None
    sealed = profile.password.sealed
    phc = open_phc(ring, sealed, profile.ccs_id, "password") if sealed else ""
    right = [
        word
        for word in (customer.password, *customer.perhaps)
        if await house.hasher.verify(phc, Secret(word))
    ]
    if not right:
        raise Broken(f"{customer.number}: a change of the password was lost")
    tally["passwords kept"] += 1
    if not customer.doubtful and customer.live is None and profile.live_session is not None:
        raise Broken(f"{customer.number}: a logout was lost")
    if customer.live is not None:
        live = profile.live_session
        if live is None or live.handle != handle_of(customer.live.sid or ""):
            raise Broken(f"{customer.number}: a login was lost")


async def check_served(ground: Ground, book: Book, tally: Counter[str], *, sessions_may_end: bool) -> None:
    """What is over stays over, and who is inside stays inside."""
    async with httpx.AsyncClient(base_url=ground.nodes[1].url, timeout=20) as http:
        fresh = FrontEnd(http, *ground.nodes[0].credentials())
        await fresh.sign_in()
        for front in book.ended[-SAMPLE:]:
            again = await front_at(front, http, fresh).logout()
            if again.status_code not in {400, 401}:
                raise Broken(f"a session that was ended answers {again.status_code}")
            tally["ended sessions tried"] += 1
        for uuid, sid in list(book.uuids.items())[-SAMPLE:]:
            again = await fresh.call("retrieve_public_key", headers=fresh.headers(uuid=uuid, sid=sid))
            if again.status_code not in {400, 401}:
                raise Broken(f"request id {uuid} was accepted again: {again.status_code}")
            tally["request ids tried"] += 1
        for customer in book.customers:
            if customer.live is None:
                continue
            out = await front_at(customer.live, http, fresh).logout()
            if out.status_code != 204 and not sessions_may_end:
                raise Broken(f"a session of {customer.number} was lost: {out.text}")
            tally["sessions that went on"] += out.status_code == 204


def front_at(front: FrontEnd, http: httpx.AsyncClient, fresh: FrontEnd) -> FrontEnd:
    """The front end at one node, with an access token that is good."""
    front.http, front.token = http, fresh.token
    return front
