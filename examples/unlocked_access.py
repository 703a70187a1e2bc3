"""Locked by wrong passwords, unlocked by the customer's soft-token app, and given a new password.

.venv/bin/python -m examples.unlocked_access
"""

import httpx
from examples.front_end import NEW_PASSWORD, PASSWORD, SECURITY, FrontEnd, Sandbox, answered, refused, step

CUSTOMER = "15000025"
UNLOCK = "/v1/open-banking/x-global/security/customers/electronic-banking/access/unlock"
BINDING = "2"


def main() -> None:
    bank = Sandbox()
    step("1. Five wrong passwords lock the access")
    front = bank.front_end()
    front.identify(CUSTOMER)
    for n in range(5):
        refused(front.log_in(CUSTOMER, f"malo{n}clave", 2))
    step("2. The customer's app brings a token of the vendor's")
    token = bank.vendor_signs(CUSTOMER, BINDING)
    answered(unlock(front, token))
    print("   unlocked")
    refused(unlock(front, token))
    step("3. The old password logs in once more, and must be renewed")
    front = bank.front_end()
    told = front.enter(CUSTOMER, PASSWORD)
    print(f"   {told['credentialStatusDescription']}")
    path = f"{SECURITY}/customers/credentials"
    clear = {"newEncryptedAccessCredential": NEW_PASSWORD}
    answered(front.post(path, {"credentialStatus": "CHPWD"}, sealed=clear))
    front.log_out()
    step("4. The new password logs in")
    front = bank.front_end()
    front.enter(CUSTOMER, NEW_PASSWORD)
    front.log_out()
    print("Done.")


def unlock(front: FrontEnd, token: str) -> httpx.Response:
    """Without a bearer token, as the page allows: the MAC of the sealed number proves the application."""
    headers = front.headers()
    del headers["Authorization"]
    number = front.seal(CUSTOMER, UNLOCK, headers, "encryptedCustomerId")
    body = {"jwtToken": token, "grantType": BINDING, "customer": {"encryptedCustomerId": number}}
    return front.post(UNLOCK, body, headers=headers)


if __name__ == "__main__":
    main()
