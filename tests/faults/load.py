"""Front ends at work: logins right and wrong, changes, challenges, codes, logouts, requests sent twice."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from tests.crash.killing import new_password
from tests.faults.balancer import Balancer
from tests.faults.book import FACTORS, LIMIT, Book, Broken, Customer
from tests.front_end import FrontEnd, Keys, offer

from aldaba.domain.session import Factor
from aldaba.sandbox.bank import NIP, phone_number

AT_ONCE = 120
"""So many journeys at the most; where each answer takes longer than two seconds, fewer are asked for."""
KNOWN = 12
"""So many customers wait at least before one comes again."""
SIGN_IN_SECONDS = 0.5
TICK_SECONDS = 0.01


class Away(Exception):
    """No answer came, or the one that says the house is unavailable."""


class Out(Exception):
    """The session or the access token is no good any more, which what stands now may bring about."""


@dataclass(slots=True)
class Load:
    """Begins a journey whenever nobody is in line; an answer that speaks against the book ends it all."""

    http: httpx.AsyncClient
    line: Balancer
    credentials: tuple[str, str]
    book: Book
    strangers: Iterator[Customer]
    """Customers whom nobody has met."""
    chance: random.Random
    token: str | None = None
    _closing: bool = False
    _known: deque[Customer] = field(default_factory=deque)
    _serial: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _troubles: list[BaseException] = field(default_factory=list)

    async def start(self) -> None:
        await self._sign_in()
        assert self.token, "nobody can sign in"
        self._begin(self._keep_signed_in())
        self._begin(self._keep_busy())

    def check(self) -> None:
        """Raise what was found broken."""
        for trouble in self._troubles:
            raise trouble

    async def end(self) -> None:
        """Begin nothing more, and wait until everything that was asked is answered, or lost."""
        self._closing = True
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (trouble := task.exception()) is not None:
            self._troubles.append(trouble)

    async def _keep_busy(self) -> None:
        journeys = (*[self._visitor] * 7, self._forgetful, *[self._repeater] * 2)
        while not self._closing:
            if self.line.free and len(self._tasks) < AT_ONCE:
                self._begin(self._journey(self.chance.choice(journeys)))
            await asyncio.sleep(TICK_SECONDS)

    @staticmethod
    async def _journey(journey: Callable[[], Awaitable[None]]) -> None:
        with suppress(Away, Out):
            await journey()

    async def _keep_signed_in(self) -> None:
        while not self._closing:
            await asyncio.sleep(SIGN_IN_SECONDS)
            await self._sign_in()

    async def _sign_in(self) -> None:
        form = {"grant_type": "client_credentials"}
        try:
            answer = await self.http.post("/api/v1/oauth/token", data=form, auth=self.credentials)
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        elif answer.status_code != 503:
            raise Broken(f"a sign-in was answered {answer.status_code} {answer.text}")

    def front(self) -> FrontEnd:
        client_id, client_secret = self.credentials
        return FrontEnd(self.http, client_id, client_secret, token=self.token)

    def _met(self) -> Customer:
        customer = next(self.strangers, None)
        assert customer is not None, "the ground has no more customers"
        self.book.customers.append(customer)
        return customer

    def _new_password(self) -> str:
        self._serial += 1
        return new_password(self._serial)

    async def asked(
        self, call: Awaitable[httpx.Response], customer: Customer | None = None
    ) -> httpx.Response:
        """The answer, which is none of the house's own faults."""
        try:
            answer = await call
        except httpx.TransportError as error:
            raise Away from error
        if answer.status_code == 500:
            raise Away
        where = answer.json().get("location") if 400 <= answer.status_code < 402 else None
        if where in {"sid", "Authorization"}:
            if not self.book.sessions_may_end:
                raise Broken(f"a session ended by itself: {answer.text}, {customer}")
            raise Out
        return answer

    async def _ready(self) -> FrontEnd:
        """With keys agreed upon."""
        front = self.front()
        public = _good(await self.asked(front.call("retrieve_public_key"))).json()
        front.keys = Keys("bound-1")
        _good(await self.asked(front.call("exchange_keys", offer(public, front.keys))))
        return front

    async def _visitor(self) -> None:
        customer = self._known.popleft() if len(self._known) > KNOWN else self._met()
        try:
            await self._visit(customer)
        finally:
            if not customer.doubtful and any(count.most < LIMIT - 1 for count in customer.counts.values()):
                self._known.append(customer)

    async def _visit(self, customer: Customer) -> None:
        """In, about and out again; who is still inside from the time before goes out first."""
        if customer.live is not None:
            await self._leave(customer)
        front = await self._ready()
        _good(await self.asked(front.prelogin(customer.number)))
        for _ in range(self.chance.choice((0, 0, 0, 1, 1, 2))):
            await self._guess(front, customer, self.chance.choice(FACTORS))
        if not await self._enter(front, customer, self.chance.choice(FACTORS)):
            return
        # Who has a token proves it before the password may be changed.
        if self.chance.random() < 0.6 and await self._challenged(front, customer):
            await self._change(front, customer)
        await self._inside(customer, front.challenge())
        if self.chance.random() < 0.8:
            await self._leave(customer)

    async def _guess(self, front: FrontEnd, customer: Customer, factor: Factor) -> None:
        self._serial += 1
        secret = f"4{self._serial:07}" if factor is Factor.PIN else f"malo{self._serial:05}x"
        count = customer.counts[factor]
        try:
            answer = await self.asked(front.login(customer.number, secret, factor.value))
        except Away:
            count.unknown(right=False)
            raise
        code = _code(answer)
        if code not in {"6666", "8006"}:
            raise Broken(f"a wrong secret of {customer.number} was answered {answer.text}")
        count.wrong(code, f"{customer.number} {factor}")
        self.book.did["wrong secrets"] += 1

    async def _enter(self, front: FrontEnd, customer: Customer, factor: Factor) -> bool:
        count, secret = customer.counts[factor], customer.pin if factor is Factor.PIN else customer.password
        try:
            answer = await self.asked(front.login(customer.number, secret, factor.value))
        except Away:
            count.unknown(right=True)
            customer.lost()
            raise
        if answer.status_code != 200:
            if _code(answer) != "8006":
                raise Broken(f"the right secret of {customer} was answered {answer.text}")
            count.refused(f"{customer.number} {factor}")
            return False
        customer.entered(front, factor)
        self.book.did["logins"] += 1
        return True

    async def _inside(self, customer: Customer, call: Awaitable[httpx.Response]) -> httpx.Response:
        """Something asked in the live session: no answer to it, and the session is not sure any more."""
        try:
            return await self.asked(call, customer)
        except (Away, Out):
            customer.lost()
            raise

    async def _change(self, front: FrontEnd, customer: Customer) -> None:
        password = self._new_password()
        customer.perhaps.add(password)
        try:
            answer = await self._inside(customer, front.set_credentials("NONE", password=password))
        except Away:
            customer.counts[Factor.PASSWORD].least = 0
            raise
        except Out:
            customer.perhaps.discard(password)
            raise
        _good(answer)
        customer.changed(password)
        self.book.did["passwords changed"] += 1

    async def _challenged(self, front: FrontEnd, customer: Customer) -> bool:
        """The token's response is handed in twice, to either node; whether one of them passed."""
        question = _good(await self._inside(customer, front.challenge())).json()["challengeQuestion"]
        response = await self._shown(customer.number, question)
        calls = [self._inside(customer, front.answer_challenge(question, response)) for _ in range(2)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        passed = [isinstance(answer, httpx.Response) and answer.status_code == 200 for answer in answers]
        for _ in range(sum(passed)):
            self.book.spend("response", customer.number, question, response)
        _raised(answers)
        return any(passed)

    async def _leave(self, customer: Customer) -> None:
        front = customer.live
        assert front is not None
        _good(await self._inside(customer, front.logout()))
        customer.left()
        self.book.ended.append(front)
        self.book.did["logouts"] += 1

    async def _forgetful(self) -> None:
        """New access by card, phone and a one-time code, which is handed in twice."""
        front = await self._ready()
        customer = self._met()
        _good(await self.asked(front.prelogin(customer.number, "validate_credentials")))
        _good(await self.asked(front.validate_card(NIP)))
        _good(await self.asked(front.validate_phone(phone_number(customer.number))))
        _good(await self.asked(front.send_otp()))
        code = await self._told(customer.number)
        passwords = [self._new_password(), self._new_password()]
        customer.perhaps |= set(passwords)
        calls = [self.asked(front.set_access(password, code)) for password in passwords]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for password, answer in zip(passwords, answers, strict=True):
            if isinstance(answer, httpx.Response):
                customer.perhaps.discard(password)
                if answer.status_code == 204:
                    self.book.spend("code", customer.number, code)
                    customer.password = password
        _raised(answers)

    async def _repeater(self) -> None:
        """The same request to both nodes at once; the book knows which ids were accepted."""
        front = self.front()
        headers = front.headers()
        calls = [
            self.asked(front.call("retrieve_public_key", headers=headers, keep_sid=False)) for _ in range(2)
        ]
        _raised(await asyncio.gather(*calls, return_exceptions=True))
        self.book.did["requests sent twice"] += 1

    async def _told(self, number: str) -> str:
        """The newest code on the customer's phone."""
        answer = await self._outside(
            self.http.get("/sandbox/messages", params={"to": f"+52{phone_number(number)}"})
        )
        return str(next(message["otp"] for message in answer.json() if message["otp"]))

    async def _shown(self, number: str, question: str) -> str:
        """What the customer's token answers."""
        asked = {"customerId": number, "challenge": question}
        answer = await self._outside(self.http.post("/sandbox/token-response", json=asked))
        return str(answer.json()["response"])

    async def _outside(self, call: Awaitable[httpx.Response]) -> httpx.Response:
        """The customer's own things are played by the nodes, and so are away with them."""
        try:
            answer = await call
        except httpx.TransportError as error:
            raise Away from error
        if answer.status_code != 200:
            raise Away
        return answer


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.status_code >= 300:
        raise Broken(f"{answer.request.url.path} was answered {answer.status_code} {answer.text}")
    return answer


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


def _raised(answers: Sequence[httpx.Response | BaseException]) -> None:
    """What was broken first, then what was only away."""
    troubles = [answer for answer in answers if isinstance(answer, BaseException)]
    for trouble in sorted(troubles, key=lambda each: isinstance(each, Away | Out)):
        raise trouble
