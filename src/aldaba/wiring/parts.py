"""The parts of the house as its use cases get them: stores, backends, vault, texts."""

from collections.abc import Callable
from dataclasses import dataclass

from aldaba.domain.policy import Policy
from aldaba.service.day_limits import DayLimits
from aldaba.service.end_to_end import Diagnose
from aldaba.service.key_supply import KeySupply
from aldaba.service.ports import (
    CardHost,
    Clock,
    Delivery,
    Directory,
    Hasher,
    KeyVault,
    Sessions,
    Store,
    VendorKeys,
)
from aldaba.service.risk_ports import Risk
from aldaba.service.secret_rules import SecretRules
from aldaba.service.tally_ports import Tallies
from aldaba.service.texts import Texts
from aldaba.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Stores, backends and the like, as the use cases get them: in a sandbox behind fault switches."""

    settings: Settings
    clock: Clock
    store: Store
    sessions: Sessions
    vault: KeyVault
    directory: Directory
    risk: Risk
    hasher: Hasher
    supply: KeySupply
    blocklist: frozenset[str]
    cards: CardHost
    delivery: Delivery
    vendor_keys: VendorKeys
    texts: Texts
    diagnose: Diagnose
    tallying: Callable[[Store], Tallies]

    @property
    def tallies(self) -> Tallies:
        """Short counters, in this store or beside it."""
        return self.tallying(self.store)

    @property
    def rules(self) -> SecretRules:
        limits = DayLimits(self.policy)
        return SecretRules(
            self.store, limits, self.hasher, self.vault, self.policy, self.blocklist, self.clock
        )

    @property
    def policy(self) -> Policy:
        return self.settings.policy
