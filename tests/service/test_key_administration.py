"""Rotating and retiring on the memory store: what is asked, in which order, and what a no leaves."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from tests.store.houses import SetClock

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.policy import CLASSIC
from aldaba.service.key_administration import LASTING, SETTLING, KeyAdministration, SeveralKeys, UnknownKeyId
from aldaba.service.key_ports import Holding
from aldaba.service.key_supply import KeySupply, Purpose
from aldaba.store.memory import MemoryStore


@dataclass
class Chest:
    """Implements ``KeyChest``."""

    ring: Keyring = field(default_factory=lambda: Keyring.generate(KeyName, os.urandom, now_id="first"))

    def keyring(self) -> Keyring:
        return self.ring

    def change(self, rule: Callable[[Keyring], Keyring]) -> None:
        self.ring = rule(self.ring)


@dataclass
class Users:
    """Implements ``KeyUsers``: whatever a test says is held."""

    held: dict[tuple[str, str, str], int] = field(default_factory=dict)

    async def holdings(self, progress: Callable[[int], None]) -> Holding:
        progress(0)
        return self.held


class House:
    def __init__(self) -> None:
        self.clock, self.chest, self.users = SetClock(), Chest(), Users()
        self.store = MemoryStore(self.clock)
        self.known_with: list[set[str]] = []
        self.supply = KeySupply(self.store, self.chest, CLASSIC, self.clock, os.urandom)
        self.keys = KeyAdministration(
            self.store,
            self.chest,
            self.supply,
            self.users,
            CLASSIC,
            self.clock,
            os.urandom,
            known=self._known,
        )

    async def _known(self) -> None:
        await self.supply.refresh()
        self.known_with.append({self.supply.signing_key().kid, *self.supply.verification_keys()})

    def ids(self, name: str) -> list[str]:
        return [key.id for key in self.chest.ring.all(name)]


def told(story: Callable[[House], object]) -> None:
    async def run() -> None:
        house = House()
        await house.supply.prepare()
        await story(house)  # type: ignore[misc]  # any awaitable will do

    asyncio.run(run())


def test_every_server_can_verify_with_a_signing_key_before_one_signs_with_it() -> None:
    async def story(house: House) -> None:
        earlier = house.supply.signing_key().kid
        fresh = await house.keys.rotate("signing", "a test")
        assert house.known_with == [{earlier, fresh}]
        assert house.supply.signing_key().kid == fresh
        assert earlier in house.supply.verification_keys()

    told(story)


def test_a_signing_key_goes_when_its_last_token_has_expired_to_the_second() -> None:
    async def story(house: House) -> None:
        earlier = house.supply.signing_key().kid
        await house.keys.rotate("signing", "a test")
        rules = CLASSIC.access_token
        house.clock.forward(rules.life_seconds + rules.leeway_seconds - 1)
        (why,) = await house.keys.retire(earlier, "a test")
        assert "may live until" in why
        house.clock.forward(1)
        assert await house.keys.retire(earlier, "a test") == ()
        await house.supply.refresh()
        assert earlier not in house.supply.verification_keys()

    told(story)


def test_a_no_changes_nothing_and_names_every_reason() -> None:
    async def story(house: House) -> None:
        await house.keys.rotate("storage", "a test")
        house.users.held = {
            ("storage", "first", "profiles"): 7,
            ("storage", "first", "customers"): 0,
            ("otp", "first", "sessions"): 3,
        }
        reasons = await house.keys.retire("first", "a test", name="storage")
        assert len(reasons) == 2
        assert "begun before the rotation" in reasons[0]
        assert reasons[1] == "7 values in profiles need it; run `aldaba keys reseal`"
        assert house.ids("storage")[1:] == ["first"]
        house.clock.forward(SETTLING.total_seconds())
        house.users.held = {}
        assert await house.keys.retire("first", "a test", name="storage") == ()
        assert "first" not in house.ids("storage")
        assert house.ids("otp") == ["first"]

    told(story)


def test_an_id_that_is_unknown_or_means_several_keys_is_told() -> None:
    async def story(house: House) -> None:
        for key_id, name in (("none", None), ("first", "nothing")):
            with pytest.raises(UnknownKeyId):
                await house.keys.retire(key_id, "a test", name=name)
        for name in ("otp", "audit"):
            await house.keys.rotate(name, "a test")
        with pytest.raises(SeveralKeys) as several:
            await house.keys.retire("first", "a test")
        assert set(several.value.names) == {"otp", "audit"}

    told(story)


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_key_is_current_for_ever(name: KeyName) -> None:
    async def story(house: House) -> None:
        house.clock.forward(timedelta(days=1000).total_seconds())
        assert await house.keys.retire("first", "a test", name=name) != ()
        assert house.ids(name) == ["first"]

    told(story)


def test_an_e2e_key_goes_when_no_session_can_still_know_it() -> None:
    async def story(house: House) -> None:
        earlier = (await house.supply.current()).key_id
        await house.keys.rotate(Purpose.E2E, "a test")
        assert await house.keys.retire(earlier, "a test") != ()
        house.clock.forward(CLASSIC.session_life.total_seconds())
        house.users.held = {("e2e", earlier, "sessions"): 1}
        assert await house.keys.retire(earlier, "a test") == (
            "1 values in sessions need it; they end by themselves",
        )
        house.users.held = {}
        assert await house.keys.retire(earlier, "a test") == ()

    told(story)


def test_a_key_waits_until_what_is_kept_elsewhere_has_run_out() -> None:
    async def story(house: House) -> None:
        hour = timedelta(hours=1)
        keys = KeyAdministration(
            house.store,
            house.chest,
            house.supply,
            house.users,
            CLASSIC,
            house.clock,
            os.urandom,
            known=house.supply.refresh,
            settling=hour,
        )
        await keys.rotate("storage", "test")
        house.clock.forward(hour.total_seconds() - 1)
        assert "may still need it" in (await keys.retire("first", "test", name="storage"))[0]
        house.clock.forward(1)
        assert await keys.retire("first", "test", name="storage") == ()

    told(story)
