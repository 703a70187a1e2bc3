"""Operators' use cases on the parts of the house, and the listener they come in by."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from aldaba import contract
from aldaba.admin.answers import Crash
from aldaba.admin.entrance import Entrance
from aldaba.admin.gate import Gate
from aldaba.admin.listener import AdminListener
from aldaba.admin.rest import AdministrationApi
from aldaba.backends.pskc import BadFile, Passphrase, PreSharedKey, read_csv, read_pskc
from aldaba.console.acts import Acts
from aldaba.console.door import Console
from aldaba.console.entrance import Entrance as ConsoleEntrance
from aldaba.console.home import Home
from aldaba.console.rooms import Rooms
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.token import BadToken, TokenRecord
from aldaba.service.administration import Administration
from aldaba.service.approvals import Approvals
from aldaba.service.key_administration import KeyAdministration
from aldaba.service.operator_accounts import OperatorAccounts
from aldaba.service.operator_applications import OperatorApplications
from aldaba.service.operator_colleagues import OperatorColleagues
from aldaba.service.operator_customers import OperatorCustomers
from aldaba.service.operator_desk import OperatorDesk
from aldaba.service.operator_figures import Counts, OperatorFigures
from aldaba.service.operator_inspection import OperatorInspection
from aldaba.service.operator_sign_in import OperatorSignIn
from aldaba.service.operator_tokens import OperatorTokens, TokenFile
from aldaba.service.ports import Clock
from aldaba.service.token_administration import TokenAdministration
from aldaba.settings import Settings
from aldaba.wiring.parts import Parts


@dataclass(frozen=True, slots=True)
class Operators:
    """What a door for operators stands on."""

    sign_in: OperatorSignIn
    accounts: OperatorAccounts
    desk: OperatorDesk


def operators(
    parts: Parts,
    administration: Administration,
    tokens: TokenAdministration,
    keys: KeyAdministration,
    phone_clock: Clock,
    counts: Counts,
) -> Operators:
    """Their use cases, every room behind one desk."""
    store, vault, policy, clock = parts.store, parts.vault, parts.policy, parts.clock
    rules = policy.operators
    sign_in = OperatorSignIn(store, vault, parts.hasher, rules, clock, os.urandom, phone_clock)
    accounts = OperatorAccounts(
        store, vault, parts.hasher, policy, clock, os.urandom, parts.blocklist, sign_in
    )
    known = frozenset(contract.load().operations)
    desk = OperatorDesk(
        store,
        vault,
        Approvals(store, rules, clock, os.urandom),
        rules,
        clock,
        OperatorCustomers(store, parts.directory, vault, policy, clock, administration).handlers,
        OperatorTokens(tokens, read_tokens).handlers,
        OperatorApplications(administration.registration, keys, known).handlers,
        OperatorInspection(store, lambda: _policy(parts.settings)).handlers,
        OperatorColleagues(accounts).handlers,
        OperatorFigures(store, clock, counts).handlers,
    )
    return Operators(sign_in, accounts, desk)


def admin_listener(
    settings: Settings, people: Operators, crash: Crash, others: Sequence[BaseRoute] = ()
) -> AdminListener:
    """The operators' listener: the administration API, the console, and whatever else is mounted beside."""
    address = urlsplit(settings.admin.public_url)
    secure = address.scheme == "https"
    gate = Gate(people.sign_in, secure=secure, address_header=settings.admin.client_address_header)
    api = AdministrationApi(gate, Entrance(gate, people.sign_in, people.accounts), people.desk, crash)
    names = frozenset(name for name in (address.hostname, settings.admin.host.lower()) if name)
    pages = console(settings, people, gate, crash)
    return AdminListener([*api.routes(), *others, *pages.routes()], names, secure=secure)


def console(settings: Settings, people: Operators, gate: Gate, crash: Crash) -> Console:
    """Its pages, by the same cookie as the administration API."""
    return Console(
        gate,
        people.sign_in,
        ConsoleEntrance(gate, people.sign_in, people.accounts),
        Home(people.desk),
        Rooms(people.desk),
        Acts(people.desk, settings.admin.public_url),
        crash,
    )


def read_tokens(file: TokenFile) -> Iterable[TokenRecord | BadToken]:
    """Raises ``Refused`` for a file or key of no such form, also after some tokens were read."""
    stream = BytesIO(file.content.reveal().encode("utf-8"))
    try:
        if file.format == "csv":
            yield from read_csv(stream)
        else:
            yield from read_pskc(stream, _unlocking(file), kind=file.kind)
    except BadFile as bad:
        raise Refused(Reason.INVALID_REQUEST, "content", str(bad)[:200]) from None


def _unlocking(file: TokenFile) -> PreSharedKey | Passphrase | None:
    if file.key is not None and file.passphrase is not None:
        raise Refused(Reason.INVALID_REQUEST, "key", "give key or passphrase, not both")
    if file.passphrase is not None:
        return Passphrase(file.passphrase.reveal())
    if file.key is None:
        return None
    try:
        return PreSharedKey(bytes.fromhex(file.key.reveal()))
    except ValueError:
        raise Refused(Reason.INVALID_REQUEST, "key", "no HEX") from None


def _policy(settings: Settings) -> dict[str, tuple[object, str]]:
    return {name: shown for name, shown in settings.entries().items() if name.startswith("policy.")}
