"""The audit's way out: the webhook that the settings name, and the outbox that feeds it."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aldaba.backends.audit_webhook import AuditWebhook
from aldaba.crypto.digests import Secret
from aldaba.observability import RequestLog
from aldaba.service.audit_outbox import AuditOutbox
from aldaba.service.ports import Clock
from aldaba.settings import Settings, SettingsError
from aldaba.store.sql.audit_outbox import SqlOutboxCursor
from aldaba.store.sql.store import SqlStore


@dataclass(frozen=True, slots=True)
class SendingAudit:
    """The outbox at work, and how to let go of its connections."""

    work_once: Callable[[], Awaitable[int]]
    close: Callable[[], Awaitable[None]]


def audit_outbox(settings: Settings, store: SqlStore, clock: Clock, log: RequestLog) -> SendingAudit | None:
    """None without ``audit.webhook.url``. Raises ``SettingsError`` for an address not to be used."""
    hook = settings.audit.webhook
    if hook.url is None:
        return None
    if hook.secret is None:
        cure = "Set audit.webhook.secret_file; the receiver gets the same secret."
        raise SettingsError("audit.webhook.secret", "nothing", "a whsec_ secret beside the URL", cure)
    try:
        webhook = AuditWebhook(hook.url, Secret(hook.secret), clock, hook.ca_file)
    except ValueError as wrong:
        cure = "Correct it; docs/audit.md shows what is expected."
        raise SettingsError("audit.webhook.url", str(wrong), "an https address", cure) from None
    outbox = AuditOutbox(
        SqlOutboxCursor(store),
        webhook.send,
        clock,
        os.urandom(8).hex(),
        lambda why, failures: log.notice("audit webhook", why=why, failures=failures),
    )
    return SendingAudit(outbox.work_once, webhook.close)
