"""What an imported line may not take: cards, devices and tokens that are somebody else's."""

from dataclasses import replace

from aldaba.service.import_merging import Incoming, merged_token
from aldaba.service.ports import Transaction


def conflict_of(transaction: Transaction, incoming: Incoming) -> str | None:
    """What in the line belongs to another customer, or cannot stand without what is not stored."""
    owner = incoming.record.customer_id
    for index, digests in enumerate(incoming.card_digests):
        holder = transaction.customers.by_card(digests.all)
        if holder is not None and holder.customer_id != owner:
            return f"cards[{index}].number: belongs to another customer"
    for index, device in enumerate(incoming.record.devices or ()):
        vasco_id, application_id = device.ids
        found = (
            transaction.devices.by_vasco_id(vasco_id) if vasco_id else None,
            transaction.devices.by_application_id(application_id) if application_id else None,
        )
        if any(one is not None and one.customer_id != owner for one in found):
            return f"devices[{index}]: belongs to another customer"
    return _token_conflict(transaction, incoming)


def _token_conflict(transaction: Transaction, incoming: Incoming) -> str | None:
    if incoming.token is None:
        return None
    stored = transaction.tokens.find(incoming.token.serial)
    if stored is not None and stored.customer_id not in {None, incoming.record.customer_id}:
        return "token.serial: belongs to another customer"
    known = merged_token(stored, incoming.token) is not None
    return None if known else "token.secretHex: required for a serial that is not known yet"


def put_token(transaction: Transaction, incoming: Incoming, usual_suite: str) -> None:
    """Assign the token the line gives, in place of another one, or take the customer's away.

    ``usual_suite`` is a new token's that the line names none of.
    """
    owner, given = incoming.record.customer_id, incoming.token
    token = None if given is None else merged_token(transaction.tokens.find(given.serial), given)
    if token is not None:
        held = transaction.tokens.of(owner)
        if held is not None and held.serial != token.serial:
            transaction.tokens.release(owner)
        transaction.tokens.save(replace(token, suite=token.suite or usual_suite))
    elif incoming.takes_token_away:
        transaction.tokens.release(owner)
