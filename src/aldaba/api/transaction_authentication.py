"""The transaction_authentication family: a challenge for the customer's token, and its answer."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.contract import Contract, Language
from aldaba.crypto.digests import Secret
from aldaba.service.calls import Call
from aldaba.service.challenges import AnswerChallenge, Challenges


class TransactionAuthentication:
    """One method for each operation of the page."""

    def __init__(self, contract: Contract, challenges: Challenges) -> None:
        self._contract = contract
        self._challenges = challenges

    async def retrieve_challenge(self, call: Call, body: Mapping[str, Any]) -> Answer:  # noqa: ARG002 - none
        return Answer({"challengeQuestion": await self._challenges.retrieve(call)})

    async def validate_challenge(self, call: Call, body: Mapping[str, Any]) -> Answer:
        given = body["oneTimePasswordToken"]
        response = given if isinstance(given, Secret) else Secret(given)
        await self._challenges.validate(call, AnswerChallenge(body["challengeQuestion"], response))
        language: Language = "en" if call.language == "en" else "es"
        return Answer({"responseMessage": self._contract.text("responseMessage", language)})
