"""Import of customers: line by line all or nothing, many lines an act, in bounded memory."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import KeyName
from aldaba.domain.credentials import PersonalData, Violation, judge_password, judge_pin
from aldaba.domain.customer import Customer, ElectronicBanking, InitialAccess, initial_access
from aldaba.domain.decoy import inheriting
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, Credential, enrolled, with_access
from aldaba.service.audit import CustomersImported, Event, EventType
from aldaba.service.import_conflicts import conflict_of, put_token
from aldaba.service.import_format import CustomerRecord, clear_secrets, given_hashes
from aldaba.service.import_merging import Incoming, Sealer, Standing, merged, merged_devices, news
from aldaba.service.import_reading import BadLine, check_hashes, read_line
from aldaba.service.key_ports import rotation_mark
from aldaba.service.ports import Clock, Hasher, KeyVault, RandomBytes, Store, Taken, Transaction
from aldaba.service.redigesting import rename_guards

LINES_PER_ACT = 500
REFUSALS_KEPT = 1_000


class _RotatedMeanwhile(Exception):
    """A pepper came after the lines were sealed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Lines and bytes read so far, and what became of them."""

    lines: int = 0
    size: int = 0
    accepted: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """``refused`` holds the first thousand refusals, ``refused_count`` counts all."""

    accepted: int
    refused_count: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Numbered:
    line: int
    record: CustomerRecord


class CustomerImport:
    """Reads, judges, hashes, seals and stores lines of the import format."""

    def __init__(
        self,
        store: Store,
        vault: KeyVault,
        hasher: Hasher,
        policy: Policy,
        clock: Clock,
        random_bytes: RandomBytes,
        blocklist: frozenset[str],
    ) -> None:
        self._store = store
        self._vault = vault
        self._hasher = hasher
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes
        self._blocklist = blocklist

    async def import_lines(
        self,
        lines: Iterable[bytes],
        *,
        dry_run: bool = False,
        enforce_policy: bool = True,
        on_progress: Callable[[Progress], None] | None = None,
        actor: str | None = None,
    ) -> ImportReport:
        """Import every good line; a bad one is refused with its number and reason, and changes nothing.

        Lines accepted before a ``HouseUnavailable`` stay imported.
        """
        progress, kept = Progress(), list[Refusal]()
        for batch in _batches(lines):
            refusals, accepted = await self._import(batch, dry_run, enforce_policy, actor)
            kept += refusals[: REFUSALS_KEPT - len(kept)]
            progress = Progress(
                progress.lines + len(batch),
                progress.size + sum(len(line) for _, line in batch),
                progress.accepted + accepted,
                progress.refused + len(refusals),
            )
            if on_progress is not None:
                on_progress(progress)
        return ImportReport(progress.accepted, progress.refused, tuple(kept))

    async def _import(
        self, batch: list[tuple[int, bytes]], dry_run: bool, enforce_policy: bool, actor: str | None
    ) -> tuple[list[Refusal], int]:
        while True:
            try:
                return await self._import_under(
                    Sealer(self._vault.keyring(), self._random_bytes), batch, dry_run, enforce_policy, actor
                )
            except _RotatedMeanwhile:
                continue

    async def _import_under(
        self,
        sealer: Sealer,
        batch: list[tuple[int, bytes]],
        dry_run: bool,
        enforce_policy: bool,
        actor: str | None,
    ) -> tuple[list[Refusal], int]:
        records, refused = self._read(batch)
        if enforce_policy:
            records, against = await self._judge(records, sealer)
            refused += against
        incoming = await self._sealed(records, sealer, dry_run=dry_run)
        if dry_run:
            late = await self._rehearse(incoming)
        else:
            late = await self._store_all(incoming, sealer, len(refused), actor)
        refused += late
        refused.sort(key=lambda refusal: refusal.line)
        return refused, len(incoming) - len(late)

    def _read(self, batch: list[tuple[int, bytes]]) -> tuple[list[_Numbered], list[Refusal]]:
        records, refused = list[_Numbered](), list[Refusal]()
        for number, line in batch:
            if not line.strip():
                continue
            try:
                record = read_line(line)
                check_hashes(record, self._policy.hash)
            except BadLine as bad:
                refused.append(Refusal(number, bad.reason))
            else:
                records.append(_Numbered(number, record))
        return records, refused

    async def _judge(self, records: list[_Numbered], sealer: Sealer) -> tuple[list[_Numbered], list[Refusal]]:
        """Clear secrets by the policy, with what is stored of the customer already."""
        clear = [one.record.customer_id for one in records if any(clear_secrets(one.record))]
        stored = await self._store.read(_find_all(clear)) if clear else {}
        good, refused = list[_Numbered](), list[Refusal]()
        for one in records:
            against = self._against_policy(one.record, stored.get(one.record.customer_id), sealer)
            if against is None:
                good.append(one)
            else:
                refused.append(Refusal(one.line, against))
        return good, refused

    def _against_policy(self, record: CustomerRecord, stored: Customer | None, sealer: Sealer) -> str | None:
        personal: PersonalData | None = None
        for place, kind, value in clear_secrets(record):
            if kind is None:
                continue
            personal = personal or _personal(record, stored, sealer)
            violation = self._violation(kind == "password", value, personal)
            if violation is not None:
                return f"{place}: against the policy ({violation})"
        return None

    def _violation(self, is_password: bool, value: str, personal: PersonalData) -> Violation | None:
        judge = judge_password if is_password else judge_pin
        return judge(value, self._policy, personal, self._blocklist)

    async def _sealed(
        self, records: list[_Numbered], sealer: Sealer, *, dry_run: bool
    ) -> list[tuple[int, Incoming]]:
        if dry_run:
            hashes = ((one, dict(given_hashes(one.record))) for one in records)
            return [(one.line, sealer.seal(one.record, given, {})) for one, given in hashes]
        stored = await self._store.read(_find_all([one.record.customer_id for one in records]))
        sealing = (self._seal(one, stored[one.record.customer_id], sealer) for one in records)
        return list(await asyncio.gather(*sealing))

    async def _seal(self, one: _Numbered, stored: Customer | None, sealer: Sealer) -> tuple[int, Incoming]:
        standing = dict(sealer.standing(one.record, stored))
        places = [(place, Secret(value)) for place, _, value in clear_secrets(one.record)]
        hashing = (self._hashed(secret, standing.get(place)) for place, secret in places)
        phcs = await asyncio.gather(*hashing)
        hashed = dict(zip((place for place, _ in places), phcs, strict=True))
        return one.line, sealer.seal(one.record, {**dict(given_hashes(one.record)), **hashed}, standing)

    async def _hashed(self, secret: Secret, standing: Standing | None) -> str:
        if standing is not None and await self._hasher.verify(standing.phc, secret):
            return standing.phc
        return await self._hasher.hash(secret)

    async def _rehearse(self, incoming: list[tuple[int, Incoming]]) -> list[Refusal]:
        def query(transaction: Transaction) -> list[Refusal]:
            conflicts = ((line, conflict_of(transaction, one)) for line, one in incoming)
            return [Refusal(line, conflict) for line, conflict in conflicts if conflict is not None]

        return await self._store.read(query)

    async def _store_all(
        self, incoming: list[tuple[int, Incoming]], sealer: Sealer, refused: int, actor: str | None
    ) -> list[Refusal]:
        if not incoming and not refused:
            return []
        try:
            return await self._stored(incoming, sealer, refused, actor)
        except Taken:
            # Another writer took an id between our look and our write; each line now stands for itself.
            return [late for one in incoming for late in await self._store_alone(one, sealer, actor)]

    async def _store_alone(
        self, one: tuple[int, Incoming], sealer: Sealer, actor: str | None
    ) -> list[Refusal]:
        try:
            return await self._stored([one], sealer, 0, actor)
        except Taken as taken:
            return [Refusal(one[0], f"{taken}: belongs to another customer")]

    async def _stored(
        self, incoming: list[tuple[int, Incoming]], sealer: Sealer, refused: int, actor: str | None
    ) -> list[Refusal]:
        late = await self._store.run(
            lambda transaction: self._act(transaction, incoming, sealer, refused, actor)
        )
        if late is None:
            raise _RotatedMeanwhile
        return late

    def _act(
        self,
        transaction: Transaction,
        incoming: list[tuple[int, Incoming]],
        sealer: Sealer,
        refused: int,
        actor: str | None,
    ) -> list[Refusal] | None:
        """What came too late; None, and nothing stored, where the pepper is another one now."""
        # Held until this act ends, so that no pepper comes between our look at who owns a card and our
        # writing it: two customers could else own the same one, under two peppers.
        transaction.house.get(rotation_mark(KeyName.PEPPER))
        if self._vault.keyring().current(KeyName.PEPPER).id != sealer.pepper:
            return None
        now, late = self._clock(), list[Refusal]()
        for line, one in incoming:
            conflict = conflict_of(transaction, one)
            if conflict is None:
                self._put(transaction, one, sealer, now)
            else:
                late.append(Refusal(line, conflict))
        payload = CustomersImported(len(incoming) - len(late), refused + len(late))
        transaction.audit.record(Event(EventType.CUSTOMERS_IMPORTED, now, payload, actor=actor))
        return late

    def _put(self, transaction: Transaction, incoming: Incoming, sealer: Sealer, now: datetime) -> None:
        record = incoming.record
        kept = transaction.customers.find(record.customer_id)
        stored = sealer.anew(kept, incoming)
        customer = merged(stored, incoming)
        transaction.customers.save(customer)
        if kept is not None and any(card.digest in incoming.anew for card in kept.cards):
            rename_guards(transaction, customer, incoming.anew, self._vault.keyring())
        if isinstance(record.devices, list):
            held = transaction.devices.of(customer.customer_id) if stored else ()
            devices = merged_devices(held, customer.customer_id, record.devices)
            transaction.devices.replace_all(customer.customer_id, devices)
        put_token(transaction, incoming, self._policy.challenge.suite)
        for representative, ccs_id in incoming.ccs_ids.items():
            given = incoming.accesses.get(representative)
            fresh = given and news(stored, representative, given)
            if stored is None or given is not None:
                self._put_access(transaction, customer, representative, ccs_id, fresh, now)

    def _put_access(
        self,
        transaction: Transaction,
        customer: Customer,
        representative: str,
        ccs_id: str,
        given: InitialAccess | None,
        now: datetime,
    ) -> None:
        """A profile there is already takes what the line gives; without one the first prelogin makes it."""
        profile = transaction.profiles.find(ccs_id)
        if profile is None:
            return
        if profile.decoy and customer.electronic_banking is not ElectronicBanking.ACTIVE:
            transaction.profiles.remove(ccs_id)
        elif profile.decoy:
            access = initial_access(customer, representative)
            fresh = enrolled(customer, ccs_id, representative, access, now, self._policy)
            # The guesses made at the decoy stand, or an opened lock would tell that somebody is there now.
            transaction.profiles.save(inheriting(fresh, profile))
        elif given is not None:
            updated = with_access(profile, given, now, self._policy)
            transaction.profiles.save(_with_history_cut(updated, self._policy))


def _batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, LINES_PER_ACT)):
        yield batch


def _find_all(customer_ids: list[str]) -> Callable[[Transaction], Mapping[str, Customer | None]]:
    return lambda transaction: {found: transaction.customers.find(found) for found in customer_ids}


def _personal(record: CustomerRecord, stored: Customer | None, sealer: Sealer) -> PersonalData:
    names = [record.name, *(person.name for person in record.legal_representatives or ())]
    names += [person.name for person in stored.representatives] if stored else []
    tails = sealer.given_tails(record) | sealer.tails(stored)
    return PersonalData(
        words=tuple(word for name in names for word in name.split()),
        numbers=(record.customer_id,),
        is_tail=lambda digits: sealer.is_tail(digits, tails),
    )


def _with_history_cut(profile: AccessProfile, policy: Policy) -> AccessProfile:
    # Imports may repeat daily for years; what each one replaced must not pile up.
    return replace(
        profile,
        pin=_cut(profile.pin, policy.pin.history),
        password=_cut(profile.password, policy.password.history),
    )


def _cut(credential: Credential, history: int) -> Credential:
    return replace(credential, history=credential.history[:history])
