"""Those who look after the house: administration, keys, audit, and notices to customers."""

import asyncio
import os
from datetime import timedelta

from aldaba.service.administration import Administration
from aldaba.service.key_administration import SETTLING, KeyAdministration
from aldaba.service.key_ports import KeyChest
from aldaba.service.notices import Notices
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.redigesting import Redigester
from aldaba.store.sql.resealing import Resealer
from aldaba.store.sql.store import SqlStore
from aldaba.wiring.backends import Backends
from aldaba.wiring.parts import Parts
from aldaba.wiring.watching import Watched

NOTICES = ("locked", "token-locked", "card-locked", "unlocked", "new-credential", "new-device", "subject")
ROTATION_SECONDS = 1.0


def audit_desk(parts: Parts, store: SqlStore) -> AuditDesk:
    rules = parts.policy.audit
    return AuditDesk(
        store,
        parts.vault.keyring,
        parts.clock,
        os.urandom,
        parts.supply,
        checkpoint_events=rules.checkpoint_events,
        kept=timedelta(days=rules.kept_days),
        sent_only=parts.settings.audit.webhook.url is not None,
    )


def administration(parts: Parts) -> Administration:
    return Administration(
        parts.store,
        parts.directory,
        parts.vault,
        parts.hasher,
        parts.delivery,
        parts.policy,
        parts.clock,
        os.urandom,
        parts.blocklist,
    )


def redigester(parts: Parts, store: SqlStore) -> Redigester:
    return Redigester(store, parts.vault.keyring, parts.clock)


def key_administration(parts: Parts, chest: KeyChest, resealer: Resealer) -> KeyAdministration:
    return KeyAdministration(
        parts.store,
        chest,
        parts.supply,
        resealer,
        parts.policy,
        parts.clock,
        os.urandom,
        known=_every_server_knows,
        # Sessions beside the database are not among the rows that are counted: they must have run out.
        settling=SETTLING if parts.settings.redis.url is None else parts.policy.session_life,
    )


async def _every_server_knows() -> None:
    """Each server loads key pairs every ``ROTATION_SECONDS``."""
    await asyncio.sleep(2 * ROTATION_SECONDS)


def notices(parts: Parts, outside: Backends, watched: Watched) -> Notices:
    texts = {kind: parts.texts.notice(kind) for kind in NOTICES}
    return Notices(
        parts.store,
        parts.directory,
        parts.delivery,
        outside.email,
        parts.vault,
        parts.policy,
        texts,
        watched.noticed,
    )
