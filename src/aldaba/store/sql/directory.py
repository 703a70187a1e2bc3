"""Rows and what the directory knows of customers: themselves, their cards, devices and tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, func, or_, select

from aldaba.domain.customer import Customer, Device
from aldaba.domain.token import Token
from aldaba.service.lookup_digests import DIGESTS_AT_MOST
from aldaba.service.ports import Taken
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert, statement, upsert
from aldaba.store.sql.tables import card_owners, customers, devices, phone_owners, tokens
from aldaba.store.sql.values import body_of

_READ_CUSTOMER = msgspec.json.Decoder(Customer)
_READ_DEVICE = msgspec.json.Decoder(Device)
_READ_TOKEN = msgspec.json.Decoder(Token)

_DIGESTS: list[BindParameter[bytes]] = [bindparam(f"digest{place}") for place in range(DIGESTS_AT_MOST)]
_CUSTOMER = statement(
    select(customers.c.body).where(customers.c.customer_id == bindparam("customer_id")), locks=customers
)
_CUSTOMER_BY_CARD = statement(
    select(customers.c.body)
    .join(card_owners, card_owners.c.customer_id == customers.c.customer_id)
    .where(card_owners.c.digest.in_(_DIGESTS)),
    locks=customers,
)
_SAVE_CUSTOMER = upsert(customers)
_REMOVE_CUSTOMER = statement(delete(customers).where(customers.c.customer_id == bindparam("customer_id")))
_COUNT_CUSTOMERS = statement(select(func.count()).select_from(customers))

_CARD_OWNER = statement(select(card_owners.c.customer_id).where(card_owners.c.digest == bindparam("digest")))
_ADD_CARD = insert(card_owners)
_REMOVE_CARDS = statement(delete(card_owners).where(card_owners.c.customer_id == bindparam("customer_id")))

_CUSTOMERS_BY_PHONE = statement(
    at_most(
        select(customers.c.body)
        .join(phone_owners, phone_owners.c.customer_id == customers.c.customer_id)
        .where(phone_owners.c.digest.in_(_DIGESTS))
        .group_by(customers.c.customer_id)
        .order_by(customers.c.customer_id),
        "most",
    )
)
_ADD_PHONE = insert(phone_owners)
_REMOVE_PHONES = statement(delete(phone_owners).where(phone_owners.c.customer_id == bindparam("customer_id")))

_DEVICE_BY_VASCO_ID = statement(
    select(devices.c.body).where(devices.c.vasco_id == bindparam("vasco_id")), locks=devices
)
_DEVICE_BY_APPLICATION_ID = statement(
    select(devices.c.body).where(devices.c.application_id == bindparam("application_id")), locks=devices
)
_DEVICES_OF = statement(
    select(devices.c.body).where(devices.c.customer_id == bindparam("customer_id")).order_by(devices.c.place),
    locks=devices,
)
_DEVICE_TAKEN = statement(
    select(devices.c.customer_id).where(
        or_(
            devices.c.vasco_id == bindparam("vasco_id"),
            devices.c.application_id == bindparam("application_id"),
        )
    )
)
_ADD_DEVICE = insert(devices)
_REMOVE_DEVICES = statement(delete(devices).where(devices.c.customer_id == bindparam("customer_id")))

_TOKEN = statement(select(tokens.c.body).where(tokens.c.serial == bindparam("serial")), locks=tokens)
_TOKENS_OF = statement(
    select(tokens.c.body).where(tokens.c.customer_id == bindparam("customer_id")).order_by(tokens.c.serial),
    locks=tokens,
)
_SAVE_TOKEN = upsert(tokens)


class SqlCustomers:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def find(self, customer_id: str) -> Customer | None:
        row = self._sql.held(f"customer/{customer_id}", _CUSTOMER, customer_id=customer_id)
        return None if row is None else _READ_CUSTOMER.decode(row[0])

    def by_card(self, digests: Sequence[bytes]) -> Customer | None:
        row = self._sql.one(_CUSTOMER_BY_CARD, **_named(digests))
        return None if row is None else _READ_CUSTOMER.decode(row[0])

    def by_phone(self, digests: Sequence[bytes], most: int) -> tuple[Customer, ...]:
        rows = self._sql.all(_CUSTOMERS_BY_PHONE, **_named(digests), most=most)
        return tuple(_READ_CUSTOMER.decode(row[0]) for row in rows)

    def save(self, customer: Customer) -> None:
        """Raises ``Taken`` when one of the cards is another customer's."""
        self._sql.change(_REMOVE_CARDS, customer_id=customer.customer_id)
        for digest in {card.digest for card in customer.cards}:
            if self._sql.one(_CARD_OWNER, digest=digest) is not None:
                raise Taken("card")
            self._sql.change(_ADD_CARD, digest=digest, customer_id=customer.customer_id)
        self._sql.change(_REMOVE_PHONES, customer_id=customer.customer_id)
        for digest in {phone.digest for phone in customer.phones}:
            self._sql.change(_ADD_PHONE, digest=digest, customer_id=customer.customer_id)
        self._sql.change(_SAVE_CUSTOMER, customer_id=customer.customer_id, body=body_of(customer))

    def remove(self, customer_id: str) -> None:
        self._sql.change(_REMOVE_CARDS, customer_id=customer_id)
        self._sql.change(_REMOVE_PHONES, customer_id=customer_id)
        self._sql.change(_REMOVE_CUSTOMER, customer_id=customer_id)

    def count(self) -> int:
        row = self._sql.one(_COUNT_CUSTOMERS)
        return 0 if row is None else int(row[0])


