"""Opens the sealed fields of a request and seals those of its answer, as the contract marks them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from aldaba.contract import EncryptedField, Operation
from aldaba.crypto.rendering import looks_sealed
from aldaba.service.calls import Call
from aldaba.service.end_to_end import EndToEnd, SealedField


class SealedFields:
    """One operation's sealed fields."""

    def __init__(self, operation: Operation, end_to_end: EndToEnd) -> None:
        self._operation = operation
        self._end_to_end = end_to_end

    async def open(self, call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with every sealed value replaced by its clear text as a ``Secret``. Raises ``Refused``."""
        sealed = [field for spec in self._operation.encrypted_request if (field := _sealed(spec, body))]
        if not sealed:
            return body
        opened = await self._end_to_end.open_fields(call, sealed)
        clear = deepcopy(dict(body))
        for path, secret in opened.items():
            _put(clear, path, secret)
        return clear

    def seal(self, call: Call, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """The answer with the values sealed that the contract marks so, in this operation's rendering."""
        if body is None:
            return None
        for name in self._operation.encrypted_response:
            if name in body:
                body[name] = self._end_to_end.seal_field(call, name, body[name], self._operation.rendering)
        return body


def _sealed(spec: EncryptedField, body: Mapping[str, Any]) -> SealedField | None:
    value = _at(body, spec.path)
    if value is None or (spec.maybe and not looks_sealed(value)):
        return None
    kind = spec.kind
    if spec.kind_by is not None:
        chooser, kinds = spec.kind_by
        kind = kinds.get(_at(body, chooser), "c")
    return SealedField(spec.path, spec.name, kind or "c", value)


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        body = body[part]
    body[last] = value
