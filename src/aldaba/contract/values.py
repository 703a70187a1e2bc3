"""The wire contract as frozen values: operations, headers, schemas, error rows, and what is asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

Language = Literal["es", "en"]
Value = str | int


class SessionNeed(StrEnum):
    """What an operation needs of the session its call names."""

    NONE = "none"
    OPENS = "opens"
    EXISTING = "existing"
    KEYED = "keyed"
    IDENTIFIED = "identified"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True)
class Header:
    """A header as the page documents it: its spelling, whether it is printed as required, its default."""

    name: str
    required: bool
    default: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One documented error: the operation whose page prints it, and the words of the error body."""

    operation: str
    status: int
    type: str
    code: str
    details: str
    more_info: str | None


@dataclass(frozen=True, slots=True)
class Property:
    """One field: what the page prints of it, and the form this server demands of it."""

    name: str
    type: str
    ref: str | None = None
    format: str | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    enum: tuple[str, ...] = ()
    values: Mapping[Value, str] = field(default_factory=lambda: MappingProxyType({}))
    allowed: tuple[Value, ...] = ()
    any_case: bool = False
    default: str | None = None
    example: Any = None
    encoding: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """An object on the wire: its fields, which of them this server requires, and which the page prints so."""

    name: str
    api: str
    required: tuple[str, ...]
    printed_required: tuple[str, ...]
    properties: Mapping[str, Property]
    aliases: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class EncryptedField:
    """A request field that comes sealed; its portal kind is fixed, or chosen by another field's value."""

    path: str
    kind: str | None
    kind_by: tuple[str, Mapping[Value, str]] | None
    maybe: bool

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its address, its headers and bodies, its error rows, and how this server reads them."""

    id: str
    api: str
    companion: bool
    path: str
    bound_path: str
    method: str
    summary: str
    notes: tuple[str, ...]
    headers: tuple[Header, ...]
    request: Schema | None
    response: Schema | None
    error: Schema
    success: int
    errors: tuple[ErrorRow, ...]
    answers_sid: bool
    session: SessionNeed
    rendering: str
    encrypted_request: tuple[EncryptedField, ...]
    encrypted_response: tuple[str, ...]
    anonymous_application: bool
    called: Mapping[str, str]

    def row(self, status: int, code: str) -> ErrorRow | None:
        """This operation's own row of that status and code, whatever this operation calls the code."""
        wanted = (code, self.called.get(code, code))
        return next((row for row in self.errors if row.status == status and row.code in wanted), None)

    def documents(self, status: int) -> bool:
        """Whether the page prints any row of that status."""
        return any(row.status == status for row in self.errors)

    def header(self, name: str) -> Header | None:
        """The documented header of that name, case apart."""
        return next((header for header in self.headers if header.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Fallback:
    """Which row answers when an operation prints none of its own (reading.yaml says why)."""

    common: tuple[str, ...]
    instead: Mapping[str, str]
    always: frozenset[str]
    anywhere: tuple[tuple[int, str], ...]
    """Status and code of what any operation may answer."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole wire: the twenty documented operations, the companions, their schemas, rows and texts."""

    operations: Mapping[str, Operation]
    schemas: Mapping[str, Schema]
    fallback: Fallback
    spanish: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]

    def operation(self, operation_id: str) -> Operation:
        return self.operations[operation_id]

    @property
    def documented(self) -> tuple[Operation, ...]:
        """The operations of the bank's pages, without the companions."""
        return tuple(operation for operation in self.operations.values() if not operation.companion)

    @property
    def rows(self) -> tuple[ErrorRow, ...]:
        """Every error row of the bank's pages."""
        return tuple(row for operation in self.documented for row in operation.errors)

    def row(self, operation_id: str, status: int, code: str) -> ErrorRow:
        """The row that answers this status and code on this operation; `KeyError` where there is none."""
        operation = self.operations[operation_id]
        found = operation.row(status, code)
        if found is None and (code in self.fallback.always or not operation.documents(status)):
            found = self._common(status, code)
        if found is not None:
            return found
        if code in self.fallback.instead:
            return self.row(operation_id, status, self.fallback.instead[code])
        raise KeyError(f"{operation_id} {status} {code}")

    def answered(self, operation_id: str) -> tuple[ErrorRow, ...]:
        """The operation's own rows, and those of others that it answers where its page leaves one out."""
        operation = self.operations[operation_id]
        borrowed = (self.row(operation_id, status, code) for status, code in self.fallback.anywhere)
        return (*operation.errors, *dict.fromkeys(row for row in borrowed if row not in operation.errors))

    def common(self, status: int, code: str) -> ErrorRow:
        """The row for a request that reached no operation; `KeyError` where there is none."""
        found = self._common(status, code)
        if found is None:
            raise KeyError(f"{status} {code}")
        return found

    def _common(self, status: int, code: str) -> ErrorRow | None:
        rows = (self.operations[source].row(status, code) for source in self.fallback.common)
        return next((row for row in rows if row is not None), None)

    def details(self, row: ErrorRow, language: Language) -> str:
        """What the row says to people: the printed English, or its Spanish rendering."""
        return row.details if language == "en" else self.spanish[row.details]

    def text(self, code: str, language: Language) -> str:
        """The sentence of that code, such as `nextLoginAction.1`; `KeyError` where there is none."""
        return self.texts[code][language]
