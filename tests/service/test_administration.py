"""Operators' work on customers: shown without secrets, locked and unlocked with a reason, recorded."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from tests.service.importing import NOW, NUMBER, PASSWORD, PIN, House, bare, company, phone, record

from aldaba.domain.credentials import judge_pin
from aldaba.domain.decoy import decoy_profile
from aldaba.domain.lockout import Lifter, LockKind
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import (
    AccessProfile,
    CredentialState,
    LastLogin,
    LiveSession,
    standing_locks,
)
from aldaba.domain.refusals import BackendFailed, Reason, Refused
from aldaba.domain.session import open_session
from aldaba.service.audit import CustomerChanged, EventType
from aldaba.service.personal import personal_data
from aldaba.service.ports import Transaction

ACTOR = "cli:ana"


async def known(house: House, representative: str = "") -> AccessProfile:
    profile = await house.profile(NUMBER, representative)
    assert profile is not None
    return profile


async def with_session(house: House, representative: str = "") -> None:
    """Give the profile a live session."""
    session = open_session("handle-1", "app", "MBK", NOW, CLASSIC.session)

    def placed(act: Transaction) -> None:
        act.sessions.place(replace(session, handle="old", successor="handle-1"))
        act.sessions.place(session)

    await house.store.run(placed)
    await house.administration.unlock(NUMBER, "to have a profile", ACTOR, representative=representative)
    live = replace(await known(house, representative), live_session=LiveSession("handle-1", NOW))
    await house.save(live)


async def refused(act: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value


class TestShowing:
    def test_everything_is_shown_but_the_secrets(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await house.administration.lock(NUMBER, LockKind.DAY, "asked for", ACTOR)
            view = await house.administration.show(NUMBER)
            assert view.phones[0].number == "+52 ******3218"
            assert (view.cards[0].last4, view.cards[0].has_pin) == ("9992", True)
            assert view.token is not None
            assert view.token.serial == "HT-0001"
            (profile,) = view.profiles
            assert profile.next_action == "unlock"
            assert {lock.kind for lock in profile.locks} == {"D"}
            assert profile.pin.state == "A"
            told = msgspec.json.encode(view).decode()
            for secret in (PIN, PASSWORD, "5556093218", "argon2", "31" * 20):
                assert secret not in told

        asyncio.run(story())

    def test_a_customer_without_profile_and_a_company_are_shown_too(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(company())
            view = await house.administration.show(NUMBER)
            assert [(one.representative, one.locks) for one in view.profiles] == [("1", ())]
            assert await house.profile(representative="1") is None
            assert view.representatives == {"1": "ROSA LUNA", "2": "RAUL SOTO"}
            assert view.token is None

        asyncio.run(story())

    def test_the_last_login_and_a_temporary_pin_are_shown(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await house.administration.temporary_pin(NUMBER, "why", ACTOR)
            await house.save(replace(await known(house), last_login=LastLogin(NOW, "MBK")))
            (profile,) = (await house.administration.show(NUMBER)).profiles
            assert profile.last_login == NOW
            assert profile.temporary_pin_until is not None
            assert profile.pin.expired == "reset"
            house.later(hours=73)
            (profile,) = (await house.administration.show(NUMBER)).profiles
            assert profile.temporary_pin_until is None

        asyncio.run(story())


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.show("404"),
        lambda desk: desk.lock("404", LockKind.DAY, "why", ACTOR),
        lambda desk: desk.unlock("404", "why", ACTOR),
        lambda desk: desk.temporary_pin("404", "why", ACTOR),
        lambda desk: desk.remove("404", "why", ACTOR),
        lambda desk: desk.lock(NUMBER, LockKind.DAY, "why", ACTOR, "7"),
        lambda desk: desk.temporary_pin(NUMBER, "why", ACTOR, "7"),
    ],
)
def test_nobody_is_found_under_a_number_nobody_has(act: Callable[[object], Awaitable[object]]) -> None:
    async def story() -> None:
        house = House()
        await house.take(record())
        events = len(house.store.events)
        told = await refused(act(house.administration))
        assert told.reason is Reason.CUSTOMER_UNKNOWN
        assert len(house.store.events) == events

    asyncio.run(story())


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_demanded(reason: str) -> None:
    async def story() -> None:
        desk = House().administration
        for act in (
            desk.lock(NUMBER, LockKind.DAY, reason, ACTOR),
            desk.unlock(NUMBER, reason, ACTOR),
            desk.temporary_pin(NUMBER, reason, ACTOR),
            desk.remove(NUMBER, reason, ACTOR),
        ):
            assert (await refused(act)).location == "reason"

    asyncio.run(story())


class TestLocking:
    @pytest.mark.parametrize("kind", list(LockKind))
    def test_a_lock_makes_the_profile_ends_the_session_and_is_recorded(self, kind: LockKind) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await with_session(house)
            await house.administration.lock(NUMBER, kind, "phone stolen", ACTOR)
            profile = await known(house)
            assert {lock.kind for lock in standing_locks(profile, NOW)} == {kind}
            assert profile.live_session is None
            assert await house.sessions.find("handle-1", NOW) is None
            event = house.store.events[-1]
            assert event.type is EventType.CUSTOMER_CHANGED
            assert event.payload == CustomerChanged(f"lock {kind}", "phone stolen")
            assert (event.actor, event.customer_id, event.ccs_id) == (ACTOR, NUMBER, profile.ccs_id)

        asyncio.run(story())

    def test_a_decoy_in_the_profiles_place_gives_way(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await house.save(decoy_profile(house.ccs_id(), b"\0" * 32, NOW, CLASSIC))
            await house.administration.lock(NUMBER, LockKind.PREVENTIVE, "why", ACTOR)
            profile = await known(house)
            assert not profile.decoy
            assert house.matches(profile.pin.sealed, PIN, "pin")

        asyncio.run(story())

    def test_a_company_is_locked_whole_or_one_representative(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(company())
            await house.administration.lock(NUMBER, LockKind.DAY, "why", ACTOR, "2")
            assert await house.profile(NUMBER, "1") is None
            assert standing_locks(await known(house, "2"), NOW)
            await house.administration.lock(NUMBER, LockKind.PREVENTIVE, "why", ACTOR)
            for person in ("", "1", "2"):
                assert (await known(house, person)).lock is not None

        asyncio.run(story())

    def test_the_only_representative_is_the_company(self) -> None:
        async def story() -> None:
            house = House()
            people = [{"id": "1", "name": "ROSA LUNA"}]
            await house.take(company() | {"legalRepresentatives": people})
            await house.administration.lock(NUMBER, LockKind.PREVENTIVE, "why", ACTOR)
            assert await house.profile(NUMBER) is None
            assert (await known(house, "1")).lock is not None

        asyncio.run(story())


class TestUnlocking:
    def test_a_security_officer_lifts_every_lock(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await house.administration.lock(NUMBER, LockKind.PREVENTIVE, "why", ACTOR)
            await house.administration.lock(NUMBER, LockKind.INDEFINITE, "why", ACTOR)
            done = await house.administration.unlock(NUMBER, "found", ACTOR)
            assert {lock.kind for lock in done.lifted} == {LockKind.PREVENTIVE, LockKind.INDEFINITE}
            assert done.standing == ()
            assert standing_locks(await known(house), NOW) == ()

        asyncio.run(story())

    def test_the_help_desk_leaves_a_preventive_lock(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await house.administration.lock(NUMBER, LockKind.PREVENTIVE, "why", ACTOR)
            done = await house.administration.unlock(NUMBER, "asked", ACTOR, Lifter.HELP_DESK)
            assert done.lifted == ()
            assert [lock.kind for lock in done.standing] == [LockKind.PREVENTIVE]
            assert (await known(house)).lock is not None

        asyncio.run(story())


class TestTemporaryPin:
    def test_it_goes_to_the_certified_best_phone_and_nowhere_else(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await with_session(house)
            sent = await house.administration.temporary_pin(NUMBER, "why", ACTOR)
            ((to, channel, text, pin),) = house.outbox.sent
            assert (to, channel) == ("+525556093218", "sms")
            assert pin in text
            personal = personal_data(house.vault.ring, await house.known(), "")
            assert judge_pin(pin, CLASSIC, personal, frozenset()) is None
            assert sent.phone == "+52 ******3218"
            assert pin not in repr(sent)
            profile = await known(house)
            assert profile.temporary_pin is not None
            assert house.matches(profile.temporary_pin.sealed, pin, "temporary-pin")
            assert profile.temporary_pin.expires_at == sent.expires_at
            assert profile.password.state is CredentialState.RESTARTED
            assert await house.sessions.find("handle-1", NOW) is None
            assert pin not in repr(house.store.events)
            assert house.store.events[-1].payload == CustomerChanged("temporary PIN", "why")

        asyncio.run(story())

    def test_nothing_changes_when_it_cannot_be_delivered(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            house.outbox.down = True
            with pytest.raises(BackendFailed, match="delivery"):
                await house.administration.temporary_pin(NUMBER, "why", ACTOR)
            assert await house.profile() is None
            assert len(house.store.events) == 1

        asyncio.run(story())

    @pytest.mark.parametrize(
        "phones",
        [
            [],
            [phone(certified=False)],
            [phone(best=False)],
            [phone(certifiedAt=(NOW - timedelta(hours=23)).isoformat())],
        ],
    )
    def test_without_a_best_phone_certified_long_enough_it_is_refused(self, phones: list[object]) -> None:
        async def story() -> None:
            house = House()
            await house.take(record(phones=phones))
            told = await refused(house.administration.temporary_pin(NUMBER, "why", ACTOR))
            assert (told.reason, told.location) == (Reason.RULE_BROKEN, "phones")

        asyncio.run(story())

    def test_of_several_representatives_one_must_be_named(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(company(phones=[phone()]))
            told = await refused(house.administration.temporary_pin(NUMBER, "why", ACTOR))
            assert told.location == "representative"
            await house.administration.temporary_pin(NUMBER, "why", ACTOR, "2")
            assert (await known(house, "2")).temporary_pin is not None

        asyncio.run(story())

    def test_a_pin_the_policy_would_refuse_is_drawn_again(self) -> None:
        async def story() -> None:
            drawn = iter([bytes(16), bytes([*bytes(15), 9])])
            house = House(lambda size: next(drawn, None) or os.urandom(size))
            await house.take(bare(phones=[phone()]))
            await house.administration.temporary_pin(NUMBER, "why", ACTOR)
            pin = house.outbox.sent[0][3]
            assert pin not in {"10000000", "10000009"}

        asyncio.run(story())


def test_removing_leaves_nothing_but_the_audit() -> None:
    async def story() -> None:
        house = House()
        await house.take(record(), bare(customerId="2"))
        await with_session(house)
        await house.administration.remove(NUMBER, "closed its accounts", ACTOR)
        assert await house.customer() is None
        assert await house.profile() is None
        assert await house.store.read(lambda act: act.devices.of(NUMBER)) == ()
        assert await house.store.read(lambda act: act.tokens.of(NUMBER)) is None
        assert await house.sessions.find("handle-1", NOW) is None
        assert await house.customer("2") is not None
        assert house.store.events[-1].payload == CustomerChanged("remove", "closed its accounts")

    asyncio.run(story())
