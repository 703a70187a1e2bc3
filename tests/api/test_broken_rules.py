"""set_access names every rule a password breaks, and of the customer nothing to whoever proved nothing."""

import asyncio

from tests.api.wire import proved
from tests.conftest import OpenBank

USER = "15000010"
CODE = "00000000"
TOLD = {
    # What whoever proved card and phone is told, and what everybody else.
    "7777": ("length, letter first, equal neighbours", "length, letter first, equal neighbours"),
    "15000010": ("letter first, equal neighbours, personal data", "letter first, equal neighbours"),
    "hernandez": ("letters and digits, personal data", "letters and digits"),
    "7" * 300: ("length, letter first", "length, letter first"),
}
"""By the password."""


def test_set_access_names_all_rules_that_are_broken(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            owner, stranger = await bank.ready(), await bank.ready()
            await proved(owner, USER)
            assert (await stranger.prelogin(USER, "validate_credentials")).status_code == 200
            for front, column in ((owner, 0), (stranger, 1)):
                for password, told in TOLD.items():
                    answer = await front.set_access(password, CODE)
                    assert (answer.status_code, answer.json()["location"]) == (
                        400,
                        "newEncryptedAccessCredential",
                    )
                    assert answer.json()["moreInfo"] == told[column]
                    assert password not in answer.text

    asyncio.run(story())
