"""A company of two representatives: each logs in by a name of its own, and both may be there at once.

.venv/bin/python -m examples.company_representative
"""

from examples.front_end import PASSWORD, Sandbox, refused, step

COMPANY = "15000022"


def main() -> None:
    bank = Sandbox()
    step("1. The company alone is not enough")
    front = bank.front_end()
    front.identify(COMPANY)
    refused(front.log_in(COMPANY, PASSWORD, 2))
    step("2. Its first representative logs in, and its second beside")
    first, second = bank.front_end(), bank.front_end()
    for front, representative in ((first, "1"), (second, "2")):
        front.enter(f"{COMPANY}-{representative}")
        told = front.introspect()
        print(f"   other systems see representative {told['representative']} of {told['customerId']}")
    step("3. The same one twice is refused")
    third = bank.front_end()
    third.identify(f"{COMPANY}-2")
    refused(third.log_in(f"{COMPANY}-2", PASSWORD, 2))
    first.log_out()
    second.log_out()
    print("Done.")


if __name__ == "__main__":
    main()
