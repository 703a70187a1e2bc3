"""What the doctor found in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Found, expected, and where they differ what cures it."""

    name: str
    ok: bool
    found: str
    expected: str
    cure: str = ""


def told(check: Check) -> str:
    """For people."""
    line = f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.found}"
    return line if check.ok else f"{line}\n      expected {check.expected}\n      cure: {check.cure}"
