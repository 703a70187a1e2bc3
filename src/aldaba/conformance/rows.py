"""All documented error rows with what provokes each, and those that nothing here provokes."""

from collections.abc import Iterator

from aldaba.conformance.check import Check
from aldaba.conformance.rows_login import KEYS, LOGIN
from aldaba.conformance.rows_recovery import RECOVERY, UNLOCKING
from aldaba.conformance.rows_tokens import CHALLENGES, DEVICES, OPENING, VENDOR
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Family, NotProvoked
from aldaba.contract import Contract

PROVOKED = {**LOGIN, **KEYS, **RECOVERY, **UNLOCKING, **CHALLENGES, **VENDOR, **OPENING, **DEVICES}


def checks(contract: Contract) -> Iterator[Check]:
    """One check for each row, in the contract's order: a new row is never left out silently."""
    for operation in contract.operations.values():
        for row in operation.errors:
            play = PROVOKED.get((operation.id, row.status, row.code), _unknown)
            yield Check(operation.id, Family.ERROR, f"{row.status} {row.code}", play)


def _unknown(_: Stage) -> None:
    raise NotProvoked("this kit knows no condition for the row")
