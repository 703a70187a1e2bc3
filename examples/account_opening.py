"""An account opened by phone: nobody is a customer yet, so a code proves the phone.

.venv/bin/python -m examples.account_opening
"""

from examples.front_end import FrontEnd, Sandbox, answered, refused, step

TOKENS = "/v1/x-global/account-opening/rao/security/tokens"
COUNTRY, PHONE = "+52", "5512345678"


def main() -> None:
    bank = Sandbox()
    step("1. A code to the phone")
    front = bank.front_end()
    refused(front.get(f"{TOKENS}/certified-phone"))
    body = {"phoneCountryCode": COUNTRY}
    answered(front.post(f"{TOKENS}/generate", body, sealed={"encryptedPhoneNumber": PHONE}))
    code = bank.code_sent_to(f"{COUNTRY}{PHONE}")
    print(f"   the phone shows {code}")
    step("2. A wrong code is refused, the right one certifies the phone")
    refused_or_certified(front, f"{(int(code) + 1) % 10**8:08}")
    refused_or_certified(front, code)
    step("3. The account-opening system asks which phone it was")
    told = answered(front.get(f"{TOKENS}/certified-phone"))
    print(f"   {told['phoneCountryCode']} {told['phoneNumber']}")
    print("Done.")


def refused_or_certified(front: FrontEnd, code: str) -> None:
    # The phone's number lies one level deeper; what it is bound to is its own name.
    path, headers = f"{TOKENS}/validate", front.headers()
    number = front.seal(PHONE, path, headers, "encryptedPhoneNumber")
    phone = {"phoneCountryCode": COUNTRY, "encryptedPhoneNumber": number}
    answer = front.post(path, {"phone": phone}, sealed={"encryptedOtpToken": code}, headers=headers)
    if answer.is_error:
        refused(answer)
    else:
        print("   the phone is certified")


if __name__ == "__main__":
    main()
