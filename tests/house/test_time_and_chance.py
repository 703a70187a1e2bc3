"""Time, chance and the environment come in through ``wiring.py``; everybody else is handed them."""

import ast
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, broken, dotted, imported, parsed, told

READERS = (
    "wiring.py",
    "wiring/",
    "settings.py",
    "settings/",
    "crypto/",
    "cli/",
    "store/sql/sqlite/engine.py",
    "conformance/",
)
"""Where the house meets the machine it runs on; the conformance kit is a client, the other end."""

BANNED = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "os.urandom",
    "os.getrandom",
    "os.environ",
    "os.getenv",
    "uuid.uuid1",
    "uuid.uuid4",
    "secrets",
    "random",
)


def read_from_the_machine(module: ast.Module) -> Iterator[str]:
    names = imported(module)
    seen = set[tuple[int, str]]()
    for node in ast.walk(module):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        found = dotted(node, names) or ""
        seen.update(
            (node.lineno, banned) for banned in BANNED if found == banned or found.startswith(f"{banned}.")
        )
    yield from (f"{line} reads {what}" for line, what in sorted(seen))


def test_nothing_reads_clock_chance_or_environment_on_its_own() -> None:
    faults = broken(read_from_the_machine, SOURCE, but=READERS)
    assert not faults, told(
        faults, "Take a `Clock`, `RandomBytes` or a setting in the constructor; wiring.py hands them out."
    )


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nat = datetime.now(UTC)",
        "from datetime import datetime as moment\nat = moment.utcnow()",
        "import datetime as dt\nat = dt.datetime.now()",
        "from datetime import date\nday = date.today()",
        "import time\nat = time.time()",
        "from time import time as now\nat = now()",
        "from datetime import datetime\nat = field(default_factory=datetime.now)",
        "import os\nkey = os.urandom(32)",
        "from os import environ\nhome = environ['HOME']",
        "import os\nhome = os.getenv('HOME')",
        "import os\nhome = os.environ.get('HOME')",
        "import secrets\ntoken = secrets.token_hex()",
        "from secrets import token_bytes\nkey = token_bytes(32)",
        "import random\ncoin = random.random()",
        "def act():\n    from uuid import uuid4\n    return uuid4()",
    ],
)
def test_the_rule_sees_every_way_to_read_them(source: str) -> None:
    assert list(read_from_the_machine(parsed(source)))


@pytest.mark.parametrize(
    "source",
    [
        "def act(clock, now):\n    return clock() - now",
        "from datetime import datetime\nat = datetime.fromtimestamp(0, tz=UTC)",
        "class Sandbox:\n    def advance(self):\n        return self.clock.now()",
        "import time\nstarted = time.perf_counter()",
        "from uuid import UUID\ngiven = UUID(text)",
        "secrets = load()\nsecrets.pop()",
    ],
)
def test_the_rule_lets_pass_what_is_handed_in(source: str) -> None:
    assert not list(read_from_the_machine(parsed(source)))
