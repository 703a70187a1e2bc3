"""The offline list of common PINs and passwords (OWASP ASVS 6.2.4), read once from the package."""

from functools import cache
from importlib.resources import files

from aldaba.domain.credentials import fold

FILE = "common_secrets.txt"


@cache
def common_secrets() -> frozenset[str]:
    """Every common secret, folded as ``domain.credentials`` folds what it looks up."""
    text = files("aldaba.backends").joinpath(FILE).read_text(encoding="utf-8")
    return frozenset(fold(line) for line in text.splitlines() if line)
