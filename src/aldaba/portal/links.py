"""Which call follows which: OpenAPI links from an answer to the next call of its session."""

from collections.abc import Mapping
from typing import Any

FOLLOWING: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "retrieve_public_key": {"exchange_keys": ("keyId",)},
    "exchange_keys": {
        "prelogin_v1": (),
        "prelogin_v2": (),
        "validate_credentials": (),
        "generate_rao_token": (),
        "unlock_access": (),
    },
    "prelogin_v1": {"login": ()},
    "prelogin_v2": {"login": ()},
    "login": {
        "set_credentials": (),
        "retrieve_challenge": (),
        "register_transmit_customer": (),
        "validate_transmit_customer": (),
        "validate_jwt": (),
        "logout": (),
    },
    "validate_credentials": {
        "validate_card": ("ccsId",),
        "validate_mobile_phone": ("ccsId",),
        "send_otp": ("ccsId",),
        "set_access": ("ccsId",),
    },
    "validate_card": {"validate_mobile_phone": (), "send_otp": ()},
    "validate_mobile_phone": {"send_otp": ()},
    "send_otp": {"set_access": ()},
    "retrieve_challenge": {"validate_challenge": ("challengeQuestion",)},
    "validate_challenge": {"enrol_device": (), "revoke_device": (), "logout": ()},
    "generate_rao_token": {"validate_rao_token": ()},
    "validate_rao_token": {"certified_phone": ()},
}
"""For each operation those that may come next in its session, and what of its answer they send again."""

# Every answer of a session that goes on names it; a login gives it a new name.
_SESSION = {"header.sid": "$response.header.sid"}


def links(operation: str) -> dict[str, Any]:
    """The links of an operation's successful answer, by the name of the operation they lead to."""
    return {following: _link(following, sent) for following, sent in FOLLOWING.get(operation, {}).items()}


def _link(following: str, sent: tuple[str, ...]) -> dict[str, Any]:
    link: dict[str, Any] = {"operationId": following, "parameters": _SESSION}
    if sent:
        link["requestBody"] = {name: f"$response.body#/{name}" for name in sent}
        link["description"] = f"Sends {', '.join(sent)} again, beside what the operation asks for."
    return link
