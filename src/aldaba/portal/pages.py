"""The portal's pages for people: where to start, what to try, and one page for each operation and error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from aldaba.contract import Contract, ErrorRow, Operation, Property, Schema
from aldaba.pages.answers import Paper
from aldaba.pages.language import Chosen
from aldaba.portal.examples import example
from aldaba.portal.flows import Flow, flows
from aldaba.portal.guide import every_vector, guide
from aldaba.portal.journeys import drawn, journeys
from aldaba.portal.wording import wording

Recipe = Mapping[str, Any]
"""How a sandbox provokes a row: ``operation``, ``status``, ``code``, ``recipe`` and perhaps ``customer``."""

DOCS = "/docs"
DOCUMENTS = (
    "/openapi.json",
    "/swagger.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/.well-known/aldaba-e2e-root.json",
)
VIEWERS = ("redoc", "swagger")
COLLECTIONS: tuple[str, ...] = ("/docs/collections/postman.json", "/docs/collections/bruno.zip")
"""Collections for other tools, such as ``/docs/collections/postman.json``; named where they are served."""

ROOMS = (
    {"path": DOCS, "word": "start"},
    {"path": f"{DOCS}/try", "word": "try"},
    {"path": f"{DOCS}/reference", "word": "reference"},
    {"path": f"{DOCS}/e2e", "word": "e2e"},
    {"path": f"{DOCS}/journeys", "word": "journeys"},
    {"path": f"{DOCS}/errors", "word": "errors"},
    {"path": f"{DOCS}/sdks", "word": "sdks"},
)
STATUSES = {str(status): status for status in (400, 401, 403, 404, 422, 500)}


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes pages in the language asked for. ``recipes`` is None outside a sandbox.

    ``served`` names the operations this server answers; None means every one.
    """

    contract: Contract
    public_url: str
    recipes: Sequence[Recipe] | None = None
    served: frozenset[str] | None = None

    def start(self, chosen: Chosen) -> str:
        """The first page: what this is, where to go, a first call."""
        told = {"documents": DOCUMENTS, "collections": COLLECTIONS, "base": self.public_url.rstrip("/")}
        return self._page("start.html", chosen, DOCS, told)

    def try_it(self, chosen: Chosen, wanted: str = "") -> str | None:
        """A flow to be played in the page; None for one that does not exist."""
        known = flows()
        if wanted and wanted not in known.flows:
            return None
        flow = known.named(wanted)
        path = f"{DOCS}/try/{wanted}" if wanted else f"{DOCS}/try"
        told = {"flow": flow, "flows": known.flows.values(), "said": known.said}
        return self._page("try.html", chosen, path, told)

    def reference(self, chosen: Chosen, tool: str = "") -> str | None:
        """The table of operations, or one of the two viewers of ``/openapi.json``."""
        if tool not in {"", *VIEWERS}:
            return None
        path = f"{DOCS}/reference/{tool}" if tool else f"{DOCS}/reference"
        operations = sorted(self.contract.operations.values(), key=lambda one: not self._is_served(one))
        told = {
            "documents": DOCUMENTS,
            "collections": COLLECTIONS,
            "operations": operations,
            "is_served": self._is_served,
            "viewers": VIEWERS,
        }
        return self._page(f"{tool or 'reference'}.html", chosen, path, told)

    def operation(self, chosen: Chosen, operation_id: str) -> str | None:
        """What one operation is sent, what it answers, what can go wrong."""
        operation = self.contract.operations.get(operation_id)
        if operation is None:
            return None
        bodies = {
            part: None if schema is None else _json(example(self.contract, schema))
            for part, schema in (("request", operation.request), ("response", operation.response))
        }
        told = {
            "operation": operation,
            "bodies": bodies,
            "sealed": {field.path: field for field in operation.encrypted_request},
            "fields": _fields(self.contract, operation.request),
            "served": self._is_served(operation),
            "flows": [flow for flow in flows().flows.values() if _plays(flow, operation_id)],
        }
        return self._page("operation.html", chosen, f"{DOCS}/operations/{operation_id}", told)

    def e2e(self, chosen: Chosen) -> str:
        """The encryption guide, each step with the vectors' values beside it."""
        told = {"guide": guide(), "vectors": every_vector()}
        return self._page("e2e.html", chosen, f"{DOCS}/e2e", told)

    def journeys(self, chosen: Chosen) -> str:
        """The customers' journeys as drawings, each with a list that says the same."""
        told = {"journeys": [drawn(journey, chosen.language) for journey in journeys()]}
        return self._page("journeys.html", chosen, f"{DOCS}/journeys", told)

    def sdks(self, chosen: Chosen) -> str:
        return self._page("sdks.html", chosen, f"{DOCS}/sdks", {})

    def errors(self, chosen: Chosen, query: str = "", status: str = "") -> str:
        """Every error row that holds all words of the query, in whatever language they are."""
        found = [(id_, row) for id_, row in self._rows() if self._holds(id_, row, query, status)]
        told = {
            "rows": [(id_, row, wording().explanation(id_, row)) for id_, row in found],
            "statuses": STATUSES,
            "query": query,
            "status": status,
            "total": sum(1 for _ in self._rows()),
            "texts": {id_: self._texts(*id_) for id_ in ((one, row) for one, row in found)},
        }
        return self._page("errors.html", chosen, f"{DOCS}/errors", told)

    def _rows(self) -> Iterator[tuple[str, ErrorRow]]:
        for operation in self.contract.operations.values():
            yield from ((operation.id, row) for row in operation.errors)

    def _holds(self, operation_id: str, row: ErrorRow, query: str, status: str) -> bool:
        text = self._texts(operation_id, row)
        return status in {"", str(row.status)} and all(word in text for word in query.lower().split())

    def _texts(self, operation_id: str, row: ErrorRow) -> str:
        """What a row is found by."""
        explained = wording().explanation(operation_id, row)
        told = [explained.meaning, explained.cure]
        details = [self.contract.details(row, said) for said in ("es", "en")]
        words = [
            operation_id,
            str(row.status),
            row.code,
            *details,
            *(one[said] for one in told for said in one),
        ]
        return " ".join(words).lower()

    def error(self, operation_id: str, status: str, code: str, chosen: Chosen) -> str | None:
        """The page ``moreInfo`` points to; None where the operation cannot answer that."""
        operation = self.contract.operations.get(operation_id)
        row = None if operation is None else self._row(operation, status, code)
        if operation is None or row is None:
            return None
        told = {
            "operation": operation,
            "row": row,
            "own": row.operation == operation_id,
            "explained": wording().explanation(operation_id, row),
            "details": {said: self.contract.details(row, said) for said in ("es", "en")},
            "recipes": self._recipes(operation_id, row),
            "diagnosed": self.recipes is not None and row.code == "cannotDecryptData",
        }
        return self._page("error.html", chosen, error_path(operation_id, row), told)

    def unknown(self, chosen: Chosen) -> str:
        """What stands where no page is."""
        return self._page("unknown.html", chosen, DOCS, {})

    def _is_served(self, operation: Operation) -> bool:
        return self.served is None or operation.id in self.served

    def _row(self, operation: Operation, status: str, code: str) -> ErrorRow | None:
        try:
            row = self.contract.row(operation.id, STATUSES[status], code)
        except KeyError:
            return None
        return row if row.code == code else None

    def _recipes(self, operation_id: str, row: ErrorRow) -> list[Recipe]:
        wanted = (operation_id, str(row.status), row.code)
        return [
            recipe
            for recipe in self.recipes or ()
            if (recipe["operation"], str(recipe["status"]), str(recipe["code"])) == wanted
        ]

    def _page(self, template: str, chosen: Chosen, path: str, told: Mapping[str, Any]) -> str:
        sessions = wording().sessions
        return _paper().write(
            template,
            chosen,
            path,
            session=lambda operation: sessions[operation.session.value][chosen.language],
            error_path=error_path,
            rooms=ROOMS,
            sandbox=self.recipes is not None,
            **told,
        )


def _plays(flow: Flow, operation_id: str) -> bool:
    return any(operation_id in step.operations for step in flow.steps)


def _json(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _fields(contract: Contract, schema: Schema | None, under: str = "") -> list[tuple[str, Property, bool]]:
    """Every field of a body by its dotted path, and whether this server requires it."""
    if schema is None:
        return []
    found = []
    for name, prop in schema.properties.items():
        path = f"{under}{name}"
        found.append((path, prop, name in schema.required))
        if prop.ref is not None:
            found += _fields(contract, contract.schemas[prop.ref], f"{path}.")
    return found


def error_path(operation_id: str, row: ErrorRow) -> str:
    """Where the page of a row stands; the address an error's ``moreInfo`` ends in."""
    return f"{DOCS}/errors/{operation_id}/{row.status}/{quote(row.code, safe='')}"


@cache
def _paper() -> Paper:
    return Paper("aldaba.portal", wording().words)
