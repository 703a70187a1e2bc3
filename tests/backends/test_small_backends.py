"""Hashing on threads, a fixed risk verdict, the embedded directory, the list of common secrets."""

import asyncio
import os
from datetime import UTC, datetime

import pytest

from aldaba.backends.blocklist import common_secrets
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.backends.hashing import ThreadedHasher
from aldaba.backends.risk import FixedRisk
from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.passwords import CHEAPEST, HashParameters, UnacceptableHash
from aldaba.domain.credentials import PersonalData, judge_password, judge_pin
from aldaba.domain.customer import Card, CardStatus, Customer, CustomerType
from aldaba.domain.policy import CLASSIC, MODERN
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.lookup_digests import card_digests
from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict
from aldaba.store.memory import MemoryStore

RING = Keyring.generate(KeyName, os.urandom, now_id="k1")
NOBODY = PersonalData((), (), lambda _: False)
NUMBER = "5204164299999992"


class TestHashing:
    def test_only_the_right_secret_verifies(self) -> None:
        async def story() -> tuple[bool, bool]:
            hasher = ThreadedHasher(CHEAPEST, 2)
            phc = await hasher.hash(Secret("mobile20x"))
            answers = (
                await hasher.verify(phc, Secret("mobile20x")),
                await hasher.verify(phc, Secret("other20x")),
            )
            hasher.close()
            return answers

        assert asyncio.run(story()) == (True, False)

    def test_nothing_matches_where_there_is_no_hash(self) -> None:
        async def story() -> bool:
            hasher = ThreadedHasher(CHEAPEST, 1)
            answer = await hasher.verify(None, Secret(""))
            hasher.close()
            return answer

        assert not asyncio.run(story())

    def test_of_many_at_once_only_so_many_wait_and_the_rest_are_told_at_once(self) -> None:
        async def story() -> list[bool | BaseException]:
            hasher = ThreadedHasher(CHEAPEST, 1, waiting=3)
            phc = await hasher.hash(Secret("x"))
            tries = (hasher.verify(phc, Secret("x")) for _ in range(10))
            answers = await asyncio.gather(*tries, return_exceptions=True)
            assert await hasher.verify(phc, Secret("x"))
            hasher.close()
            return answers

        answers = asyncio.run(story())
        assert answers[:3] == [True] * 3
        assert {str(each) for each in answers[3:]} == {"hashing"}

    def test_a_hash_of_other_parameters_needs_rehashing(self) -> None:
        async def story() -> tuple[bool, bool]:
            hasher, dearer = ThreadedHasher(CHEAPEST, 1), ThreadedHasher(HashParameters(16, 1), 1)
            phc = await hasher.hash(Secret("x"))
            answers = hasher.needs_rehash(phc), dearer.needs_rehash(phc)
            hasher.close()
            dearer.close()
            return answers

        assert asyncio.run(story()) == (False, True)

    def test_a_string_that_is_no_hash_is_an_error_and_not_a_wrong_password(self) -> None:
        async def story() -> None:
            hasher = ThreadedHasher(CHEAPEST, 1)
            try:
                await hasher.verify("md5", Secret("x"))
            finally:
                hasher.close()

        with pytest.raises(UnacceptableHash):
            asyncio.run(story())

    def test_a_closed_hasher_is_our_fault_and_not_the_customers(self) -> None:
        async def story() -> None:
            hasher = ThreadedHasher(CHEAPEST, 1)
            hasher.close()
            await hasher.verify(None, Secret("x"))

        with pytest.raises(HouseUnavailable, match="hashing"):
            asyncio.run(story())


def test_a_fixed_risk_always_says_the_same() -> None:
    question = RiskQuestion("1", "MBK", "pin", False, False, None, None, None)
    answer = asyncio.run(FixedRisk(Verdict.DENY, ("away",)).assess(question))
    assert answer == RiskAnswer(Verdict.DENY, ("away",))


def test_the_embedded_directory_finds_by_number_and_by_card() -> None:
    card = Card(card_digests(RING, NUMBER).current, b"", NUMBER[-4:], "0530", CardStatus.ACTIVE)
    customer = Customer("15000010", "ARTURO HERNANDEZ", CustomerType.INDIVIDUAL, cards=(card,))

    async def story() -> list[Customer | None]:
        store = MemoryStore(lambda: datetime(2026, 3, 10, tzinfo=UTC))
        await store.run(lambda transaction: transaction.customers.save(customer))
        directory = EmbeddedDirectory(store, lambda: RING)
        await directory.session_ended("15000010")
        return [
            await directory.by_number("15000010"),
            await directory.by_number("15000011"),
            await directory.by_card(NUMBER),
            await directory.by_card("5204164299999984"),
        ]

    assert asyncio.run(story()) == [customer, None, customer, None]


class TestCommonSecrets:
    def test_there_are_many_and_they_are_folded(self) -> None:
        secrets = common_secrets()
        assert len(secrets) >= 1_500
        assert "contrasena2025" in secrets
        assert "contraseña2025" not in secrets

    def test_a_common_pin_and_a_common_password_are_refused(self) -> None:
        assert judge_pin("14702580", CLASSIC, NOBODY, common_secrets()) == "blocklist"
        assert judge_pin("15091985", CLASSIC, NOBODY, common_secrets()) == "blocklist"
        assert judge_password("Contraseña2025", CLASSIC, NOBODY, common_secrets()) == "blocklist"
        assert judge_password("correcthorsebatterystaple", MODERN, NOBODY, common_secrets()) == "blocklist"

    def test_the_documented_example_stays_usable(self) -> None:
        assert judge_pin("30203021", CLASSIC, NOBODY, common_secrets()) is None
        assert judge_password("mobile20x", CLASSIC, NOBODY, common_secrets()) is None

    def test_every_entry_would_pass_without_the_list(self) -> None:
        for secret in common_secrets():
            judged = (
                judge_pin(secret, CLASSIC, NOBODY, frozenset()),
                judge_password(secret, CLASSIC, NOBODY, frozenset()),
                judge_password(secret, MODERN, NOBODY, frozenset()),
            )
            assert None in judged, secret
