"""``python -m bench.nodes``: one node and two on one PostgreSQL, with and without Valkey beside it.

On two cores nodes, databases and load generator share all there is: what a second node brings shows in
answers a second only where cores are left. What a call costs all of them together stands beside it.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop
from tests.postgres import PostgresServer
from tests.valkey_server import Valkey

from bench import limits
from bench.factors import Token
from bench.figures import Figures, wide_console, work_of
from bench.front_ends import PASSWORD, Bench, Session, at_home, body_of, customer, customer_line, logged_in
from bench.load import Outcome, drive
from bench.machine import cpu_seconds, family
from bench.measuring import FULL, IN_FLIGHT, SHARED_SESSIONS, SMALLEST, Run, split
from bench.populating import populated
from bench.processes import ROOT, House, Serving, serving
from bench.proving_front_end import Prover, proofs_of

BUILD = ROOT / "build"
CONNECTIONS = "8"
NODES = (1, 2)
CHALLENGE_ROUNDS = 4
CALLS = ("validate_credentials", "session-only read", "validate_challenge")


@dataclass(frozen=True, slots=True)
class Nodes:
    """Some nodes of one house, and the databases they share."""

    benches: tuple[Bench, ...]
    databases: tuple[int, ...]

    @property
    def first(self) -> Bench:
        return self.benches[0]

    async def measure(self, requests: Sequence[bytes]) -> Outcome:
        """Every node gets its share of the requests and of those in flight; one outcome for all of them."""
        began, used = time.perf_counter(), self._used()
        shares = split(requests, len(self.benches))
        outcomes = await asyncio.gather(
            *(
                drive(bench.server.port, bench.server.pid, share, IN_FLIGHT // len(self.benches))
                for bench, share in zip(self.benches, shares, strict=True)
            )
        )
        return Outcome(
            latencies=[each for outcome in outcomes for each in outcome.expect(200).latencies],
            answers=[each for outcome in outcomes for each in outcome.answers],
            seconds=time.perf_counter() - began,
            server_cpu=self._used() - used,
            # The generator is one process, and each of them counted all of it.
            client_cpu=max(outcome.client_cpu for outcome in outcomes),
        )

    def _used(self) -> float:
        pids = [bench.server.pid for bench in self.benches] + list(self.databases)
        return sum(cpu_seconds(each) for pid in pids for each in family(pid))


@dataclass(slots=True)
class Comparing:
    """A run on one PostgreSQL."""

    going: Run
    postgres: PostgresServer

    async def measure(self, *besides: Valkey | None) -> None:
        """Each arrangement in turn on the same machine, and what two nodes are to one."""
        for beside in besides:
            store = "PostgreSQL" if beside is None else "PostgreSQL and Valkey"
            with self.postgres.database(with_schema=False) as url:
                house = self._house(store, url, beside)
                databases = (self.postgres.pid, *(() if beside is None else (beside.pid,)))
                for count in NODES:
                    self.going.tell(f"{store}, nodes: {count}")
                    with _serving(house, count) as servers:
                        benches = [await at_home(server, house) for server in servers]
                        await self._works(Nodes(tuple(benches), databases), f"{store}, nodes: {count}")
            self._compare(store)

    @property
    def _holders(self) -> int:
        """How many hold a token."""
        return min(SHARED_SESSIONS, self.going.scale.customers)

    def _house(self, store: str, url: str, beside: Valkey | None) -> House:
        settings = {
            "ALDABA__DATABASE__URL": url,
            "ALDABA__DATABASE__CONNECTIONS": CONNECTIONS,
            # Nodes are told one address, or none would take a token of another's.
            "ALDABA__SERVER__PUBLIC_URL": "http://127.0.0.1:1",
            "ALDABA__POLICY__SESSION__SECOND_LOGIN": "replace",
        }
        if beside is not None:
            settings["ALDABA__REDIS__URL"] = beside.url
        hard = range(self._holders)
        lines = (
            customer_line(number, self.going.phc) | proofs_of(number, hard, range(0))
            for number in range(self.going.scale.customers)
        )
        return populated(self.going, store.replace(" ", "-"), settings, lines)

    async def _works(self, nodes: Nodes, where: str) -> None:
        scale, bench = self.going.scale, nodes.first
        shared = await bench.sessions(SHARED_SESSIONS)
        count = scale.calls // len(scale.turns)
        pairs = [
            (shared[turn % SHARED_SESSIONS], customer(turn % scale.customers))
            for turn in range(count * scale.rounds)
        ]
        validating = [bench.validate_request(*pair) for pair in pairs]
        looking = [bench.public_key_request(session.sid) for session, _ in pairs]
        for name, requests in zip(CALLS, (validating, looking), strict=False):
            outcomes = [await nodes.measure(stretch) for stretch in split(requests, scale.rounds)]
            self._add(name, where, outcomes)
        self._add(CALLS[-1], where, await self._challenges(nodes))

    async def _challenges(self, nodes: Nodes) -> list[Outcome]:
        """Logged in with the first node, answered at all of them."""
        bench, prover = nodes.first, Prover(nodes.first)
        users = [customer(number) for number in range(self._holders)]
        sessions = await bench.identified(users)
        opened = list(
            logged_in(sessions, await bench.set_up([bench.login_request(each) for each in sessions]))
        )
        outcomes = []
        for _ in range(CHALLENGE_ROUNDS):
            asked = await bench.set_up([prover.question(session) for session in opened])
            questions = [str(body_of(answer)["challengeQuestion"]) for answer in asked]
            answers = [_answer(prover, *pair) for pair in zip(opened, questions, strict=True)]
            outcomes.append(await nodes.measure(answers))
        return outcomes

    def _add(self, name: str, where: str, outcomes: list[Outcome]) -> None:
        self.going.figures.works.append(work_of(f"{name}; {where}", IN_FLIGHT, outcomes))

    def _compare(self, store: str) -> None:
        works = {work.name: work for work in self.going.figures.works}
        for name in CALLS:
            one, two = (works[f"{name}; {store}, nodes: {count}"] for count in NODES)
            others = self.going.figures.others
            others[f"{name}; {store}: answers a second of two nodes ÷ one"] = two.rate / one.rate
            others[f"{name}; {store}: CPU an answer of two nodes ÷ one"] = two.server_us / one.server_us
            others[f"{name}; {store}: answers a second and core, one node"] = 1e6 / one.server_us


def _answer(prover: Prover, session: Session, question: str) -> bytes:
    return prover.response(session, question, Token(session.user).response(question))


@contextmanager
def _serving(house: House, count: int) -> Iterator[list[Serving]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(house)) for _ in range(count)]


@click.command()
@click.option("--small", is_flag=True, help="Only looks whether it measures.")
def main(*, small: bool) -> None:
    """Measure two nodes against one; writes build/bench-nodes.json."""
    figures = Figures("nodes", " ".join(["python -m bench.nodes", *sys.argv[1:]]))
    BUILD.mkdir(exist_ok=True)
    console, began = wide_console(), time.perf_counter()
    with (
        tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder,
        console.status("…") as status,
        ExitStack() as stack,
    ):
        phc = limits.argon2_hash(PASSWORD)
        going = Run(SMALLEST if small else FULL, Path(folder), figures, status.update, phc)
        postgres, valkey = PostgresServer(), Valkey()
        stack.callback(postgres.close)
        stack.callback(valkey.close)
        uvloop.run(Comparing(going, postgres).measure(None, valkey))
    figures.seconds = time.perf_counter() - began
    figures.show(console)
    figures.write(BUILD / "bench-nodes.json")


if __name__ == "__main__":
    main()
