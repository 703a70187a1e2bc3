"""The balancer takes turns among nodes that are ready, changes nothing on the way, and asks nobody twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
from cluster.balancer import Balancer, Upstream

ANSWER = b"HTTP/1.1 %s\r\nsid: %s\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n%s\r\n{}"
READY = b"GET /health/ready"


@dataclass(slots=True)
class Stub:
    """A node that keeps what it was sent, byte for byte."""

    name: str
    status: bytes = b"200 OK"
    health: bytes = b"200 OK"
    hangs_up: bool = False
    """It reads a request and ends without an answer."""
    taken: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(READY):
            writer.write(ANSWER % (self.health, b"-", b""))
        else:
            self.taken.append(head + await self._body(head, reader))
            if not self.hangs_up:
                writer.write(ANSWER % (self.status, self.name.encode(), b"Connection: close\r\n"))
        await writer.drain()
        writer.close()

    async def _body(self, head: bytes, reader: asyncio.StreamReader) -> bytes:
        if b"chunked" in head:
            return await reader.readuntil(b"0\r\n\r\n")
        return await reader.readexactly(7) if b"content-length: 7" in head.lower() else b""


@dataclass(slots=True)
class Scene:
    http: httpx.AsyncClient
    balancer: Balancer
    said: list[str]


Story = Callable[[Scene], Coroutine[None, None, None]]


def before(story: Story, *stubs: Stub, gone: tuple[str, ...] = ()) -> None:
    """Play the story at a balancer before these nodes; those in ``gone`` no longer listen."""

    async def played() -> None:
        async with AsyncExitStack() as opened:
            for stub in stubs:
                server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
                stub.port = server.sockets[0].getsockname()[1]
                opened.push_async_callback(_closed, server)
                if stub.name in gone:
                    await _closed(server)
            said: list[str] = []
            upstreams = [Upstream(stub.name, f"http://127.0.0.1:{stub.port}") for stub in stubs]
            balancer = Balancer(upstreams, said.append)
            opened.push_async_callback(balancer.close)
            transport = httpx.ASGITransport(app=balancer)
            http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
            await story(Scene(await opened.enter_async_context(http), balancer, said))

    asyncio.run(played())


async def _closed(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()


async def asked(scene: Scene, many: int) -> list[str]:
    """Who answered each of so many requests."""
    return [(await scene.http.get("/")).headers["sid"] for _ in range(many)]


def test_two_that_are_ready_take_turns() -> None:
    async def story(scene: Scene) -> None:
        await scene.balancer.look()
        answered = await asked(scene, 6)
        assert answered in (["one", "two"] * 3, ["two", "one"] * 3)

    before(story, Stub("one"), Stub("two"))


def test_one_that_says_it_is_not_ready_is_sent_nothing_until_it_is() -> None:
    leaving = Stub("one", health=b"503 Service Unavailable")

    async def story(scene: Scene) -> None:
        await scene.balancer.look()
        assert await asked(scene, 4) == ["two"] * 4
        leaving.health = b"200 OK"
        await scene.balancer.look()
        assert set(await asked(scene, 4)) == {"one", "two"}
        assert scene.said == ["two is ready", "one is ready"]

    before(story, leaving, Stub("two"))


def test_where_none_is_ready_all_are_asked_for_they_know_best_why() -> None:
    async def story(scene: Scene) -> None:
        await scene.balancer.look()
        answers = [await scene.http.get("/") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [500] * 4
        assert {answer.headers["sid"] for answer in answers} == {"one", "two"}

    before(
        story,
        *(Stub(name, b"500 Internal Server Error", b"503 Service Unavailable") for name in ("one", "two")),
    )


def test_a_request_goes_to_the_next_where_the_first_cannot_be_reached() -> None:
    gone, there = Stub("one"), Stub("two")

    async def story(scene: Scene) -> None:
        # Neither was looked at yet: it is the request that finds out.
        answers = [await scene.http.post("/", content=b"seven 7") for _ in range(3)]
        assert [answer.headers["sid"] for answer in answers] == ["two"] * 3
        assert [sent.rpartition(b"\r\n\r\n")[2] for sent in there.taken] == [b"seven 7"] * 3

    before(story, gone, there, gone=("one",))
    assert gone.taken == []


def test_a_request_that_may_have_been_read_is_given_to_nobody_else() -> None:
    one, two = Stub("one", hangs_up=True), Stub("two", hangs_up=True)

    async def story(scene: Scene) -> None:
        await scene.balancer.look()
        answer = await scene.http.post("/", content=b"seven 7")
        assert answer.status_code == 502
        assert "may have done what was asked" in answer.json()["error"]
        assert len(one.taken) + len(two.taken) == 1

    before(story, one, two)


def test_where_nobody_can_be_reached_it_says_so() -> None:
    async def story(scene: Scene) -> None:
        answer = await scene.http.get("/")
        assert (answer.status_code, answer.json()) == (503, {"error": "no node can be reached"})

    before(story, Stub("one"), Stub("two"), gone=("one", "two"))


def test_target_headers_and_body_arrive_as_they_were_sent() -> None:
    node = Stub("one")

    async def story(scene: Scene) -> None:
        headers = {"uuid": "0-1", "Connection": "keep-alive", "Host": "127.0.0.1:8080"}
        answer = await scene.http.post("/a%2Fb//c?to=%2B52&x", content=b"seven 7", headers=headers)
        head, _, body = node.taken[0].partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        assert (first, body) == (b"POST /a%2Fb//c?to=%2B52&x HTTP/1.1", b"seven 7")
        sent = {name.lower(): value for name, _, value in (line.partition(b": ") for line in rest)}
        assert (sent[b"host"], sent[b"uuid"]) == (b"127.0.0.1:8080", b"0-1")
        # The sandbox's routes answer nobody who comes through a proxy that names itself.
        assert not [name for name in sent if name.startswith((b"x-", b"forwarded", b"via"))]
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert "connection" not in answer.headers

    before(story, node)


def test_a_body_of_unknown_length_is_passed_on_in_parts_and_a_get_has_none() -> None:
    node = Stub("one")

    async def story(scene: Scene) -> None:
        async def parts() -> AsyncIterator[bytes]:
            yield b"one "
            yield b"two"

        await scene.http.post("/", content=parts())
        await scene.http.get("/")
        long, short = node.taken
        assert b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n" in long
        assert b"transfer-encoding" not in short.lower()

    before(story, node)
