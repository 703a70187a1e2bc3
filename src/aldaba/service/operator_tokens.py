"""What operators do with tokens: take deliveries in, assign, bring into step, unlock, revoke."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import Lifter
from aldaba.domain.operators import Actor
from aldaba.domain.token import BadToken, Token, TokenRecord
from aldaba.service.operator_commands import (
    AssignToken,
    ImportTokens,
    ResynchroniseToken,
    RevokeToken,
    UnlockToken,
)
from aldaba.service.operator_desk import Handlers
from aldaba.service.token_administration import TokenAdministration, TokensImported


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A delivered file and what opens it; ``format`` is ``pskc`` or ``csv``."""

    format: str
    content: Secret
    kind: str
    key: Secret | None
    passphrase: Secret | None


ReadTokens = Callable[[TokenFile], Iterable[TokenRecord | BadToken]]
"""Reads a file as its maker wrote it. Raises ``Refused`` where it is none, also after some were read."""


@dataclass(frozen=True, slots=True)
class TokenState:
    serial: str
    kind: str
    suite: str
    status: str
    customer_id: str | None


class OperatorTokens:
    """``handlers`` are for the desk."""

    def __init__(self, tokens: TokenAdministration, read: ReadTokens) -> None:
        self._tokens = tokens
        self._read = read

    @property
    def handlers(self) -> Handlers:
        return {
            ImportTokens: self.take_in,
            AssignToken: self.assign,
            ResynchroniseToken: self.resynchronise,
            UnlockToken: self.unlock,
            RevokeToken: self.revoke,
        }

    async def take_in(self, actor: Actor, command: ImportTokens) -> TokensImported:
        """Read to the end before the first is taken: a file that breaks off imports nothing."""
        file = TokenFile(command.format, command.content, command.kind, command.key, command.passphrase)
        return await self._tokens.import_tokens(list(self._read(file)), actor.name)

    async def assign(self, actor: Actor, command: AssignToken) -> TokenState:
        return _state(await self._tokens.assign(command.serial, command.customer_id, actor.name))

    async def resynchronise(self, actor: Actor, command: ResynchroniseToken) -> TokenState:
        return _state(
            await self._tokens.resynchronise(command.serial, command.first, command.second, actor.name)
        )

    async def unlock(self, actor: Actor, command: UnlockToken) -> TokenState:
        return _state(await self._tokens.unlock(command.serial, Lifter.HELP_DESK, actor.name))

    async def revoke(self, actor: Actor, command: RevokeToken) -> TokenState:
        return _state(await self._tokens.revoke(command.serial, actor.name))


def _state(token: Token) -> TokenState:
    return TokenState(token.serial, token.kind, token.suite, token.status.value, token.customer_id)
