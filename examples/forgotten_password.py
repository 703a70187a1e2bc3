"""A forgotten password: card and phone are proved, a code comes by SMS, a new password is set.

.venv/bin/python -m examples.forgotten_password
"""

from examples.front_end import NEW_PASSWORD, PASSWORD, Sandbox, answered, refused, step

CUSTOMER, PHONE = "15000010", "5515000010"
SMS_TO_PROVED_PHONE = 5


def main() -> None:
    bank = Sandbox()
    step("1. The customer is named")
    front = bank.front_end()
    ccs_id = front.name_customer(CUSTOMER)["ccsId"]
    step("2. Card, then phone")
    front.prove_card(ccs_id)
    front.prove_phone(ccs_id, PHONE)
    step("3. A code by SMS")
    front.order_code(ccs_id, SMS_TO_PROVED_PHONE)
    code = bank.code_sent_to(f"+52{PHONE}")
    print(f"   the phone shows {code}")
    step("4. A wrong code is refused, a weak password too")
    refused(front.set_access(ccs_id, f"{(int(code) + 1) % 10**8:08}", NEW_PASSWORD))
    refused(front.set_access(ccs_id, code, "corta1"))
    step("5. The right code sets the new password, once")
    answered(front.set_access(ccs_id, code, NEW_PASSWORD))
    print("   it is set")
    refused(front.set_access(ccs_id, code, "otropuente83"))
    step("6. The old password is refused, the new one logs in")
    front = bank.front_end()
    front.identify(CUSTOMER)
    refused(front.log_in(CUSTOMER, PASSWORD, 2))
    front.enter(CUSTOMER, NEW_PASSWORD)
    front.log_out()
    print("Done.")


if __name__ == "__main__":
    main()
