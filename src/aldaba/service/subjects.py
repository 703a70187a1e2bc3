"""Whom a request means: a customer of the directory with one access profile, or a decoy in its place."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.domain.customer import Customer, ElectronicBanking, initial_access, resolve_representative
from aldaba.domain.decoy import decoy_profile
from aldaba.domain.identifiers import CardNumber, CustomerName
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, enrolled
from aldaba.domain.quotas import bank_day
from aldaba.domain.session import Subject
from aldaba.service.ports import Directory, KeyVault, Transaction
from aldaba.service.records import card_digest, ccs_id_of, decoy_features, decoy_number


@dataclass(frozen=True, slots=True)
class Found:
    """A subject and, unless it is a decoy, the customer behind it."""

    subject: Subject
    customer: Customer | None

    @property
    def banks_electronically(self) -> bool:
        return self.customer is not None and self.customer.electronic_banking is ElectronicBanking.ACTIVE


class Subjects:
    """Finds subjects, and inside an act the access profiles that belong to them."""

    def __init__(self, directory: Directory, vault: KeyVault, policy: Policy) -> None:
        self._directory = directory
        self._vault = vault
        self._policy = policy

    async def named(self, name: CustomerName | CardNumber) -> Found:
        """Whom a login name means. Raises ``BackendFailed``."""
        if isinstance(name, CardNumber):
            return await self._by_card(name)
        return self._found(name, await self._directory.by_number(name.number), None)

    async def again(self, subject: Subject) -> Found:
        """The subject of a session, asked of the directory once more; a decoy stays one."""
        customer = await self._directory.by_number(subject.customer_id)
        return Found(subject, None if subject.decoy else customer)

    async def _by_card(self, card: CardNumber) -> Found:
        customer = await self._directory.by_card(card.digits)
        keyring = self._vault.keyring()
        digest = card_digest(keyring, card.digits)
        if customer is not None:
            return self._found(CustomerName(customer.customer_id), customer, digest)
        return self._found(CustomerName(decoy_number(keyring, card.digits)), None, digest)

    def _found(self, name: CustomerName, customer: Customer | None, digest: bytes | None) -> Found:
        resolved = None if customer is None else resolve_representative(customer, name.representative)
        representative = (name.representative or "") if resolved is None else resolved.representative
        subject = Subject(
            customer_id=name.number,
            representative=representative,
            ccs_id=ccs_id_of(self._vault.keyring(), name.number, representative),
            decoy=resolved is None,
            ambiguous=resolved is not None and resolved.ambiguous,
            card_digest=digest,
        )
        return Found(subject, None if resolved is None else customer)

    def features(self, subject: Subject) -> bytes:
        """What a decoy's name and actions are drawn from: stable, and unknowable without the key."""
        return decoy_features(self._vault.keyring(), subject.ccs_id)

    def enrolled_profile(self, transaction: Transaction, found: Found, now: datetime) -> AccessProfile | None:
        """The customer's profile, created when it is first needed; None for whoever has none."""
        subject, customer = found.subject, found.customer
        profile = transaction.profiles.find(subject.ccs_id)
        if profile is not None and profile.decoy != subject.decoy:
            profile = None
        if profile is not None or customer is None or not found.banks_electronically:
            return profile
        access = initial_access(customer, subject.representative)
        profile = enrolled(customer, subject.ccs_id, subject.representative, access, now, self._policy)
        transaction.profiles.save(profile)
        return profile

    def imagined_profile(self, subject: Subject, now: datetime) -> AccessProfile:
        """What stands in for a profile that does not exist; nothing matches its credentials."""
        return decoy_profile(subject.ccs_id, self.features(subject), now, self._policy)

    def judging_profile(
        self, transaction: Transaction, found: Found, application_id: str, now: datetime
    ) -> AccessProfile:
        """The profile a login is judged by: the stored one, or a decoy where there is none.

        Every application may bring about so many new decoys a day; beyond them they share a few buckets,
        so that guessing numbers cannot fill the store, and still locks.
        """
        stored = transaction.profiles.find(found.subject.ccs_id)
        if stored is not None and (stored.decoy or not found.subject.decoy):
            return stored
        rules = self._policy.decoy
        window = bank_day("decoys", application_id, now, self._policy.zone)
        imagined = self.imagined_profile(found.subject, now)
        if transaction.quotas.count(window.name, window.ends_at, now) <= rules.per_application_and_day:
            return imagined
        features = self.features(found.subject)
        bucket = int.from_bytes(features[-4:], "big") % rules.shared_buckets
        shared = ccs_id_of(self._vault.keyring(), f"bucket {bucket}", application_id)
        return transaction.profiles.find(shared) or decoy_profile(shared, features, now, self._policy)
