"""The line to Valkey is cut at every script of an act, before it runs or after: out at worst, never in."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    done,
    entered,
    identified,
    introspected,
    recovering,
    shown,
    strong,
    told,
    with_code,
)
from tests.valkey_proxy import CuttingProxy
from tests.valkey_server import Valkey

from aldaba.domain.lockout import LockKind
from aldaba.domain.refusals import HouseUnavailable
from aldaba.sandbox.bank import PASSWORD
from aldaba.store.redis.server import script

CUSTOMER = "15000010"
AWAY = "500 serverUnavailable fatal"
BEFORE_OR_AFTER = pytest.mark.parametrize("ran", [False, True], ids=["before", "after"])

Story = Callable[[Bank, CuttingProxy], Awaitable[None]]
Telling = Callable[[Story], None]


@pytest.fixture
def telling(open_bank: OpenBank, valkey: Valkey) -> Telling:
    """Tells a story on a house whose line to Valkey can be cut."""
    valkey.flush()
    for name in "claim touch open change hold suspend place erase point bury release".split():
        valkey.client.script_load(script(name).text)

    async def told_on(story: Story) -> None:
        async with CuttingProxy(valkey.url) as proxy, open_bank(**{"redis.url": proxy.url}) as bank:
            await story(bank, proxy)

    return lambda story: asyncio.run(told_on(story))


def uncharged(bank: Bank) -> None:
    profile = Ledger(bank).profile(CUSTOMER)
    assert (profile.failures, profile.password.guard.pending, profile.password.guard.lock) == (0, (), None)


LOGIN = [("claim", 1), ("touch", 1), ("hold", 1), ("hold", 2), ("point", 1), ("place", 1), ("place", 2)]


@BEFORE_OR_AFTER
@pytest.mark.parametrize(("name", "nth"), LOGIN)
def test_a_login_that_is_cut_is_made_again_in_the_same_session(
    telling: Telling, name: str, nth: int, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await identified(bank, CUSTOMER)
        proxy.cut(name, ran=ran, nth=nth)
        assert told(await front.login(CUSTOMER, PASSWORD)) == AWAY
        assert proxy.cuts[name] == 1
        uncharged(bank)
        done(await front.login(CUSTOMER, PASSWORD))
        assert (await introspected(front))["customerId"] == CUSTOMER
        uncharged(bank)

    telling(story)


@BEFORE_OR_AFTER
@pytest.mark.parametrize(("name", "nth"), LOGIN)
def test_a_login_that_is_cut_locks_nobody_out(telling: Telling, name: str, nth: int, *, ran: bool) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await identified(bank, CUSTOMER)
        proxy.cut(name, ran=ran, nth=nth)
        assert told(await front.login(CUSTOMER, PASSWORD)) == AWAY
        other = await identified(bank, CUSTOMER)
        answer = await other.login(CUSTOMER, PASSWORD)
        if (name, nth, ran) == ("place", 2, True):
            # Everything was done and only the answer lost: the customer has a session, as in one database.
            assert answer.json()["code"] == "8008"
            await bank.advance("PT5M1S")
            done(await (await identified(bank, CUSTOMER)).login(CUSTOMER, PASSWORD))
        else:
            done(answer)
        uncharged(bank)

    telling(story)


def test_a_wrong_password_is_charged_once_whatever_is_cut(telling: Telling) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await identified(bank, CUSTOMER)
        for name in ("claim", "touch"):
            proxy.cut(name, ran=True)
            assert told(await front.login(CUSTOMER, "wrong20x")) == AWAY
        uncharged(bank)
        assert (await front.login(CUSTOMER, "wrong20x")).status_code == 401
        assert Ledger(bank).profile(CUSTOMER).failures == 1

    telling(story)


ENDING = [("hold", 1), ("suspend", 1), ("erase", 1)]


async def never_in(bank: Bank, front: Recovering, *, ended: bool) -> None:
    """Whoever was ended durably is out, and whoever is out can come in again."""
    inside = bool((await introspected(front))["active"])
    assert not (ended and inside)
    if not inside:
        await (await entered(bank, CUSTOMER)).logout()


@BEFORE_OR_AFTER
@pytest.mark.parametrize(("name", "nth"), ENDING)
def test_a_logout_that_is_cut_never_leaves_a_session_that_was_ended(
    telling: Telling, name: str, nth: int, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await entered(bank, CUSTOMER)
        proxy.cut(name, ran=ran, nth=nth)
        assert told(await front.logout()) == AWAY
        assert proxy.cuts[name] == 1
        await never_in(bank, front, ended=Ledger(bank).profile(CUSTOMER).live_session is None)

    telling(story)


@BEFORE_OR_AFTER
@pytest.mark.parametrize(("name", "nth"), ENDING)
def test_a_customer_whom_the_desk_locks_is_never_left_inside(
    telling: Telling, name: str, nth: int, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await entered(bank, CUSTOMER)
        proxy.cut(name, ran=ran, nth=nth)
        with pytest.raises(HouseUnavailable):
            await bank.house.administration.lock(CUSTOMER, LockKind.PREVENTIVE, "phone stolen", "a test")
        locked = Ledger(bank).profile(CUSTOMER).lock is not None
        assert locked == (name == "erase")
        assert not (locked and (await introspected(front))["active"])
        await bank.house.administration.lock(CUSTOMER, LockKind.PREVENTIVE, "phone stolen", "a test")
        assert await introspected(front) == {"active": False}

    telling(story)


@BEFORE_OR_AFTER
@pytest.mark.parametrize(
    ("name", "nth"), [("claim", 1), ("touch", 1), ("hold", 1), ("place", 1), ("hold", 2), ("place", 2)]
)
def test_a_challenge_that_is_cut_is_passed_once_at_most(
    telling: Telling, name: str, nth: int, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await entered(bank, CUSTOMER)
        question = await front.question()
        response = await shown(bank, CUSTOMER, question)
        proxy.cut(name, ran=ran, nth=nth)
        assert told(await front.respond(question, response)) == AWAY
        assert proxy.cuts[name] == 1
        # Whatever was ours to lose, no try at the token is left over.
        assert Ledger(bank).token(CUSTOMER).guard.pending == ()
        passed = (await introspected(front))["aal"] == 2
        assert passed == ((name, nth) == ("place", 2) and ran)
        if passed:
            assert (await front.respond(question, response)).status_code == 422
        second = await front.question()
        done(await front.respond(second, await shown(bank, CUSTOMER, second)))
        assert Ledger(bank).token(CUSTOMER).guard.lock is None

    telling(story)


@BEFORE_OR_AFTER
@pytest.mark.parametrize(
    ("name", "nth"), [("change", 1), ("hold", 1), ("hold", 2), ("suspend", 1), ("erase", 1), ("place", 1)]
)
def test_new_access_that_is_cut_counts_once_and_ends_what_lived(
    telling: Telling, name: str, nth: int, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        living = await entered(bank, CUSTOMER)
        front, code = await with_code(bank, CUSTOMER)
        before = Ledger(bank).profile(CUSTOMER).password.changes
        proxy.cut(name, ran=ran, nth=nth)
        assert told(await front.new_access(code, NEW_PASSWORD)) == AWAY
        assert proxy.cuts[name] == 1
        changed = Ledger(bank).profile(CUSTOMER).password.changes > before
        assert changed == (name in {"erase", "place"})
        if changed:
            assert await introspected(living) == {"active": False}
            assert (await front.new_access(code, "puente77rojo")).status_code in {401, 422}
        else:
            done(await front.new_access(code, NEW_PASSWORD))
        assert Ledger(bank).profile(CUSTOMER).password.changes == before + 1
        done(await (await entered(bank, CUSTOMER, NEW_PASSWORD)).logout())
        uncharged(bank)

    telling(story)


@BEFORE_OR_AFTER
@pytest.mark.parametrize("name", ["claim", "open"])
def test_a_session_that_is_cut_while_it_opens_is_opened_again(
    telling: Telling, name: str, *, ran: bool
) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = bank.front_end()
        await front.sign_in()
        proxy.cut(name, ran=ran)
        headers = front.headers()
        assert told(await front.call("retrieve_public_key", headers=headers)) == AWAY
        again = await front.call("retrieve_public_key", headers=headers)
        assert again.status_code == (200 if (name, ran) == ("claim", False) else 400)
        assert (await recovering(bank)).sid

    telling(story)


def test_what_is_cut_in_a_strong_session_leaves_it_as_it_was(telling: Telling) -> None:
    async def story(bank: Bank, proxy: CuttingProxy) -> None:
        front = await strong(bank, CUSTOMER)
        proxy.cut("touch", ran=False)
        assert told(await front.status(CUSTOMER)) == AWAY
        assert (await introspected(front))["aal"] == 2

    telling(story)
