"""A forgotten password without any message: the code is what the customer's hard token shows by itself.

.venv/bin/python -m examples.forgotten_password_by_token
"""

from examples.front_end import NEW_PASSWORD, Sandbox, answered, refused, step

CUSTOMER, PHONE = "15000010", "5515000010"
HARD_TOKEN = 1
BY_ITSELF = "00000000"
"""The question that a token answers when nobody asked one."""


def main() -> None:
    bank = Sandbox()
    step("1. The customer is named; card and phone are proved")
    front = bank.front_end()
    ccs_id = front.name_customer(CUSTOMER)["ccsId"]
    front.prove_card(ccs_id)
    front.prove_phone(ccs_id, PHONE)
    step("2. The hard token is asked for: nothing is sent")
    front.order_code(ccs_id, HARD_TOKEN)
    code = bank.token_shows(CUSTOMER, BY_ITSELF)
    print(f"   the token shows {code}")
    step("3. Its code sets the new password")
    answered(front.set_access(ccs_id, code, NEW_PASSWORD))
    print("   it is set")
    step("4. The same code serves nobody again, whatever else is proved")
    front = bank.front_end()
    ccs_id = front.name_customer(CUSTOMER)["ccsId"]
    front.prove_card(ccs_id)
    front.prove_phone(ccs_id, PHONE)
    front.order_code(ccs_id, HARD_TOKEN)
    refused(front.set_access(ccs_id, code, "otropuente83"))
    step("5. The new password logs in")
    front = bank.front_end()
    front.enter(CUSTOMER, NEW_PASSWORD)
    front.log_out()
    print("Done.")


if __name__ == "__main__":
    main()
