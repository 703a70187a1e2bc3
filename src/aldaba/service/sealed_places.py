"""Where in each stored value something is sealed: every such text with its context, to renew or count."""

from collections.abc import Callable
from dataclasses import replace

from aldaba.crypto.keyring import Keyring
from aldaba.domain.application import Application
from aldaba.domain.customer import Card, Customer, InitialAccess, Phone
from aldaba.domain.operators import Invitation, Operator
from aldaba.domain.profile import AccessProfile, Credential
from aldaba.domain.token import Token
from aldaba.service.ports import KeyPair
from aldaba.service.records import (
    PHONE_PLACE,
    OperatorSecret,
    Sealable,
    card_pin_place,
    ccs_id_of,
    key_pair_place,
    operator_place,
    phc_place,
    registered_keys_place,
    token_place,
)

Change = Callable[[str, str], str]
"""What becomes of a sealed text, given it and its context."""


def in_profile(profile: AccessProfile, change: Change) -> AccessProfile:
    """PIN and password with those before them, and the temporary PIN."""
    temporary = profile.temporary_pin
    if temporary is not None:
        sealed = change(temporary.sealed, phc_place(profile.ccs_id, "temporary-pin"))
        temporary = replace(temporary, sealed=sealed)
    return replace(
        profile,
        pin=_credential(profile.pin, profile.ccs_id, "pin", change),
        password=_credential(profile.password, profile.ccs_id, "password", change),
        temporary_pin=temporary,
    )


def in_customer(customer: Customer, keyring: Keyring, change: Change) -> Customer:
    """Phones, NIPs, and the credentials that came with the record."""

    def brought(access: InitialAccess | None, representative: str) -> InitialAccess | None:
        if access is None:
            return None
        return _brought(access, ccs_id_of(keyring, customer.customer_id, representative), change)

    people = tuple(replace(one, access=brought(one.access, one.id)) for one in customer.representatives)
    return replace(
        customer,
        phones=tuple(_phone(phone, change) for phone in customer.phones),
        cards=tuple(_card(card, change) for card in customer.cards),
        representatives=people,
        access=brought(customer.access, ""),
    )


def in_token(token: Token, change: Change) -> Token:
    """The seed; a token run by the vendor has none."""
    if not token.sealed_secret:
        return token
    return replace(token, sealed_secret=change(token.sealed_secret, token_place(token.serial)))


def in_application(application: Application, change: Change) -> Application:
    """Its registered end-to-end keys."""
    client_id = application.client_id
    keys = tuple(
        replace(one, sealed=change(one.sealed, registered_keys_place(client_id, one.key_id)))
        for one in application.registered_keys
    )
    return replace(application, registered_keys=keys)


def in_operator(operator: Operator, change: Change) -> Operator:
    """The password and the seed of the second factor."""

    def changed(sealed: str | None, what: OperatorSecret) -> str | None:
        return None if sealed is None else change(sealed, operator_place(operator.name, what))

    password, seed = changed(operator.password, "password"), changed(operator.totp_seed, "second-factor")
    return replace(operator, password=password, totp_seed=seed)


def in_invitation(invitation: Invitation, change: Change) -> Invitation:
    """The seed that is to be enrolled."""
    return replace(
        invitation,
        totp_seed=change(invitation.totp_seed, operator_place(invitation.operator, "second-factor")),
    )


def in_key_pair(pair: KeyPair, change: Change) -> KeyPair:
    """The private half."""
    return replace(pair, sealed_private=change(pair.sealed_private, key_pair_place(pair.key_id)))


def _credential(credential: Credential, ccs_id: str, what: Sealable, change: Change) -> Credential:
    place = phc_place(ccs_id, what)
    return replace(
        credential,
        sealed=_perhaps(credential.sealed, place, change),
        history=tuple(change(earlier, place) for earlier in credential.history),
    )


def _brought(access: InitialAccess, ccs_id: str, change: Change) -> InitialAccess:
    return replace(
        access,
        pin=_perhaps(access.pin, phc_place(ccs_id, "pin"), change),
        password=_perhaps(access.password, phc_place(ccs_id, "password"), change),
        temporary_pin=_perhaps(access.temporary_pin, phc_place(ccs_id, "temporary-pin"), change),
    )


def _phone(phone: Phone, change: Change) -> Phone:
    return replace(phone, sealed=change(phone.sealed, PHONE_PLACE))


def _card(card: Card, change: Change) -> Card:
    return replace(card, nip=_perhaps(card.nip, card_pin_place(card.digest), change))


def _perhaps(sealed: str | None, place: str, change: Change) -> str | None:
    return change(sealed, place) if sealed else sealed
