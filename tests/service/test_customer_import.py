"""The import: all or nothing per line, re-import, conflicts, profiles that are there, bounded memory."""

import asyncio
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from tests.service.importing import (
    CARD,
    HASH,
    NOW,
    NUMBER,
    PASSWORD,
    PIN,
    House,
    bare,
    card,
    company,
    lines,
    record,
    token,
)

from aldaba.crypto.passwords import verify_password
from aldaba.domain.customer import InitialAccess
from aldaba.domain.identifiers import luhn_valid
from aldaba.domain.profile import AccessProfile
from aldaba.domain.token import TokenStatus
from aldaba.service.audit import CustomersImported
from aldaba.service.customer_import import LINES_PER_ACT, REFUSALS_KEPT, Progress, Refusal
from aldaba.service.lookup_digests import card_digests, phone_digests
from aldaba.service.ports import Taken
from aldaba.service.records import (
    open_card_pin,
    open_phone,
    open_token_seed,
)
from aldaba.store.memory import MemoryStore, MemoryTransaction

T = TypeVar("T")


class TestOneLine:
    def test_everything_it_says_is_kept_and_no_secret_in_clear(self) -> None:
        async def story() -> None:
            house = House()
            report = await house.take(record())
            assert (report.accepted, report.refused) == (1, ())
            customer, ring = await house.known(), house.vault.ring
            assert customer.name == "ARTURO HERNANDEZ RAMIREZ"
            assert customer.registration_status == "1"
            (kept_phone,), (kept_card,) = customer.phones, customer.cards
            assert open_phone(ring, kept_phone.sealed) == "5556093218"
            assert kept_phone.digest == phone_digests(ring, "+52", "5556093218").current
            assert (kept_card.last4, kept_card.digest) == (CARD[-4:], card_digests(ring, CARD).current)
            assert verify_password(open_card_pin(ring, kept_card.nip or "", kept_card.digest), "1234")
            access = customer.access or InitialAccess()
            assert house.matches(access.pin, PIN, "pin")
            assert house.matches(access.password, PASSWORD, "password")
            assert access.temporary_pin is None
            for secret in (PIN, PASSWORD, CARD, "5556093218"):
                assert secret not in repr(customer)

        asyncio.run(story())

    def test_devices_and_token_are_assigned(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record(devices=[{"deviceId": "phone-1"}]))
            device = await house.store.read(lambda act: act.devices.by_application_id("phone-1"))
            held = await house.store.read(lambda act: act.tokens.of(NUMBER))
            assert device is not None
            assert (device.customer_id, device.vasco_id) == (NUMBER, "phone-1")
            assert held is not None
            assert held.status is TokenStatus.HARD_ACTIVE
            assert open_token_seed(house.vault.ring, held.sealed_secret, held.serial) == b"1" * 20

        asyncio.run(story())

    def test_no_profile_is_made_before_the_first_prelogin(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            assert await house.profile() is None

        asyncio.run(story())

    def test_a_company_keeps_each_representatives_credentials_apart(self) -> None:
        async def story() -> None:
            house = House()
            people = [
                {"id": "1", "name": "ROSA LUNA", "access": {"pin": PIN}},
                {"id": "2", "name": "RAUL SOTO", "access": {"password": PASSWORD}},
            ]
            await house.take(company() | {"legalRepresentatives": people})
            first, second = (await house.known()).representatives
            assert first.access is not None
            assert second.access is not None
            assert house.matches(first.access.pin, PIN, "pin", "1")
            assert house.matches(second.access.password, PASSWORD, "password", "2")

        asyncio.run(story())


class TestPolicy:
    @pytest.mark.parametrize(
        ("access", "rule"),
        [
            ({"pin": "12345678"}, "access.pin: against the policy (sequence)"),
            ({"pin": "1234"}, "access.pin: against the policy (length)"),
            ({"temporaryPin": "02030203"}, "access.temporaryPin: against the policy (leading zero)"),
            ({"pin": "14702580"}, "access.pin: against the policy (blocklist)"),
            ({"pin": NUMBER}, "access.pin: against the policy (equal neighbours)"),
            ({"pin": "56093218"}, "access.pin: against the policy (personal data)"),
            ({"password": "ramirez29"}, "access.password: against the policy (personal data)"),
            ({"password": "short1"}, "access.password: against the policy (length)"),
        ],
    )
    def test_a_clear_secret_that_the_policy_refuses_refuses_the_line(
        self, access: dict[str, str], rule: str
    ) -> None:
        async def story() -> None:
            house = House()
            report = await house.take(record(access=access))
            assert report.refused == (Refusal(1, rule),)
            assert await house.customer() is None

        asyncio.run(story())

    def test_what_is_stored_already_counts_as_personal_too(self) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            report = await house.take(bare(access={"pin": "56093218"}))
            assert report.refused[0].reason == "access.pin: against the policy (personal data)"

        asyncio.run(story())

    def test_without_the_policy_such_a_secret_is_taken(self) -> None:
        async def story() -> None:
            house = House()
            report = await house.take(record(access={"pin": "12345678"}), enforce_policy=False)
            assert report.accepted == 1
            access = (await house.known()).access
            assert access is not None
            assert house.matches(access.pin, "12345678", "pin")

        asyncio.run(story())


class Racing(MemoryStore):
    """Another writer takes an id in the middle of the first acts."""

    def __init__(self, races: int) -> None:
        super().__init__(lambda: NOW)
        self._races = races

    async def run(self, act: Callable[[MemoryTransaction], T]) -> T:
        if self._races:
            self._races -= 1
            raise Taken("card")
        return await super().run(act)


class TestConflicts:
    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"cards": [card()]}, "cards[0].number: belongs to another customer"),
            ({"devices": [{"vascoDeviceId": "f96dd4b2dc083008"}]}, "devices[0]: belongs to another customer"),
            ({"token": token()}, "token.serial: belongs to another customer"),
            ({"token": token(serial="X", secretHex=...)}, "token.secretHex: required for a serial"),
        ],
    )
    @pytest.mark.parametrize("dry_run", [False, True])
    def test_what_belongs_to_another_customer_refuses_the_whole_line(
        self, given: dict[str, Any], reason: str, dry_run: bool
    ) -> None:
        async def story() -> None:
            house = House()
            await house.take(record())
            report = await house.take(bare(customerId="99", **given), dry_run=dry_run)
            assert report.accepted == 0
            assert report.refused[0].reason.startswith(reason)
            assert await house.customer("99") is None

        asyncio.run(story())

    def test_a_bad_line_between_good_ones_undoes_nothing_else(self) -> None:
        async def story() -> None:
            house = House()
            given = lines([record(), bare(customerId="2", cards=[card()]), bare(customerId="3")])
            given.insert(1, b"{}")
            given.insert(2, b"  ")
            report = await house.importing.import_lines(given, actor="cli:root")
            assert report.accepted == 2
            assert [refusal.line for refusal in report.refused] == [2, 4]
            assert await house.customer("2") is None
            assert await house.customer("3") is not None
            (event,) = house.store.events
            assert event.payload == CustomersImported(accepted=2, refused=2)
            assert event.actor == "cli:root"

        asyncio.run(story())

    def test_a_dry_run_says_the_same_and_changes_nothing(self) -> None:
        async def story() -> None:
            house = House()
            report = await house.take(record(), bare(customerId="x"), dry_run=True)
            assert (report.accepted, report.refused_count) == (1, 1)
            assert await house.customer() is None
            assert house.store.events == []

        asyncio.run(story())

    @pytest.mark.parametrize(("races", "accepted"), [(1, 2), (2, 1)])
    def test_a_writer_who_came_between_costs_only_the_line_it_concerns(
        self, races: int, accepted: int
    ) -> None:
        async def story() -> None:
            house = House(store=Racing(races))
            report = await house.take(bare(), bare(customerId="2"))
            assert report.accepted == accepted
            told = [Refusal(1, "card: belongs to another customer")][: races - 1]
            assert list(report.refused) == told

        asyncio.run(story())

    def test_a_profile_left_from_before_stays_as_it_is(self) -> None:
        async def story() -> None:
            house = House()
            left = AccessProfile(house.ccs_id(), NUMBER, "", NOW, NOW)
            await house.save(left)
            await house.take(bare())
            assert await house.profile() == left

        asyncio.run(story())

    def test_an_import_of_nothing_leaves_no_trace(self) -> None:
        async def story() -> None:
            house = House()
            report = await house.importing.import_lines([b"", b" "])
            assert (report.accepted, report.refused_count) == (0, 0)
            assert house.store.events == []

        asyncio.run(story())


