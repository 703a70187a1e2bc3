"""The server's own TLS: version 1.2 or newer, forward secrecy and authenticated encryption only."""

import ssl
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send
from tests.backends.core_certificates import Authority

from aldaba.cli.listening import configured


class Meeting:
    """A client and the server's context, shaking hands without a network."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder, "house")
        pair = authority.server()
        config = configured(_nobody, 1, cert=pair.cert, key=pair.key)
        config.load()
        assert config.ssl is not None
        self.server = config.ssl
        self.client = ssl.create_default_context(cafile=str(authority.file))

    def shake(self) -> tuple[str, str]:
        """Version and cipher suite agreed upon. Raises ``ssl.SSLError``."""
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.client.wrap_bio(back, there, server_hostname="127.0.0.1")
        server = self.server.wrap_bio(there, back, server_side=True)
        done = 0
        for side in (client, server) * 4:
            try:
                side.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                continue
        agreed, version = server.cipher(), server.version()
        assert done
        assert agreed is not None
        assert version is not None
        return version, agreed[0]


async def _nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """No request comes this far."""


def test_the_newest_version_is_agreed_upon(tmp_path: Path) -> None:
    assert Meeting(tmp_path).shake()[0] == "TLSv1.3"


def test_with_version_1_2_the_suites_keep_secrets_forward_and_authenticate(tmp_path: Path) -> None:
    meeting = Meeting(tmp_path)
    meeting.client.maximum_version = ssl.TLSVersion.TLSv1_2
    version, suite = meeting.shake()
    assert version == "TLSv1.2"
    assert suite.startswith("ECDHE-")
    assert "GCM" in suite or "CHACHA20" in suite


@pytest.mark.parametrize("suites", ["ECDHE+AES:!AESGCM:!AESCCM", "kRSA+AESGCM"])
def test_a_client_that_knows_only_weaker_suites_is_turned_away(tmp_path: Path, suites: str) -> None:
    meeting = Meeting(tmp_path)
    meeting.client.maximum_version = ssl.TLSVersion.TLSv1_2
    meeting.client.set_ciphers(suites)
    with pytest.raises(ssl.SSLError):
        meeting.shake()


def test_older_versions_are_not_spoken(tmp_path: Path) -> None:
    assert Meeting(tmp_path).server.minimum_version >= ssl.TLSVersion.TLSv1_2
