"""A ``Secret`` is opened only where it is used up, and every such place is known by name."""

import ast
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, broken, modules, parsed, told

OPENED_IN = {
    "admin/answers.py": "what an operator is shown once: a session's token, a client secret, a recovery code",
    "admin/entrance.py": "the second factor's address becomes a QR code",
    "console/acts.py": "a one-time link is shown once, to who asked for it",
    "console/entrance.py": "the second factor's address becomes a QR code",
    "console/pages.py": "a page holds its session's proof, and what an operator is shown once",
    "admin/gate.py": "the session's token goes into a cookie",
    "api/recovery.py": "a profile's id may come sealed, and is no secret of the customer's",
    "backends/core_cards.py": "the card host verifies the NIP",
    "backends/delivery/generic_http.py": "the gateway is told the text and its own credentials",
    "backends/delivery/smpp.py": "the SMSC is told the text and its own password",
    "backends/email_smtp.py": "the mail server is told the text and its own password",
    "backends/audit_webhook.py": "what is sent is signed with the secret shared with the receiver",
    "backends/hashing.py": "the hash function needs the text",
    "backends/hsm.py": "the token is told its user PIN",
    "cli/operators.py": "a one-time link is printed once",
    "cli/applications.py": "a new client secret or key is printed once",
    "cli/sandbox_applications.py": "the sandbox keeps its ready application in a file of its own",
    "sandbox/pages.py": "the seed of an invented customer's soft token goes into a QR code",
    "sandbox/routes.py": "a developer reads what SMS and voice delivered",
    "service/operator_accounts.py": "an invitation's token is digested, a new password judged",
    "service/operator_customers.py": "the number a customer is sought by is parsed",
    "service/operator_desk.py": "the digest of an approved act covers its secrets too",
    "service/operator_sign_in.py": "a session's token is digested, a code compared",
    "wiring/operators.py": "a token maker's file is read",
    "service/applications.py": "a client secret is digested to be compared",
    "service/biometrics.py": "the token's signature is verified",
    "service/code_sender.py": "a one-time code is compared with the one derived",
    "service/phone_certification.py": "a phone number is parsed before a code goes to it",
    "service/secret_rules.py": "a new PIN or password is judged by its characters",
    "service/unlocking.py": "the customer number is parsed to find the customer",
    "service/token_administration.py": "a token's codes are compared, a seed goes into a QR code once",
    "cli/tokens.py": "a soft token's seed is shown once, as a QR code",
    "service/texts.py": "a one-time code is put into its sentence",
    "service/token_codes.py": "a token's response is compared with the one computed",
    "service/identification.py": "the login name is parsed to find the customer",
    "service/introspection.py": "the handle of the session asked about is digested",
    "store/sql/messages.py": "the sandbox keeps its outbox, sealed",
}
"""Files that may call ``reveal``, each with its reason."""


def opened_secrets(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in {"reveal", "_value"} and _of_a_secret(node):
            yield f"{node.lineno} opens a secret: {ast.unparse(node)}"


def _of_a_secret(node: ast.Attribute) -> bool:
    # Enums have a `_value_`, other classes their own `_value`; only somebody else's is reached into.
    return node.attr == "reveal" or not (isinstance(node.value, ast.Name) and node.value.id == "self")


def test_a_secret_is_opened_only_in_files_known_by_name() -> None:
    faults = broken(opened_secrets, SOURCE, but=(*OPENED_IN, "crypto/digests.py"))
    assert not faults, told(
        faults,
        "Hand the Secret on and open it where it is used up; a new place is added here with its reason.",
    )


def test_every_file_named_here_opens_one() -> None:
    opening = {name for name, module in modules(SOURCE) if any(opened_secrets(module))}
    idle = sorted(set(OPENED_IN) - opening)
    assert not idle, told(idle, "These open no secret any more; take them off the list.")


@pytest.mark.parametrize("source", ["secret.reveal()", "open_all(map(Secret.reveal, s))", "secret._value"])
def test_the_rule_sees_a_secret_opened(source: str) -> None:
    assert list(opened_secrets(parsed(source)))


@pytest.mark.parametrize("source", ["print(secret)", "hasher.verify(phc, secret)", "self._value = 3"])
def test_the_rule_lets_pass_a_secret_handed_on(source: str) -> None:
    assert not list(opened_secrets(parsed(source)))
