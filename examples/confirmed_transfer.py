"""A transfer confirmed by challenge: the token answers a question, and other systems see the stronger proof.

.venv/bin/python -m examples.confirmed_transfer
"""

from examples.front_end import FrontEnd, Sandbox, answered, refused, step

CUSTOMER = "15000010"


def main() -> None:
    bank = Sandbox()
    step("1. The customer logs in")
    front = bank.front_end()
    front.enter(CUSTOMER)
    weigh(front)
    step("2. The bank asks the customer's token")
    question = front.question()
    response = bank.token_shows(CUSTOMER, question)
    print(f"   question {question}; the token shows {response}")
    step("3. A wrong answer is refused, the right one is taken")
    refused(front.respond(question, f"{(int(response) + 1) % 10**8:08}"))
    print(f"   {answered(front.respond(question, response))['responseMessage']}")
    weigh(front)
    step("4. It was good once")
    refused(front.respond(question, response))
    front.log_out()
    print("Done.")


def weigh(front: FrontEnd) -> None:
    """As the bank's transfer system does with the sid it is handed."""
    told = front.introspect()
    until = told.get("strong_until", "never")
    print(f"   the session of {told['customerId']} has aal {told['aal']}, strong until {until}")


if __name__ == "__main__":
    main()
