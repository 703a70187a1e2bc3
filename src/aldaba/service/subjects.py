"""Whom a request means: a customer of the directory with one access profile, or a decoy in its place."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.domain.customer import Customer, ElectronicBanking, initial_access, resolve_representative
from aldaba.domain.decoy import decoy_profile, inheriting
from aldaba.domain.identifiers import CardNumber, CustomerName
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, enrolled
from aldaba.domain.quotas import Window, bank_day
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session, Subject
from aldaba.domain.session_epochs import session_over
from aldaba.service.calls import Call
from aldaba.service.lookup_digests import card_digests
from aldaba.service.ports import Directory, KeyVault, Store, Transaction
from aldaba.service.records import ccs_id_of, decoy_features, decoy_number


@dataclass(frozen=True, slots=True)
class Found:
    """A subject and, unless it is a decoy, the customer behind it."""

    subject: Subject
    customer: Customer | None

    @property
    def banks_electronically(self) -> bool:
        return self.customer is not None and self.customer.electronic_banking is ElectronicBanking.ACTIVE

    @property
    def barred(self) -> bool:
        """Whether the standing with the bank rules electronic banking out, whatever is proved."""
        return self.customer is None or self.customer.black_listed or not self.banks_electronically

    @property
    def in_standing(self) -> bool:
        """Whether new access may come of what is proved: not barred, and one profile meant."""
        return not self.barred and not self.subject.ambiguous


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
        return self._found(name, await self._directory.by_number(name.number))

    async def again(self, subject: Subject) -> Found:
        """The subject of a session, asked of the directory once more; a decoy stays one."""
        customer = await self._directory.by_number(subject.customer_id)
        return Found(subject, None if subject.decoy else customer)

    async def _by_card(self, card: CardNumber) -> Found:
        customer = await self._directory.by_card(card.digits)
        keyring = self._vault.keyring()
        number = decoy_number(keyring, card.digits) if customer is None else customer.customer_id
        # Asked in either case, so that a known card costs what an unknown one costs.
        holder = await self._directory.by_number(number)
        while customer is None and holder is not None:
            number = decoy_number(keyring, number)
            holder = await self._directory.by_number(number)
        return self._found(CustomerName(number), customer, card_digests(keyring, card.digits).all)

    def _found(self, name: CustomerName, customer: Customer | None, digests: tuple[bytes, ...] = ()) -> Found:
        resolved = None if customer is None else resolve_representative(customer, name.representative)
        representative = (name.representative or "") if resolved is None else resolved.representative
        subject = Subject(
            customer_id=name.number,
            representative=representative,
            ccs_id=ccs_id_of(self._vault.keyring(), name.number, representative),
            decoy=resolved is None,
            ambiguous=resolved is not None and resolved.ambiguous,
            card_digests=digests,
        )
        return Found(subject, None if resolved is None else customer)

    def features(self, subject: Subject) -> bytes:
        """What a decoy's name and actions are drawn from: stable, and unknowable without the key."""
        return decoy_features(self._vault.keyring(), subject.ccs_id)

    def enrolled_profile(self, transaction: Transaction, found: Found, now: datetime) -> AccessProfile | None:
        """The customer's profile, created when it is first needed; None for whoever has none."""
        stored = transaction.profiles.find(found.subject.ccs_id)
        if stored is not None and stored.decoy == found.subject.decoy:
            return stored
        profile = self.profile_to_be(found, now)
        if profile is None:
            return None
        if stored is not None:
            # Guesses made before there was a profile count on, or the first prelogin would tell that there is
            # somebody.
            profile = inheriting(profile, stored)
        transaction.profiles.save(profile)
        return profile

    def profile_to_be(self, found: Found, now: datetime) -> AccessProfile | None:
        """What the customer record makes of a first profile, not kept yet; None for whoever gets none."""
        subject, customer = found.subject, found.customer
        if customer is None or not found.banks_electronically:
            return None
        access = initial_access(customer, subject.representative)
        return enrolled(customer, subject.ccs_id, subject.representative, access, now, self._policy)

    def imagined_profile(self, subject: Subject, now: datetime) -> AccessProfile:
        """What stands in for a profile that does not exist; nothing matches its credentials."""
        return decoy_profile(subject.ccs_id, self.features(subject), now, self._policy)

    async def of_session(self, store: Store, call: Call) -> AccessProfile:
        """The profile of a session's subject, for looking only; a decoy's where there is none.

        Raises ``Refused``, as for an ended session, where all were ended since this one was identified.
        """
        subject = call.subject
        stored = await store.read(lambda query: self._stored(query, subject))
        profile = stored or self.imagined_profile(subject, call.now)
        check_session(profile, call.the_session)
        return profile

    def _stored(self, transaction: Transaction, subject: Subject) -> AccessProfile | None:
        stored = transaction.profiles.find(subject.ccs_id)
        return stored if stored is not None and (stored.decoy or not subject.decoy) else None

    def judging_profile(
        self, transaction: Transaction, found: Found, application_id: str, now: datetime
    ) -> AccessProfile:
        """The profile a login is judged by: the stored one, or a decoy where there is none.

        Every application may bring about so many new decoys a day; beyond them they share a few buckets,
        so that guessing numbers cannot fill the store, and still locks.
        """
        stored = self._stored(transaction, found.subject)
        if stored is not None:
            return stored
        window = self._new_decoys(application_id, now)
        counted = transaction.quotas.count(window.name, window.ends_at, now)
        # A decoy whose number became a customer's meanwhile must not take that customer's profile's place.
        free = transaction.profiles.find(found.subject.ccs_id) is None
        if free and counted <= self._policy.decoy.per_application_and_day:
            return self.imagined_profile(found.subject, now)
        bucket = self._bucket(found.subject, application_id)
        shared = transaction.profiles.find(bucket)
        return shared or decoy_profile(bucket, self.features(found.subject), now, self._policy)

    def shown_decoy(
        self, transaction: Transaction, subject: Subject, application_id: str, now: datetime
    ) -> AccessProfile:
        """What a prelogin shows of a decoy that has no row of its own: locked if the bucket it shares is."""
        imagined = self.imagined_profile(subject, now)
        window = self._new_decoys(application_id, now)
        full = transaction.quotas.figure(window.name, now) >= self._policy.decoy.per_application_and_day
        shared = transaction.profiles.find(self._bucket(subject, application_id)) if full else None
        return imagined if shared is None else inheriting(imagined, shared)

    def _new_decoys(self, application_id: str, now: datetime) -> Window:
        return bank_day("decoys", application_id, now, self._policy.zone)

    def _bucket(self, subject: Subject, application_id: str) -> str:
        bucket = int.from_bytes(self.features(subject)[-4:], "big") % self._policy.decoy.shared_buckets
        return ccs_id_of(self._vault.keyring(), f"bucket {bucket}", application_id)


def check_session(profile: AccessProfile, session: Session) -> None:
    """Raises ``Refused``, as for an ended session, where all were ended since this one was identified."""
    if session_over(profile, session):
        raise Refused(Reason.SESSION_EXPIRED, "sid")
