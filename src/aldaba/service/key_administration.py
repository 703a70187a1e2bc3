"""What operators do with keys: bring in a fresh one, and take an old one away once nothing needs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aldaba.crypto.keyring import KEY_BYTES, Key, KeyName, Keyring
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import Event, EventType, KeyRetired, KeyRotated
from aldaba.service.key_ports import KeyChest, KeyUsers, rotation_mark
from aldaba.service.key_supply import KeySupply, Purpose
from aldaba.service.lookup_digests import PEPPERS_AT_MOST
from aldaba.service.ports import (
    Clock,
    KeyPair,
    KeyPairState,
    RandomBytes,
    Store,
    Transaction,
)

LASTING = {
    KeyName.IDENTITY: "every ccsId would change, and with it the way from a customer to the profile",
}
"""Keys that are never rotated, each with the reason."""
PEPPER_CURES = {
    "cards": "run `aldaba customers import` with these customers' lines, or wait until they show the card",
    "phones": "run `aldaba keys reseal pepper`",
    "card tries": "run `aldaba keys reseal pepper` once their locks have ended, a day later",
    "SIMs": "wait until they log in, or run `aldaba keys reseal pepper --forget-sims`",
    "recovery codes": "run `aldaba operators reset-second-factor` for those an earlier release enrolled",
}
"""What brings away what stands under an earlier pepper, by what it is."""
ROTATED = (*(purpose.value for purpose in Purpose), *(name.value for name in KeyName if name not in LASTING))
"""The names that ``rotate`` takes."""
SETTLING = timedelta(seconds=15)
"""A request lasts nine seconds at most; one that began under the earlier key may still store under it."""


class UnknownKeyId(LookupError):
    """No key of this house has that id, under that name."""


class SeveralKeys(LookupError):
    """Keys of several ``names`` have that id: those of the first ring were made together."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(*names)
        self.names = names


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    pair: KeyPair | None


