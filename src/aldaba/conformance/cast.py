"""Who plays which part: test customers, found by what their import lines say of them."""

from collections.abc import Callable, Mapping
from typing import Any

from aldaba.conformance.verdicts import NotProvoked

Person = Mapping[str, Any]
Part = Callable[[Person], bool]

SOFT_ACTIVE, SOFT_ASSIGNED = 66, 64


def _access(person: Person) -> Mapping[str, Any]:
    return person.get("access") or {}


def _sound(person: Person) -> bool:
    """A private person in good standing whose PIN and password are set and not locked."""
    access = _access(person)
    return (
        person.get("customerType") != 1506
        and person.get("electronicBanking") == "active"
        and not person.get("blackListed")
        and bool(access.get("pin") and access.get("password"))
        and not access.get("temporaryPin")
        and not access.get("locked")
        and "expired" not in str(person.get("purpose", ""))
    )


def _token(person: Person) -> Mapping[str, Any]:
    return person.get("token") or {}


PARTS: Mapping[str, Part] = {
    "in order, with a hard token": lambda p: _sound(p) and _token(p).get("kind") == "hard" and _proved(p),
    "first login": lambda p: bool(_access(p).get("temporaryPin")) and not _access(p).get("password"),
    "PIN only": lambda p: bool(_access(p).get("pin")) and not _access(p).get("password"),
    "locked, of the vendor": lambda p: _access(p).get("locked") == "D" and bool(p.get("transmitCustomer")),
    "locked until lifted": lambda p: _access(p).get("locked") == "S" and bool(p.get("transmitCustomer")),
    "on the black list": lambda p: bool(p.get("blackListed")),
    "without electronic banking": lambda p: p.get("electronicBanking") == "none",
    "soft token, activated": lambda p: (
        _sound(p) and _soft(p, SOFT_ACTIVE) and bool(p.get("transmitCustomer"))
    ),
    "soft token, pre-assigned": lambda p: _sound(p) and _soft(p, SOFT_ASSIGNED),
    "without a token": lambda p: _sound(p) and not _token(p),
}


def _soft(person: Person, status: int) -> bool:
    return _token(person).get("kind") == "soft" and _token(person).get("status") == status


def _proved(person: Person) -> bool:
    return bool(person.get("cards") and person.get("phones"))


class Cast:
    """The people at hand. Sandbox and data file say the same of a customer, so parts are found alike."""

    def __init__(self, people: list[Person]) -> None:
        self._people = people

    def play(self, part: str, understudy: int = 0) -> Person:
        """The first who fits the part, or with `understudy` another; `NotProvoked` where nobody does."""
        fitting = [person for person in self._people if PARTS[part](person)]
        if len(fitting) <= understudy:
            raise NotProvoked(f"no test customer at hand: {part}{' (a second one)' if understudy else ''}")
        return fitting[understudy]

    def number(self, part: str, understudy: int = 0) -> str:
        return str(self.play(part, understudy)["customerId"])


def card(person: Person) -> Mapping[str, str]:
    found: Mapping[str, str] = person["cards"][0]
    return found


def phone(person: Person) -> str:
    """Ten digits, without the country."""
    return str(person["phones"][0]["number"])


def address(person: Person) -> str:
    """The phone as E.164 prints it."""
    return f"{person['phones'][0]['countryCode']}{phone(person)}"
