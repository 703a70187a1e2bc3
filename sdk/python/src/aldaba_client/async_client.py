"""The asynchronous client: sends what the protocol writes, hands in what comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Concatenate, ParamSpec, Self, TypeVar, Unpack

import httpx

from aldaba_client import calls, token_calls
from aldaba_client._generated import KeyExchangeResponse, PublicKeyResponse
from aldaba_client.http import TROUBLES, incoming, lost, outgoing, patience
from aldaba_client.introspection import SessionFacts, introspect
from aldaba_client.messages import Answer, Call, Lost, Request, Steps
from aldaba_client.opening import Options, session_for
from aldaba_client.session import Session
from aldaba_client.surface import as_method

T = TypeVar("T")
P = ParamSpec("P")


def _method(make: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    """The method that makes such a call; its parameters and its words are the call's own."""

    def method(client: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        return client._run(make(*args, **kwargs))  # noqa: SLF001 - this is its own method

    return as_method(method, make)


class AsyncClient:
    """One session of one front end; calls may run in parallel.

    ``new_session`` gives another customer's session over the same connections and access token.

    Raises ``ValueError`` for choices that do not go together; what goes wrong later is an ``AldabaError``.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        *,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        session = session_for(base_url, client_id, options)
        http = httpx.AsyncClient(base_url=base_url, timeout=patience(timeout), transport=transport)
        self._start(session, http, owned=True)

    def _start(self, session: Session, http: httpx.AsyncClient, *, owned: bool) -> None:
        self._session = session
        self._http = http
        self._owned = owned
        self._setting_up = asyncio.Lock()
        self._sealing = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._session.application.client_id!r} at {self._http.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; those of ``new_session`` belong to the client they came from."""
        if self._owned:
            await self._http.aclose()

    def new_session(self) -> "AsyncClient":
        """Another session of the same application, with a ``sid`` and keys of its own."""
        mine = self._session
        other = AsyncClient.__new__(AsyncClient)
        other._start(Session(mine.application, mine.place, mine.profile), self._http, owned=False)  # noqa: SLF001 - its own class
        return other

    def forget_session(self) -> None:
        """Begin a new session with the next call; the server is not told."""
        self._session.forget()

    @property
    def sid(self) -> str | None:
        """What names the session at the server: other systems of the bank may ``introspect`` it."""
        return self._session.sid

    prelogin_v1 = _method(calls.prelogin_v1)
    prelogin_v2 = _method(calls.prelogin_v2)
    login = _method(calls.login)
    logout = _method(calls.logout)
    validate_credentials = _method(calls.validate_credentials)
    validate_card = _method(calls.validate_card)
    validate_mobile_phone = _method(calls.validate_mobile_phone)
    send_otp = _method(calls.send_otp)
    set_access = _method(calls.set_access)
    set_credentials = _method(calls.set_credentials)
    credentials_status = _method(calls.credentials_status)
    retrieve_challenge = _method(token_calls.retrieve_challenge)
    validate_challenge = _method(token_calls.validate_challenge)
    validate_jwt = _method(token_calls.validate_jwt)
    register_transmit_customer = _method(token_calls.register_transmit_customer)
    validate_transmit_customer = _method(token_calls.validate_transmit_customer)
    generate_rao_token = _method(token_calls.generate_rao_token)
    validate_rao_token = _method(token_calls.validate_rao_token)
    certified_phone = _method(token_calls.certified_phone)
    unlock_access = _method(token_calls.unlock_access)
    enrol_device = _method(token_calls.enrol_device)
    revoke_device = _method(token_calls.revoke_device)

    async def retrieve_public_key(self) -> PublicKeyResponse:
        """The server's public key, its signature checked. Raises ``UntrustedKey``."""
        async with self._setting_up:
            await self._drive(self._session.set_up(calls.retrieve_public_key()))
            return await self._drive(self._session.retrieve_public_key())

    async def exchange_keys(self) -> KeyExchangeResponse:
        """Agree on fresh keys; done unasked before the first call in need. Raises ``UntrustedKey``."""
        async with self._setting_up:
            await self._drive(self._session.set_up(calls.retrieve_public_key()))
            return await self._drive(self._session.exchange_keys())

    async def introspect(self, sid: str) -> SessionFacts:
        """What a ``sid`` is worth, for applications with the right ``introspect``."""
        return await self._drive(introspect(self._session.application, sid))

    async def _run(self, call: Call[T]) -> T:
        # One at a time, or two first calls would begin two sessions.
        async with self._setting_up:
            await self._drive(self._session.set_up(call))
        async with self._sealing if self._session.in_turn(call) else nullcontext():
            return await self._drive(self._session.perform(call))

    async def _drive(self, steps: Steps[T]) -> T:
        reply: Answer | Lost | None = None
        while True:
            try:
                request = next(steps) if reply is None else steps.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            reply = await self._send(request)

    async def _send(self, request: Request) -> Answer | Lost:
        if request.after:
            await asyncio.sleep(request.after)
        try:
            return incoming(await self._http.send(outgoing(self._http, request)))
        except TROUBLES as trouble:
            return lost(trouble)