def _named(digests: Sequence[bytes]) -> dict[str, bytes]:
    # One statement, and the same one however many peppers live: what it costs tells nothing.
    return {f"digest{place}": digests[min(place, len(digests) - 1)] for place in range(DIGESTS_AT_MOST)}


class SqlDevices:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def by_vasco_id(self, vasco_id: str) -> Device | None:
        row = self._sql.one(_DEVICE_BY_VASCO_ID, vasco_id=vasco_id)
        return None if row is None else _READ_DEVICE.decode(row[0])

    def by_application_id(self, application_id: str) -> Device | None:
        row = self._sql.one(_DEVICE_BY_APPLICATION_ID, application_id=application_id)
        return None if row is None else _READ_DEVICE.decode(row[0])

    def of(self, customer_id: str) -> tuple[Device, ...]:
        rows = self._sql.all(_DEVICES_OF, customer_id=customer_id)
        return tuple(_READ_DEVICE.decode(row[0]) for row in rows)

    def replace_all(self, customer_id: str, devices: Iterable[Device]) -> None:
        self._sql.hold(f"devices/{customer_id}")
        self._sql.change(_REMOVE_DEVICES, customer_id=customer_id)
        for place, device in enumerate(devices):
            ids = {"vasco_id": device.vasco_id, "application_id": device.application_id}
            if self._sql.one(_DEVICE_TAKEN, **ids) is not None:
                raise Taken("device")
            self._sql.change(_ADD_DEVICE, customer_id=customer_id, place=place, **ids, body=body_of(device))


class SqlTokens:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def find(self, serial: str) -> Token | None:
        row = self._sql.held(f"token/{serial}", _TOKEN, serial=serial)
        return None if row is None else _READ_TOKEN.decode(row[0])

    def of(self, customer_id: str) -> Token | None:
        row = self._sql.one(_TOKENS_OF, customer_id=customer_id)
        return None if row is None else _READ_TOKEN.decode(row[0])

    def save(self, token: Token) -> None:
        self._sql.change(_SAVE_TOKEN, serial=token.serial, customer_id=token.customer_id, body=body_of(token))

    def release(self, customer_id: str) -> None:
        for row in self._sql.all(_TOKENS_OF, customer_id=customer_id):
            self.save(replace(_READ_TOKEN.decode(row[0]), customer_id=None))
