"""The page of operators prints the one table of roles and acts, and which acts take four eyes."""

import re

from tests.examples.served_bank import ROOT

from aldaba.admin.operations import OPERATIONS
from aldaba.admin.operations import ROOT as API
from aldaba.domain.operators import PERMITTED, Act, Role, needs_four_eyes
from aldaba.domain.policy import CLASSIC

PAGE = (ROOT / "docs" / "operators.md").read_text("utf-8")
ROWS = {
    name: [cell.strip() for cell in cells.split("|")]
    for name, cells in re.findall(r"^\| `([a-z.-]+)` \| (.+) \|$", PAGE, re.MULTILINE)
}


def test_the_page_prints_the_table() -> None:
    (head,) = re.findall(r"^\| act \| (.+) \|$", PAGE, re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")] == [*(role.value for role in Role), "four eyes"]
    expected = {
        act.value: [
            *("yes" if role in PERMITTED[act] else "–" for role in Role),
            "yes" if needs_four_eyes(act, CLASSIC.operators) else "–",
        ]
        for act in Act
    }
    assert expected == ROWS


def test_the_page_names_every_operation() -> None:
    told = set(re.findall(r"^- `(GET|POST) (/\S+)`", PAGE, re.MULTILINE))
    assert told == {(operation.method, operation.path) for operation in OPERATIONS}
    assert f"`{API}" in PAGE
