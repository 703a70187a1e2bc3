"""``make cluster``: two nodes of one sandbox bank behind a balancer, until Ctrl-C."""

import asyncio
import json
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import uvicorn

from cluster.balancer import Balancer, Upstream
from cluster.parts import CannotStart, Node, alone_in, environment, node, postgres, valkey

NAMES = ("node-1", "node-2")
CREDENTIALS = "sandbox-application.json"
"""Where the server keeps those of its ready application."""
GRACE_SECONDS = 5
LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Ending:
    """Whether somebody told us to end. It interrupts nothing: what is being started could not be ended."""

    told: bool = False

    def listen(self) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda _number, _frame: self.tell())

    def tell(self) -> None:
        self.told = True


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are the process's, not its own."""
        yield


@click.command()
@click.option("--port", envvar="ALDABA_PORT", default=8080, help="Where the balancer listens; default 8080.")
@click.option(
    "--data",
    envvar="ALDABA_DATA",
    default=Path("var"),
    type=click.Path(path_type=Path),
    help="Everything is kept in its folder cluster/; default var.",
)
def main(port: int, data: Path) -> None:
    """Two nodes that share PostgreSQL and Valkey, taking turns at one address."""
    ending = Ending()
    ending.listen()
    try:
        with listening(port) as door, ExitStack() as running:
            nodes = start(running, (data / "cluster").resolve(), address_of(door), ending)
            if not ending.told:
                show(address_of(door), nodes)
                asyncio.run(serve(door, nodes, ending))
            say("ends what was started")
    except CannotStart as failed:
        raise click.ClickException(str(failed)) from None
    if not ending.told:
        raise click.ClickException("no node is left")


def start(running: ExitStack, folder: Path, url: str, ending: Ending) -> list[Node]:
    """PostgreSQL, Valkey, then one node after the other: the first makes keys and tables for both."""
    running.enter_context(alone_in(folder))
    say(f"starts PostgreSQL and Valkey; data and logs are kept in {folder}")
    database = running.enter_context(postgres(folder / "postgres"))
    sessions = running.enter_context(valkey())
    told = environment(folder, url, database, sessions)
    nodes: list[Node] = []
    for name in NAMES:
        if not ending.told:
            say(f"starts {name}")
            nodes.append(running.enter_context(node(name, folder, told)))
    return nodes


async def serve(door: socket.socket, nodes: Sequence[Node], ending: Ending) -> None:
    """Balance until told to end, or until no node is left to send anything to."""
    balancer = Balancer([Upstream(each.name, each.address) for each in nodes], say)
    await balancer.look()
    server = _Server(
        uvicorn.Config(
            balancer,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    watching = asyncio.create_task(balancer.watch())
    serving = asyncio.create_task(server.serve(sockets=[door]))
    while not (ending.told or serving.done() or all(each.ended for each in nodes)):  # noqa: ASYNC110 - of signals and processes no event tells
        await asyncio.sleep(LOOK_SECONDS)
    server.should_exit = True
    await serving
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await balancer.close()


def show(url: str, nodes: Sequence[Node]) -> None:
    """What runs where, whom to be, and what to try."""
    kept = nodes[0].log.with_name(CREDENTIALS)
    application = json.loads(kept.read_bytes())
    click.echo(f"aldaba serves on {url} (sandbox, two nodes); stop it with Ctrl-C.")
    for each in nodes:
        click.echo(
            f"  {each.name}        {each.address}, operators http://127.0.0.1:{each.admin_port}/admin, "
            f"process {each.process.pid}, log {each.log}"
        )
    click.echo(f"  portal        {url}/docs")
    click.echo(f"  sandbox       {url}/sandbox")
    click.echo(
        f"  application   {application['client_id']} / {application['client_secret']}   (kept in {kept})"
    )
    click.echo(f"  end one node without warning, and see the other answer:  kill -9 {nodes[0].process.pid}")


def say(what: str) -> None:
    click.echo(f"cluster: {what}", err=True)


def address_of(door: socket.socket) -> str:
    return f"http://127.0.0.1:{door.getsockname()[1]}"


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """The balancer's port, taken before anything is started. Raises ``CannotStart``."""
    try:
        door = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise CannotStart(
            f"cannot listen on 127.0.0.1:{port} ({error.strerror}). Free it, or set ALDABA_PORT to another."
        ) from None
    with door:
        yield door


if __name__ == "__main__":
    main()
