"""The telephone desk (IVR) asks how a customer's PIN and password stand; it needs no session.

.venv/bin/python -m examples.telephone_desk
"""

from examples.front_end import SECURITY, FrontEnd, Sandbox, answered, refused, step


def main() -> None:
    bank = Sandbox()
    desk = bank.front_end("IVR")
    desk.sid = None
    step("1. A customer in order, and one that is locked for a day")
    tell(desk, "15000010")
    tell(desk, "15000015")
    step("2. A company is asked about by its representative")
    tell(desk, "15000022", legalRepresentativeId="2")
    step("3. A number nobody has")
    refused(desk.post(f"{SECURITY}/customers/credentials/status", {"customerId": "99999999"}))
    print("Done.")


def tell(desk: FrontEnd, customer: str, **more: str) -> None:
    told = answered(desk.post(f"{SECURITY}/customers/credentials/status", {"customerId": customer} | more))
    password = told["passwordDetail"]
    lock = password.get("passwordLocked", "none")
    print(f"   password of {customer}: status {password['passwordStatus']}, lock {lock}")


if __name__ == "__main__":
    main()
