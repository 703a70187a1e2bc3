"""The wire as data: loads the contract into frozen values, and stops the start on any mistake in it."""

from functools import cache

from aldaba.contract.building import build
from aldaba.contract.source import ContractMistake, Spot, read
from aldaba.contract.values import (
    Contract,
    EncryptedField,
    ErrorRow,
    Fallback,
    Header,
    Language,
    Operation,
    Property,
    Schema,
    SessionNeed,
)

__all__ = [
    "FILES",
    "Contract",
    "ContractMistake",
    "EncryptedField",
    "ErrorRow",
    "Fallback",
    "Header",
    "Language",
    "Operation",
    "Property",
    "Schema",
    "SessionNeed",
    "load",
]

FILES = ("operations.yaml", "companions.yaml", "reading.yaml", "texts.yaml")


@cache
def load() -> Contract:
    """The contract of this server; frozen, so one value serves the whole process."""
    documented, companions, reading, texts = (Spot(name, "", read(name)) for name in FILES)
    return build(documented, companions, reading, texts)
