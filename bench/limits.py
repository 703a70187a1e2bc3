"""What no implementation gets under: hashing, decrypting, the disk and the web server.

Each is written here as directly as the libraries allow, and measured in the run whose works it is set beside.
"""

import asyncio
import base64
import hmac
import os
import queue
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings
from nacl.exceptions import InvalidkeyError

from aldaba.api.headers import HeaderReader
from aldaba.contract import load
from aldaba.domain.session import ExchangedKeys, Session, Subject
from bench.factors import Vendor
from bench.load import drive
from bench.machine import median, microseconds
from bench.processes import Serving

MEMORY_KIB, PASSES = 19_456, 2
"""The server's default Argon2id parameters: m = 19 MiB, t = 2, p = 1."""


def argon2_hash(secret: str) -> str:
    """A PHC string of the server's default parameters."""
    kind = bindings.crypto_pwhash_ALG_ARGON2ID13
    phc = bindings.crypto_pwhash_str_alg(secret.encode(), PASSES, MEMORY_KIB * 1024, kind)
    return phc.rstrip(b"\0").decode("ascii")


def argon2(phc: str, threads: int, seconds: float) -> tuple[float, float]:
    """Verifies a second on so many threads, and CPU microseconds of one.

    The first is wall time: what else runs on the machine slows it as it slows the server. The second grows
    with the threads, because the memory of every hash is new to the kernel.
    """
    until = time.perf_counter() + seconds

    def verify(_: int) -> int:
        done = 0
        while time.perf_counter() < until:
            try:
                bindings.crypto_pwhash_str_verify(phc.encode(), b"not this one")
            except InvalidkeyError:
                done += 1
        return done

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        done = max(1, sum(pool.map(verify, range(threads))))
    return done / (time.perf_counter() - began), (time.process_time() - cpu) / done * 1e6


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


def rsa_us(times: int) -> float:
    """CPU microseconds of one RSA-3072 OAEP-SHA-256 decryption."""
    key = rsa_key()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sealed = key.public_key().encrypt(b"0" * 160, oaep)
    return microseconds(lambda: key.decrypt(sealed, oaep), times)


def headers_us(headers: list[tuple[bytes, bytes]], operation: str, times: int) -> float:
    """CPU microseconds of checking one request's headers as the contract demands."""
    contract = load()
    reader = HeaderReader(contract, contract.operation(operation))
    return microseconds(lambda: reader.read(headers, has_body=True), times)


def envelope_us(times: int) -> float:
    """CPU microseconds of opening one end-to-end value of 64 bytes: HMAC compared, AES-CBC decrypted."""
    ek, hk, body, aad = os.urandom(32), os.urandom(32), os.urandom(80), b"a" * 200
    tag = hmac.digest(hk, aad + body, "sha256")

    def work() -> bytes:
        assert hmac.compare_digest(hmac.digest(hk, aad + body, "sha256"), tag)
        return Cipher(algorithms.AES256(ek), modes.CBC(body[:16])).decryptor().update(body[16:])

    return microseconds(work, times)


def token_us(times: int) -> float:
    """CPU microseconds of a token's answer: its seed opened, three time steps computed and compared."""
    seal, nonce, message = AESGCM(os.urandom(32)), os.urandom(12), os.urandom(165)
    sealed = seal.encrypt(nonce, os.urandom(32), b"context")

    def work() -> bool:
        seed = seal.decrypt(nonce, sealed, b"context")
        shown = [_shown(hmac.digest(seed, message + bytes([step]), "sha256")) for step in range(3)]
        return sum(hmac.compare_digest(each, b"00000000") for each in shown) > 0

    return microseconds(work, times)


def _shown(mac: bytes) -> bytes:
    at = mac[-1] & 0x0F
    return b"%08d" % ((int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF) % 10**8)


def jws_us(times: int) -> float:
    """CPU microseconds of one ES256 JWS: claims decoded, signature verified under a key read before."""
    vendor = Vendor()
    signed, _, signature = vendor.jwt("200000000", "2").rpartition(".")
    key = vendor.key.public_key()

    def work() -> object:
        raw = base64.urlsafe_b64decode(signature + "==")
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
        return [msgspec.json.decode(base64.urlsafe_b64decode(part + "==")) for part in signed.split(".")]

    return microseconds(work, times)


def session_us(times: int) -> float:
    """CPU microseconds of reading one session: found by its key, opened with AES-256-GCM, decoded."""
    now = datetime.now(UTC)
    session = Session(
        handle="0" * 64,
        application_id="bench",
        channel="MOVIL",
        opened_at=now,
        expires_at=now + timedelta(hours=1),
        touched_at=now,
        key_id="e2e-20260101-00000000",
        keys=ExchangedKeys("bound-1", os.urandom(32), os.urandom(16), os.urandom(32)),
        subject=Subject("200000000", "", "123456789012345678"),
    )
    seal, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    sealed = nonce + seal.encrypt(nonce, msgspec.json.encode(session), b"context")
    decoder = msgspec.json.Decoder(Session)
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("CREATE TABLE sessions (handle TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
    for number in range(1000):
        database.execute("INSERT INTO sessions VALUES (?, ?)", (f"{number:064x}", sealed))

    def work() -> Session:
        row = database.execute("SELECT body FROM sessions WHERE handle = ?", (f"{7:064x}",)).fetchone()
        return decoder.decode(seal.decrypt(row[0][:12], row[0][12:], b"context"))

    return microseconds(work, times)


Act = tuple[asyncio.Future[None], asyncio.AbstractEventLoop, tuple[Any, ...]]


class GroupCommit:
    """Durable acts as directly as Python allows: one thread, one commit for all that wait, no savepoints."""

    def __init__(self, file: Path, rows: int) -> None:
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE marks (id BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
        self._rows = rows
        self._waiting: queue.SimpleQueue[Act | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    async def act(self) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.put((future, loop, (os.urandom(16), bytes(300))))
        await future

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()
        self._database.close()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while not self._waiting.empty() and (more := self._waiting.get()) is not None:
                batch.append(more)
            self._database.execute("BEGIN IMMEDIATE")
            for _, _, (key, body) in batch:
                for row in range(self._rows):
                    self._database.execute("INSERT INTO marks VALUES (?, ?)", (key + bytes([row]), body))
            self._database.execute("COMMIT")
            batch[0][1].call_soon_threadsafe(_answer, [future for future, _, _ in batch])


def _answer(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


async def durable_acts(file: Path, rows: int, in_flight: int, seconds: float) -> tuple[float, float]:
    """Acts a second that write so many rows each, and CPU microseconds an act, with so many in flight."""
    commits = GroupCommit(file, rows)
    done = 0
    until = time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await commits.act()
            done += 1

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    lasted, used = time.perf_counter() - began, time.process_time() - cpu
    commits.close()
    return done / lasted, used / done * 1e6


async def floor_us(server: Serving, request: bytes, calls: int) -> float:
    """CPU microseconds the web server takes for one request when its application does nothing."""
    stretches = [(await drive(server.port, server.pid, [request] * calls, 32)) for _ in range(3)]
    return median([stretch.expect(200).server_us for stretch in stretches])
