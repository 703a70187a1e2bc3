"""What must not stand inside a customer's PIN or password, taken from the directory's record."""

from aldaba.crypto.keyring import Keyring
from aldaba.domain.credentials import TAIL, PersonalData
from aldaba.domain.customer import Customer
from aldaba.service.lookup_digests import tail_digests


def personal_data(keyring: Keyring, customer: Customer, representative: str) -> PersonalData:
    """The customer's names and number, and the ends of cards and phones, which only digests tell."""
    names = [
        customer.name,
        *(person.name for person in customer.representatives if person.id == representative),
    ]
    words = tuple(word for name in names for word in name.split())
    tails = [card.tail_digest for card in customer.cards] + [phone.tail_digest for phone in customer.phones]

    def is_tail(digits: str) -> bool:
        given = tail_digests(keyring, digits[-TAIL:])
        return any(given.names(tail) for tail in tails)

    return PersonalData(words, (customer.customer_id,), is_tail)
