"""A PKCS#11 token for tests: SoftHSM in a folder of its own, made once for the whole run."""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from aldaba.backends.hsm import HsmWrapping
from aldaba.crypto.digests import Secret

REQUIRE = "ALDABA_REQUIRE_HSM"
CURE = "SoftHSM is not installed: install Debian's softhsm2, or name its library in SOFTHSM2_MODULE."
PIN = "58913746"
_PLACES = ("/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/softhsm", "/usr/lib/aarch64-linux-gnu/softhsm")


def module() -> Path | None:
    """SoftHSM's library, and None where it or its tool is missing."""
    named = os.environ.get("SOFTHSM2_MODULE")
    places = [Path(named)] if named else [Path(place, "libsofthsm2.so") for place in _PLACES]
    found = next((place for place in places if place.is_file()), None)
    return found if shutil.which("softhsm2-util") else None


@cache
def token() -> str:
    """The label of a fresh token; the library reads its configuration once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", "utf-8")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    words = ["softhsm2-util", "--init-token", "--free", "--label", "aldaba", "--so-pin", PIN, "--pin", PIN]
    subprocess.run(words, check=True, capture_output=True)
    return "aldaba"


def wrapping(*, pin: str = PIN, kek: str = "kek", label: str | None = None) -> HsmWrapping:
    """The house's own adapter over that token."""
    library = module()
    assert library is not None, CURE
    held = token()
    return HsmWrapping(library, label or held, Secret(pin), kek, os.urandom)
