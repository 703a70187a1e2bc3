"""One thing about a configuration that is not safe: what was found, what is expected, what cures it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsafe:
    """One thing to change; ``fatal`` is false for what is only worth a warning."""

    setting: str
    found: str
    expected: str
    cure: str
    fatal: bool = True