class TestManyLines:
    def test_progress_is_told_after_each_act(self) -> None:
        async def story() -> None:
            house, told = House(), list[Progress]()
            given = lines(bare(customerId=str(number)) for number in range(1, LINES_PER_ACT + 3))
            await house.importing.import_lines(given, on_progress=told.append)
            assert [progress.lines for progress in told] == [LINES_PER_ACT, LINES_PER_ACT + 2]
            assert told[-1].size == sum(map(len, given))
            assert told[-1].accepted == LINES_PER_ACT + 2

        asyncio.run(story())

    def test_the_report_keeps_only_so_many_refusals_and_counts_all(self) -> None:
        async def story() -> None:
            report = await House().importing.import_lines([b"{}"] * (REFUSALS_KEPT + 7))
            assert len(report.refused) == REFUSALS_KEPT
            assert report.refused_count == REFUSALS_KEPT + 7

        asyncio.run(story())

    def test_twenty_thousand_lines_need_no_more_memory_than_a_few(self) -> None:
        async def story() -> int:
            house = House()
            tracemalloc.start()
            # A dry run: what a store in memory itself keeps is not the import's.
            report = await house.importing.import_lines(_stream(20_000), dry_run=True)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert report.accepted == 20_000
            return peak

        assert asyncio.run(story()) < 12 * 1024 * 1024


def _stream(count: int) -> Iterator[bytes]:
    for number in range(count):
        stem = f"52041{number:010}"
        digits = next(stem + digit for digit in "0123456789" if luhn_valid(stem + digit))
        given = bare(
            customerId=str(10_000_000 + number),
            cards=[{"number": digits, "expires": "0530", "nipHash": HASH}],
            access={"pinHash": HASH, "passwordHash": HASH},
        )
        yield json.dumps(given).encode()
