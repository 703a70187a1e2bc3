"""Everything there is to try, in the contract's order."""

from aldaba.conformance import (
    bodies,
    decryption,
    headers,
    quirks,
    rows,
    sessions,
    successes,
    uniformity,
    vectors,
)
from aldaba.conformance.check import Check
from aldaba.contract import Contract

_FAMILIES = (successes, rows, headers, bodies, decryption, sessions, uniformity, vectors, quirks)


def checks(contract: Contract, only: frozenset[str] = frozenset()) -> list[Check]:
    """All checks, or those of some operations; one operation's stand together."""
    order = {operation: place for place, operation in enumerate((quirks.ALL, *contract.operations))}
    found = [check for family in _FAMILIES for check in family.checks(contract)]
    wanted = [check for check in found if not only or check.operation in only]
    return sorted(wanted, key=lambda check: order[check.operation])
