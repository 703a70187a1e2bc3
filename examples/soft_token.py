"""A soft token from the shelf of the bank to a JWT of the vendor: assigned, enrolled, activated, registered.

An operator works with `aldaba tokens` beside the running server, the customer with an app that scans a code:

    .venv/bin/python -m examples.soft_token
"""

import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from examples.front_end import SECURITY, FrontEnd, Sandbox, answered, refused, step

CUSTOMER = "15000029"
SUITE = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
ONLINE_TRANSACTION = "3"


def main() -> None:
    bank = Sandbox()
    serial = f"EX-{os.urandom(4).hex()}"
    step("1. An operator takes a soft token from the shelf, for customer 15000029")
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder) / "tokens.csv"
        shelf.write_text(f"serial,kind,suite,secretHex\n{serial},soft,{SUITE},{os.urandom(32).hex()}\n")
        aldaba("tokens", "import", str(shelf), "--kind", "soft")
    print(f"   assigned: {aldaba('tokens', 'assign', serial, CUSTOMER)}")
    step("2. The customer's app scans the code that `tokens enrol` shows once")
    app = parse_qs(urlsplit(aldaba("tokens", "enrol", serial)["uri"]).query)
    print(f"   activated: {aldaba('tokens', 'activate', serial)}")
    step("3. The customer logs in, and the app answers a challenge")
    front = bank.front_end()
    front.enter(CUSTOMER)
    question = front.question()
    answered(front.respond(question, shown_by(app, question)))
    print("   the bank is content")
    step("4. The vendor is to run the token from now on")
    print(f"   with the vendor: {is_with_the_vendor(front)}")
    answered(front.post(f"{SECURITY}/transmit-customer", {}))
    print(f"   with the vendor: {is_with_the_vendor(front)}")
    step("5. What the vendor signs is certified, once")
    body = {"transmitToken": bank.vendor_signs(CUSTOMER, ONLINE_TRANSACTION), "customerId": CUSTOMER}
    body["grantType"] = ONLINE_TRANSACTION
    answered(front.post(f"{SECURITY}/jwt/validate", body))
    print("   it is good")
    refused(front.post(f"{SECURITY}/jwt/validate", body))
    front.log_out()
    aldaba("tokens", "revoke", serial)
    print("Done.")


def is_with_the_vendor(front: FrontEnd) -> bool:
    told = answered(front.post(f"{SECURITY}/transmit-customer/validate", {"customerId": CUSTOMER}))
    return bool(told["transmitTokenEnabledFlag"])


def shown_by(app: dict[str, list[str]], question: str) -> str:
    """What the app shows: OCRA (RFC 6287) of a decimal question and the minute."""
    (suite,), (seed,) = app["suite"], app["seed"]
    asked = bytes.fromhex(f"{int(question):x}".ljust(256, "0"))
    minute = int(time.time() // 60).to_bytes(8, "big")
    digest = hmac.digest(bytes.fromhex(seed), suite.encode() + b"\0" + asked + minute, "sha256")
    offset = digest[-1] & 15
    cut = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{cut % 10**8:08}"


def aldaba(*words: str) -> dict[str, Any]:
    """A command of the operator's."""
    command = [sys.executable, "-m", "aldaba", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    main()
