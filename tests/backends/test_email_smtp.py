"""E-mail by SMTP: with TLS or not at all, signed in where asked, and a failure told without a word of it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from tests.backends.core_certificates import Authority, Pair

from aldaba.backends.email_smtp import MailServer, SmtpEmail
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed

TO, SUBJECT = "arturo@example.com", "Aviso de seguridad"
TEXT = Secret("Tu acceso quedó bloqueado el 10/03/2026.")


class MailStub(ThreadingTCPServer):
    """As much of a mail server as a client needs (RFC 5321), with TLS from the start or when asked for."""

    daemon_threads = False

    def __init__(self, pair: Pair, *, starttls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair.cert, pair.key)
        self.starttls = starttls
        self.offers = "STARTTLS" if starttls else "AUTH PLAIN"
        self.refuses = self.silent = False
        self.moved_on = threading.Event()
        self.mails: list[bytes] = []
        self.said: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that breaks off is part of the tests."""


class _Conversation(StreamRequestHandler):
    server: MailStub

    def handle(self) -> None:
        if not self.server.starttls:
            self._secure()
        if self.server.silent:
            self.server.moved_on.wait(30)
            return
        self._say("220 stub")
        while line := self.rfile.readline():
            self.server.said.append(line.decode().strip())
            if not self._answer(line.decode().split()[0].upper()):
                return

    def _answer(self, verb: str) -> bool:
        match verb:
            case "EHLO":
                self._say(f"250-stub\r\n250 {self.server.offers}")
            case "STARTTLS":
                self._say("220 go on")
                self._secure()
            case "AUTH":
                self._say("235 welcome")
            case "RCPT" if self.server.refuses:
                self._say("550 no such box: arturo@example.com")
            case "DATA":
                self._say("354 go on")
                self._take()
                self._say("250 taken")
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 well")
        return True

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(b"".join(lines))

    def _secure(self) -> None:
        self.connection = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb")

    def _say(self, line: str) -> None:
        self.connection.sendall(f"{line}\r\n".encode())

    def finish(self) -> None:
        self.rfile.close()
        self.connection.close()


@contextmanager
def mail_stub(pair: Pair, *, starttls: bool = False) -> Iterator[MailStub]:
    stub = MailStub(pair, starttls=starttls)
    threading.Thread(target=stub.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield stub
    finally:
        stub.moved_on.set()
        stub.shutdown()
        stub.server_close()


def send(stub: MailStub, to: str = TO, **changes: Any) -> None:
    settings = {
        "host": "127.0.0.1",
        "port": stub.server_address[1],
        "sender": "avisos@bank.example",
        **changes,
    }

    async def story() -> None:
        email = SmtpEmail(MailServer(**settings))
        try:
            await email.send(to, SUBJECT, TEXT)
        finally:
            stub.moved_on.set()
            email.close()

    asyncio.run(story())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("mail"), "bank")


def test_a_mail_arrives_whole(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub:
        send(stub, ca_file=authority.file)
    (mail,) = stub.mails
    read = message_from_bytes(mail, policy=default)
    assert (read["From"], read["To"], read["Subject"]) == ("avisos@bank.example", TO, SUBJECT)
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_content().strip() == TEXT.reveal()
    assert mail.isascii()


def test_starttls_comes_before_anything_else(authority: Authority) -> None:
    with mail_stub(authority.server(), starttls=True) as stub:
        send(stub, ca_file=authority.file, tls="starttls")
    assert len(stub.mails) == 1
    assert [line.split()[0].upper() for line in stub.said[:3]] == ["EHLO", "STARTTLS", "EHLO"]


def test_a_server_may_ask_who_sends(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub:
        send(stub, ca_file=authority.file, user="avisos", password=Secret("s3cret"))
    assert any(line.startswith("AUTH PLAIN") for line in stub.said)


def test_a_server_without_tls_gets_nothing(authority: Authority) -> None:
    with mail_stub(authority.server(), starttls=True) as stub:
        with pytest.raises(BackendFailed):
            send(stub, ca_file=authority.file, step_seconds=0.3)
        stub.offers = "AUTH PLAIN"
        with pytest.raises(BackendFailed):
            send(stub, ca_file=authority.file, tls="starttls", user="avisos", password=Secret("s3cret"))
    assert not stub.mails
    assert {line.split()[0].upper() for line in stub.said} == {"EHLO"}


def test_a_server_that_is_not_who_it_says_gets_nothing(authority: Authority, tmp_path: Path) -> None:
    with mail_stub(Authority(tmp_path, "stranger").server()) as stub:
        with pytest.raises(BackendFailed):
            send(stub, ca_file=authority.file)
        with pytest.raises(BackendFailed):
            send(stub)
    assert not stub.said


def test_a_refused_address_is_a_failure_that_does_not_name_it(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub:
        stub.refuses = True
        with pytest.raises(BackendFailed) as failed:
            send(stub, ca_file=authority.file)
    assert (str(failed.value), failed.value.__cause__) == ("email", None)


def test_a_slow_server_is_not_waited_for(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub:
        stub.silent = True
        with pytest.raises(BackendFailed):
            send(stub, ca_file=authority.file, budget_seconds=0.2)


def test_an_address_adds_no_header(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub, pytest.raises(BackendFailed):
        send(stub, "a@b.example\r\nBcc: c@d.example", ca_file=authority.file)
    assert not stub.said


def test_nobody_there_is_a_failure(authority: Authority) -> None:
    with mail_stub(authority.server()) as stub:
        pass
    with pytest.raises(BackendFailed):
        send(stub, ca_file=authority.file)


@pytest.mark.parametrize(
    "wrong", [{"user": "x"}, {"password": Secret("x")}, {"step_seconds": 0.0}, {"budget_seconds": -1.0}]
)
def test_odd_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        MailServer(**{"host": "mail.bank.example", "sender": "a@bank.example", **wrong})