class KeyAdministration:
    """Rotates and retires; ``known`` returns once every server has loaded a fresh key pair."""

    def __init__(
        self,
        store: Store,
        chest: KeyChest,
        supply: KeySupply,
        users: KeyUsers,
        policy: Policy,
        clock: Clock,
        random_bytes: RandomBytes,
        *,
        known: Callable[[], Awaitable[None]],
        settling: timedelta = SETTLING,
    ) -> None:
        self._store, self._chest, self._supply, self._users = store, chest, supply, users
        self._policy, self._clock, self._random_bytes, self._known = policy, clock, random_bytes, known
        self._settling = settling

    async def rotate(self, name: str, actor: str) -> str:
        """Make a fresh key of one of ``ROTATED`` the current one; answers its id. Raises ``Refused``."""
        if name == KeyName.PEPPER and len(self._chest.keyring().all(name)) >= PEPPERS_AT_MOST:
            more = f"{PEPPERS_AT_MOST} peppers live already: retire the oldest first (aldaba keys retire)"
            raise Refused(Reason.RULE_BROKEN, "name", more)
        if name in list(Purpose):
            return await self._supply.rotate(Purpose(name), known=self._known)
        now = self._clock()
        key = Key(f"{now:%Y%m%d}-{self._random_bytes(3).hex()}", self._random_bytes(KEY_BYTES))
        # Written down first: a crash between the two only makes a later retirement wait.
        await self._store.run(_noted(name, key.id, now, actor))
        self._chest.change(lambda ring: ring.rotated(name, key))
        return key.id

    async def retire(
        self,
        key_id: str,
        actor: str,
        *,
        name: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> tuple[str, ...]:
        """Take a key's material away for good; or answer what still needs it, and change nothing.

        ``name`` is needed only where keys of several names have the id. Raises ``UnknownKeyId`` and
        ``SeveralKeys``.
        """
        found = await self._find(key_id, name)
        reasons = await self._store.read(lambda query: self._waits(query, found, key_id))
        held_by = await self._users.holdings(progress)
        reasons += tuple(
            needed(found.name, place, count)
            for (held, key, place), count in held_by.items()
            if count and (held, key) == (found.name, key_id)
        )
        if not reasons:
            await self._remove(found, key_id, actor)
        return reasons

    async def _find(self, key_id: str, name: str | None) -> _Found:
        pairs = await self._store.read(
            lambda query: [pair for purpose in Purpose for pair in query.key_pairs.all(purpose)]
        )
        for pair in pairs:
            if pair.key_id == key_id and name in (None, pair.purpose):
                return _Found(pair.purpose, pair)
        return _Found(_symmetric(self._chest.keyring(), key_id, name), None)

    def _waits(self, query: Transaction, found: _Found, key_id: str) -> tuple[str, ...]:
        now = self._clock()
        if found.pair is not None:
            return _pair_waits(found.pair, now, self._life(found.name))
        if self._chest.keyring().current(found.name).id == key_id:
            return (f"it is the current key of {found.name}: rotate it first",)
        rotated = query.house.get(rotation_mark(found.name))
        if rotated is not None and now < (ready := datetime.fromisoformat(rotated) + self._settling):
            return (f"what was begun before the rotation may still need it, until {ready.isoformat()}",)
        return ()

    def _life(self, purpose: str) -> timedelta:
        policy = self._policy
        match Purpose(purpose):
            case Purpose.SIGNING:
                rules = policy.access_token
                return timedelta(seconds=rules.life_seconds + rules.leeway_seconds)
            case Purpose.E2E:
                return policy.session_life
            case Purpose.E2E_ROOT:
                return timedelta(hours=policy.e2e.rotation_hours) + policy.session_life

    async def _remove(self, found: _Found, key_id: str, actor: str) -> None:
        event = Event(EventType.KEY_RETIRED, self._clock(), KeyRetired(found.name, key_id), actor=actor)

        def act(transaction: Transaction) -> None:
            if found.pair is not None:
                transaction.key_pairs.remove(key_id)
            transaction.audit.record(event)

        await self._store.run(act)
        if found.pair is None:
            self._chest.change(lambda ring: ring.without(found.name, key_id))


def _symmetric(ring: Keyring, key_id: str, name: str | None) -> str:
    holders = [held for held, keys in ring.keys.items() if any(key.id == key_id for key in keys)]
    names = [held for held in holders if name in (None, held)]
    spare = [held for held in names if ring.current(held).id != key_id]
    if not names:
        raise UnknownKeyId(key_id)
    if len(spare) > 1:
        raise SeveralKeys(tuple(spare))
    return (spare or names)[0]


def _pair_waits(pair: KeyPair, now: datetime, life: timedelta) -> tuple[str, ...]:
    if pair.state is not KeyPairState.RETIRED or pair.retired_at is None:
        return (f"it is the {pair.state.value} key of {pair.purpose}: rotate it first",)
    ready = pair.retired_at + life
    if now < ready:
        return (f"what it signed or was shown to may live until {ready.isoformat()}",)
    return ()


def needed(name: str, place: str, count: int) -> str:
    """What needs a key, told with what brings it away."""
    cures: dict[str, str] = (
        PEPPER_CURES
        if name == KeyName.PEPPER
        else {
            KeyName.STORAGE: "run `aldaba keys reseal`",
            KeyName.AUDIT: "they go with `aldaba audit purge`",
            Purpose.E2E_ROOT: "they go with `aldaba audit purge`",
        }
    )
    cure = cures.get(place if name == KeyName.PEPPER else name, "they end by themselves")
    return f"{count} values in {place} need it; {cure}"


def _noted(name: str, key_id: str, now: datetime, actor: str) -> Callable[[Transaction], None]:
    event = Event(EventType.KEY_ROTATED, now, KeyRotated(name, key_id), actor=actor)

    def act(transaction: Transaction) -> None:
        # Held first: an import that looks for cards under the peppers of before has to end before this does.
        transaction.house.get(rotation_mark(name))
        transaction.house.put(rotation_mark(name), now.isoformat())
        transaction.audit.record(event)

    return act
