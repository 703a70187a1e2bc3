"""What the house has counted against a customer, a phone or a session: looked up in the store itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import cycle, islice, product
from typing import TypeVar

from tests.conftest import Bank
from tests.front_end import FrontEnd
from tests.recovery_front_end import Recovering

from aldaba.domain.profile import AccessProfile
from aldaba.domain.quotas import bank_day, sliding, stretch
from aldaba.domain.session import Session
from aldaba.domain.token import Token
from aldaba.service.arrivals import handle_of
from aldaba.service.code_sender import OPENING_TO_PHONE, SENT_TO_CUSTOMER, SENT_TO_PHONE
from aldaba.service.new_access import OTP_DAY
from aldaba.service.phone_certification import HOUR, TRIES_DAY
from aldaba.service.ports import Message
from aldaba.service.records import ccs_id_of, phone_key
from aldaba.service.recovery import CARD_DAY, PHONE_DAY
from aldaba.service.registration import Grant

T = TypeVar("T")
CHANNELS = ("MOVIL", "BNE", "IVR", "KIOSK", "TABLET")
APPLICATIONS = 5
AT_ONCE = 20


class Ledger:
    """Counts of one open bank."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def day(self, kind: str, of: str) -> int:
        """How many of this kind the bank's day has seen."""
        house = self._bank.house
        now = house.clock()
        name = bank_day(kind, of, now, house.policy.zone).name
        return house.store.read_blocking(lambda query: query.quotas.figure(name, now))

    def codes(self, customer: str) -> int:
        return self.day(OTP_DAY, self._ccs_id(customer))

    def cards(self, customer: str) -> int:
        return self.day(CARD_DAY, self._ccs_id(customer))

    def phones(self, customer: str) -> int:
        return self.day(PHONE_DAY, self._ccs_id(customer))

    def certifications(self, phone: str) -> int:
        return self.day(TRIES_DAY, phone_key(self._bank.house.vault.keyring(), phone))

    async def address(self, address: str) -> int:
        """What the address is charged with, wherever short counters are kept."""
        house = self._bank.house
        now = house.clock()
        window = sliding("address", address, now, house.policy.lockout.address_window_seconds)
        return round(await house.parts.tallies.slide(window, now, by=0))

    def sent(self, front: FrontEnd, customer: str, phone: str) -> tuple[int, int]:
        """Codes sent today to the phone, and to the customer or, in this hour, by the application."""
        key = phone_key(self._bank.house.vault.keyring(), phone)
        by_phone = self.day(SENT_TO_PHONE, key) + self.day(OPENING_TO_PHONE, key)
        by_customer = self.day(SENT_TO_CUSTOMER, self._ccs_id(customer))
        return by_phone, by_customer + self._stretch("certifications", front.client_id, HOUR)

    def messages(self, phone: str) -> Sequence[Message]:
        return self._bank.house.store.read_blocking(lambda query: query.messages.to(phone))

    def _stretch(self, kind: str, of: str, seconds: int) -> int:
        now = self._bank.house.clock()
        name = stretch(kind, of, now, seconds).name
        return self._bank.house.store.read_blocking(lambda query: query.quotas.figure(name, now))

    def profile(self, customer: str) -> AccessProfile:
        ccs_id = self._ccs_id(customer)
        profile = self._bank.house.store.read_blocking(lambda query: query.profiles.find(ccs_id))
        assert profile is not None
        return profile

    def token(self, customer: str) -> Token:
        token = self._bank.house.store.read_blocking(lambda query: query.tokens.of(customer))
        assert token is not None
        return token

    async def session(self, front: FrontEnd) -> Session:
        house = self._bank.house
        session = await house.sessions.find(handle_of(front.sid or ""), house.clock())
        assert session is not None
        return session

    def _ccs_id(self, customer: str) -> str:
        return ccs_id_of(self._bank.house.vault.keyring(), customer, "")


async def crowd(bank: Bank, many: int) -> list[Recovering]:
    """Front ends with sessions and keys, spread over five applications and five channels."""
    signed: list[tuple[str, str, str]] = []
    for n in range(APPLICATIONS):
        created = await bank.house.administration.registration.create(f"crowd-{n}", Grant(), "test")
        front = Recovering(bank.http, f"crowd-{n}", created.secret.reveal())
        await front.sign_in()
        signed.append((front.client_id, front.client_secret, front.token or ""))
    whom = islice(cycle(product(signed, CHANNELS)), many)
    fronts = [
        Recovering(bank.http, client_id, secret, channel=channel, token=token)
        for (client_id, secret, token), channel in whom
    ]
    await all_of(fronts, lambda front: front.exchange())
    return fronts


async def all_of(fronts: Iterable[Recovering], act: Callable[[Recovering], Awaitable[T]]) -> list[T]:
    """The same for each front end, so many at a time."""
    waiting, answers = list(fronts), []
    while waiting:
        now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        answers += await asyncio.gather(*(act(front) for front in now))
    return answers


async def morning(bank: Bank) -> None:
    """Go on to ten o'clock of the bank's next day, so that no count straddles its midnight."""
    local = bank.house.clock().astimezone(bank.house.policy.zone)
    seconds = int((34 - local.hour) * 3600 - local.minute * 60 - local.second)
    await bank.advance(f"PT{seconds}S")
