"""E-mail through the bank's mail server: SMTP with TLS, on a thread of its own."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed

NAME = "email"
THREADS = 2


@dataclass(frozen=True, slots=True)
class MailServer:
    """``tls``: from the first byte (RFC 8314, port 465) or by STARTTLS (RFC 3207), never without."""

    host: str
    sender: str
    port: int = 465
    tls: Literal["implicit", "starttls"] = "implicit"
    user: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None
    step_seconds: float = 5.0
    budget_seconds: float = 15.0

    def __post_init__(self) -> None:
        if (self.user is None) is not (self.password is None):
            raise ValueError("user and password go together")
        if min(self.step_seconds, self.budget_seconds) <= 0:
            raise ValueError("times are positive")


class SmtpEmail:
    """Implements ``Email``; to be closed when the house closes."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._context = ssl.create_default_context(cafile=server.ca_file)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="smtp")

    async def send(self, to: str, subject: str, text: Secret) -> None:
        """A server slower than its budget may take the message after all; trying again then repeats it."""
        # Causes are cut off: they carry addresses and what the server said.
        try:
            async with asyncio.timeout(self._server.budget_seconds):
                await asyncio.get_running_loop().run_in_executor(self._pool, self._deliver, to, subject, text)
        except (smtplib.SMTPException, OSError, ValueError, TimeoutError):
            raise BackendFailed(NAME) from None

    def close(self) -> None:
        """Let go of what waits; what is under way ends by its own time-outs."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _deliver(self, to: str, subject: str, text: Secret) -> None:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self._server.sender, to, subject
        message["Auto-Submitted"] = "auto-generated"
        # Not every server takes eight bits.
        message.set_content(text.reveal(), cte="quoted-printable")
        with self._connected() as connection:
            if self._server.user is not None and self._server.password is not None:
                connection.login(self._server.user, self._server.password.reveal())
            connection.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "implicit":
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.step_seconds, context=self._context
            )
        connection = smtplib.SMTP(server.host, server.port, timeout=server.step_seconds)
        try:
            connection.starttls(context=self._context)
        except BaseException:
            connection.close()
            raise
        return connection
