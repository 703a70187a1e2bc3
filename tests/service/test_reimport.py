"""A second import: what a line gives is updated; locks, credentials and the rest stay as they were."""

import asyncio
from dataclasses import replace
from typing import TypeVar

import pytest
from tests.service.importing import (
    CARD,
    HASH,
    NOW,
    NUMBER,
    OTHER_CARD,
    PASSWORD,
    PIN,
    House,
    bare,
    company,
    phone,
    record,
    token,
)

from aldaba.domain.customer import CardStatus, CustomerType, ElectronicBanking, InitialAccess
from aldaba.domain.decoy import decoy_profile
from aldaba.domain.lockout import LockCause, LockKind
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile, enrolled, locked
from aldaba.domain.token import TokenStatus

T = TypeVar("T")


async def with_profile(house: House) -> AccessProfile:
    """The profile a first prelogin would make."""
    customer = await house.known()
    profile = enrolled(customer, house.ccs_id(), "", customer.access, NOW, CLASSIC)
    await house.save(profile)
    return profile


class TestReimport:
    def test_a_line_updates_what_it_gives_and_leaves_the_rest(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record(email="a@b.mx", transmitCustomer=True))
            before = await house.known()
            await house.take(bare(name="ARTURO H RAMIREZ", blackListed=True))
            after = await house.known()
            assert after == replace(before, name="ARTURO H RAMIREZ", black_listed=True)
            held = await house.store.read(lambda act: (act.devices.of(NUMBER), act.tokens.of(NUMBER)))
            assert len(held[0]) == 1
            assert held[1] is not None

        asyncio.run(story())

    def test_a_card_given_without_its_pin_keeps_the_one_it_has(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            before = (await house.known()).cards[0].nip
            fresh = {"number": OTHER_CARD, "expires": "0128"}
            await house.take(bare(cards=[{"number": CARD, "expires": "0631", "status": "locked"}, fresh]))
            first, second = (await house.known()).cards
            assert (first.nip, first.expires, first.status) == (before, "0631", CardStatus.LOCKED)
            assert second.nip is None

        asyncio.run(story())

    def test_a_phone_given_without_its_date_keeps_the_one_it_has(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record(phones=[phone(certifiedAt="2026-03-10T10:00:00-06:00")]))
            undated = phone()
            del undated["certifiedAt"]
            await house.take(bare(phones=[undated]))
            dated = (await house.known()).phones[0].certified_at
            assert dated is not None
            assert dated.hour == 10
            await house.take(bare(phones=[phone(certifiedAt=None)]))
            assert (await house.known()).phones[0].certified_at is None

        asyncio.run(story())

    def test_a_device_keeps_its_key_and_standing_unless_the_line_speaks_of_them(self) -> None:
        async def story() -> None:
            house = House()
            jwk = {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }
            await house.take(record(devices=[{"deviceId": "d1", "publicKeyJwk": jwk, "blocked": True}]))
            await house.take(bare(devices=[{"deviceId": "d1"}]))
            (device,) = await house.store.read(lambda act: act.devices.of(NUMBER))
            assert (device.public_jwk, device.blocked) == (jwk, True)
            await house.take(bare(devices=[{"deviceId": "d1", "publicKeyJwk": None, "blocked": False}]))
            (device,) = await house.store.read(lambda act: act.devices.of(NUMBER))
            assert (device.public_jwk, device.blocked) == (None, False)

        asyncio.run(story())

    def test_a_token_keeps_its_seed_and_null_takes_it_away(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            before = await house.store.read(lambda act: act.tokens.of(NUMBER))
            await house.take(bare(token=token(secretHex=..., kind="soft", status=63)))
            after = await house.store.read(lambda act: act.tokens.of(NUMBER))
            assert before is not None
            assert after == replace(before, kind="soft", status=TokenStatus.SOFT_DEACTIVATED)
            await house.take(bare(token=token(serial="ST-2", kind="soft", status=66)))
            other = await house.store.read(lambda act: act.tokens.of(NUMBER))
            assert other is not None
            assert other.serial == "ST-2"
            await house.take(bare(token=None))
            assert await house.store.read(lambda act: act.tokens.of(NUMBER)) is None

        asyncio.run(story())

    def test_locks_and_credentials_stay_when_the_line_gives_none(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            profile = await with_profile(house)
            await house.save(locked(profile, LockKind.DAY, LockCause.FAILURES, NOW, CLASSIC))
            before = await house.profile()
            await house.take(bare(blackListed=True, access={"pin": None, "locked": None}))
            after = await house.profile()
            assert before is not None
            assert after is not None
            assert (after.pin, after.password, after.lock) == (before.pin, before.password, before.lock)

        asyncio.run(story())

    def test_a_given_credential_reaches_the_profile_and_a_lock_stays(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            profile = await with_profile(house)
            await house.save(locked(profile, LockKind.INDEFINITE, LockCause.FAILURES, NOW, CLASSIC))
            await house.take(bare(access={"pin": "40704070"}))
            after = await house.profile()
            assert after is not None
            assert house.matches(after.pin.sealed, "40704070", "pin")
            assert house.matches(after.password.sealed, PASSWORD, "password")
            assert after.pin.guard.locked(NOW)
            kept = (await house.known()).access or InitialAccess()
            assert house.matches(kept.pin, "40704070", "pin")
            assert house.matches(kept.password, PASSWORD, "password")

        asyncio.run(story())

    @pytest.mark.parametrize(
        "given", [{"pin": PIN, "password": PASSWORD, "locked": "I"}, {"pinHash": HASH, "passwordHash": HASH}]
    )
    def test_the_same_line_again_leaves_alone_what_was_changed_since(self, given: dict[str, str]) -> None:
        async def story() -> None:
            house = House()
            await house.take(bare(access=given))
            profile = await with_profile(house)
            changed = replace(profile, pin=replace(profile.pin, sealed="since changed"), lock=None)
            await house.save(changed)
            await house.take(bare(access=given))
            assert await house.profile() == changed
            await house.take(bare(access=given | {"temporaryPin": "50705070"}))
            after = await house.profile()
            assert after is not None
            assert (after.pin.sealed, after.lock) == ("since changed", None)
            assert after.temporary_pin is not None

        asyncio.run(story())

    def test_a_given_lock_and_temporary_pin_reach_the_profile(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await with_profile(house)
            await house.take(bare(access={"temporaryPin": "50705070", "locked": "I"}))
            after = await house.profile()
            assert after is not None
            assert after.temporary_pin is not None
            assert house.matches(after.temporary_pin.sealed, "50705070", "temporary-pin")
            assert after.lock is not None
            assert (after.lock.kind, after.lock.cause) == (LockKind.PREVENTIVE, LockCause.IMPORTED)

        asyncio.run(story())

    def test_imports_that_repeat_do_not_pile_up_history(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            await with_profile(house)
            for turn in range(10):
                await house.take(bare(access={"pin": f"4070{turn}0{turn}2"}))
            profile = await house.profile()
            assert profile is not None
            assert len(profile.pin.history) == CLASSIC.pin.history

        asyncio.run(story())

    def test_a_decoy_gives_way_to_the_real_customer(self) -> None:
        async def story() -> None:
            house = House()
            await house.save(decoy_profile(house.ccs_id(), b"\0" * 32, NOW, CLASSIC))
            await house.take(record())
            profile = await house.profile()
            assert profile is not None
            assert not profile.decoy
            assert house.matches(profile.pin.sealed, PIN, "pin")

        asyncio.run(story())

    def test_a_decoy_goes_where_the_customer_does_not_bank_electronically(self) -> None:
        async def story() -> None:
            house = House()
            await house.save(decoy_profile(house.ccs_id(), b"\0" * 32, NOW, CLASSIC))
            await house.take(record(electronicBanking="none"))
            assert await house.profile() is None
            assert (await house.known()).electronic_banking is ElectronicBanking.NONE

        asyncio.run(story())

    def test_a_representative_keeps_credentials_and_a_person_has_no_representatives(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(company())
            before = (await house.known()).representatives[0].access
            people = [{"id": "1", "name": "ROSA LUNA DIAZ"}]
            await house.take(company() | {"legalRepresentatives": people})
            (kept,) = (await house.known()).representatives
            assert (kept.name, kept.access) == ("ROSA LUNA DIAZ", before)
            await house.take(bare(name="ACEROS DEL NORTE", customerType=1506))
            assert (await house.known()).representatives == (kept,)
            await house.take(bare(customerType=1521))
            customer = await house.known()
            assert (customer.type, customer.representatives) == (CustomerType.SOLE_TRADER, ())

        asyncio.run(story())
