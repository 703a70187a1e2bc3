"""Opens the sealed fields of a request and seals those of its answer, as the contract marks them."""

from collections.abc import Mapping
from typing import Any

from aldaba.contract import EncryptedField, Operation
from aldaba.crypto.rendering import looks_sealed
from aldaba.crypto.session_keys import SessionKeys
from aldaba.service.calls import Call
from aldaba.service.end_to_end import EndToEnd, SealedField


class SealedFields:
    """One operation's sealed fields."""

    def __init__(self, operation: Operation, end_to_end: EndToEnd) -> None:
        self._operation = operation
        self._end_to_end = end_to_end

    async def open(self, call: Call, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], SessionKeys | None]:
        """The body with every sealed value replaced by its clear text as a ``Secret``, and the keys used.

        Raises ``Refused``.
        """
        sealed = [field for spec in self._operation.encrypted_request if (field := _sealed(spec, body))]
        if not sealed:
            return body, None
        opened, keys = await self._end_to_end.open_fields(call, sealed)
        clear = dict(body)
        for path, secret in opened.items():
            _put(clear, path.split("."), secret)
        return clear, keys

    def seal(
        self, call: Call, body: dict[str, Any] | None, keys: SessionKeys | None
    ) -> dict[str, Any] | None:
        """The answer with the values sealed that the contract marks so, in this operation's rendering."""
        if body is None:
            return None
        rendering = self._operation.rendering
        for name in self._operation.encrypted_response:
            if name in body:
                if keys is None:
                    raise LookupError(f"{self._operation.id} answers a sealed value to a clear request")
                body[name] = self._end_to_end.seal_field(call, keys, name, body[name], rendering)
        return body


def _sealed(spec: EncryptedField, body: Mapping[str, Any]) -> SealedField | None:
    value = _at(body, spec.path)
    if value is None or (spec.maybe and not _must_open(spec.name, value)):
        return None
    kind = spec.kind
    if spec.kind_by is not None:
        chooser, kinds = spec.kind_by
        kind = kinds.get(_at(body, chooser), "c")
    return SealedField(spec.path, spec.name, kind or "c", value)


def _must_open(name: str, value: str) -> bool:
    """Of a field that may come in clear: whether it came sealed. A profile's id in clear is all digits."""
    return looks_sealed(value) or (name == "ccsId" and not (value.isascii() and value.isdigit()))


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _put(body: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value in its place, in copies of the objects on the way: the body as it was sent stays."""
    first, *rest = path
    if rest:
        body[first] = inner = dict(body[first])
        _put(inner, rest, value)
    else:
        body[first] = value
