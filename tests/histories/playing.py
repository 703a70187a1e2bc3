"""Plays a history against two nodes, and asks after each batch whether the model can explain the answers."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.histories.asked import Asked, Batch, Done
from tests.histories.meaning import APPLICATION_OF, SEED, SUITE, Handle, Meaning, Memory
from tests.histories.moves import CUSTOMERS, FRONTS, Moment, Move
from tests.histories.nodes import Nodes
from tests.histories.orders import explained
from tests.histories.sending import CARD_EXPIRES, Sender
from tests.histories.state import NIP, Customer, State
from tests.recovery_front_end import customer_line

from aldaba.sandbox.bank import card_number

PASSWORD = "mobile20x"
MOST_STATES = 64
"""So many ways to stand are kept apart; histories rarely have more than three."""


class Violation(AssertionError):
    """Answers that no order of the requests explains."""


@dataclass(slots=True)
class Play:
    """One history under way. ``states``: every way things may stand by what has been answered."""

    nodes: Nodes
    number: int
    seen: Counter[str]
    memory: Memory = field(default_factory=Memory)
    states: list[State] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    story: list[str] = field(default_factory=list)
    sender: Sender = field(init=False)
    phones: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        customers = tuple(f"7{self.number:06d}{n}" for n in range(CUSTOMERS))
        self.sender = Sender(self.nodes, customers, {}, {})
        self.phones = tuple(
            tuple(f"+5255{line + 1}{self.number:06d}{n}" for line in range(FRONTS)) for n in range(CUSTOMERS)
        )

    async def play(self, history: Sequence[Moment]) -> None:
        """Raises ``Violation``, which tells the whole story."""
        await self._begin()
        for moment in history:
            self.nodes.clock.move(moment.later)
            self.story.append(f"after {moment.later} s")
            await self._at_once(moment.moves)
        await self._try_every_sid()

    async def _begin(self) -> None:
        """Customers of this history's own, and an identified session for each front end."""
        lines = [self._line(n) for n in range(CUSTOMERS)]
        report = await self.nodes.houses[0].customer_import.import_lines(lines, actor="test")
        assert not report.refused, report.refused
        self.states = [State(tuple(Customer(PASSWORD, phones) for phones in self.phones))]
        await self._at_once([_simply(front, "begin") for front in range(FRONTS)])
        await self._at_once([_simply(front, "identify", customer=front % 2) for front in range(FRONTS)])

    def _line(self, n: int) -> bytes:
        certified = {"countryCode": "+52", "certified": True}
        phones = [
            {"number": phone.removeprefix("+52"), "best": line == 0} | certified
            for line, phone in enumerate(self.phones[n])
        ]
        serial = f"T-{self.number}-{n}"
        token = {"serial": serial, "kind": "hard", "status": 56, "ocraSuite": SUITE, "secretHex": SEED.hex()}
        name = self.sender.customers[n]
        card = {"number": card_number(name), "expires": CARD_EXPIRES, "nip": NIP, "status": "active"}
        line = customer_line(name, phones=phones, token=token, cards=[card])
        return json.dumps(line).encode()

    async def _at_once(self, moves: Sequence[Move]) -> None:
        await self.nodes.sign_in()
        meaning = Meaning(self.memory, self.states[0], self.phones, self.nodes.clock.now)
        requests = [(*meaning.of(move), move) for move in moves]
        for asked, _, _ in requests:
            self.sender.request_ids.setdefault((asked.application, asked.request_id), str(uuid.uuid4()))
        sent = [self.sender.send(asked, handle, move.node) for asked, handle, move in requests]
        answers = await asyncio.gather(*sent)
        for (_, fresh), (_, _, move) in zip(answers, requests, strict=True):
            self._keep(fresh, move)
        await self._judge([done for done, _ in answers], [move for _, _, move in requests])

    def _keep(self, fresh: Handle | None, move: Move) -> None:
        if fresh is not None:
            line = move.front if fresh.line < 0 else fresh.line
            self.memory.handles[move.front].append(replace(fresh, line=line))

    async def _judge(self, done: list[Done], moves: Sequence[Move]) -> None:
        self.batches += 1
        messages = await self._messages(done)
        batch = Batch(self.batches, self.nodes.clock.now.timestamp(), done, messages)
        self._tell(batch, moves)
        self.states = explained(self.states, batch)[:MOST_STATES]
        if not self.states:
            raise Violation("\n".join(["no order explains the last batch:", *self.story]))

    async def _messages(self, done: list[Done]) -> tuple[tuple[str, str], ...]:
        """What came to the phones of those who asked for a code."""
        lines = {each.asked.phone[-8:] for each in done if each.asked.act == "send"}
        asked = {each.asked.phone for each in done if each.asked.act == "send"}
        # A session may have been identified anew meanwhile: then it is the other customer's phone.
        twins = {phone[:-1] + str(n) for phone in asked for n in range(CUSTOMERS)} if lines else set()
        found = []
        for phone in sorted(twins):
            codes = await self.nodes.codes_to(phone)
            found += [(phone, code) for code in codes[self.heard[phone] :]]
            self.heard[phone] = len(codes)
        self.memory.codes = [code for _, code in found] + self.memory.codes
        return tuple(found)

    def _tell(self, batch: Batch, moves: Sequence[Move]) -> None:
        for each, move in zip(batch.done, moves, strict=True):
            asked = each.asked
            self.seen["steps"] += 1
            self.seen[f"{asked.act}: {each.said}"] += 1
            if each.told:
                self.memory.questions.setdefault(asked.session, []).append(each.told)
            facts = [asked.session, f"of {asked.customer}", asked.given, asked.question, asked.request_id]
            words = " ".join(fact for fact in facts if fact)
            made = f" [{asked.fresh}]" if each.said.startswith("2") else ""
            self.story.append(f"  {self.batches}: {asked.act} {words} at {move.node}: {each.said}{made}")
        self.story += [f"  {self.batches}: to {phone} {code}" for phone, code in batch.messages]

    async def _try_every_sid(self) -> None:
        """Once more at the end, for something of whoever is logged in: no sid serves that has ended."""
        held = [(front, handle) for front in range(FRONTS) for handle in self.memory.handles[front]]
        requests = [
            (Asked("challenge", APPLICATION_OF[front], handle.label, f"last {n}"), handle)
            for n, (front, handle) in enumerate(held)
        ]
        for asked, _ in requests:
            self.sender.request_ids[asked.application, asked.request_id] = str(uuid.uuid4())
        sent = [self.sender.send(*request, n % 2) for n, request in enumerate(requests)]
        for (done, _), (front, _) in zip(await asyncio.gather(*sent), held, strict=True):
            # In sessions of their own, they have nothing to do with each other's order.
            await self._judge([done], [_simply(front, "challenge")])


def _simply(front: int, act: str, *, customer: int = 0) -> Move:
    return Move(front, front % 2, act, customer, "right", "own", None)
