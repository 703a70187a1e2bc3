"""The portal's pages for people: where to start, and one page for each error an operation can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from aldaba.contract import Contract, ErrorRow, Operation
from aldaba.pages.answers import Paper
from aldaba.pages.language import Chosen
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
        """The first page: what this is, a first call, the table of operations."""
        told = {
            "documents": DOCUMENTS,
            "token_url": f"{self.public_url.rstrip('/')}/api/v1/oauth/token",
            "operations": sorted(
                self.contract.operations.values(), key=lambda entry: not self._is_served(entry)
            ),
            "is_served": self._is_served,
            "sandbox": self.recipes is not None,
        }
        return self._page("start.html", chosen, DOCS, told)

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
            **told,
        )


def error_path(operation_id: str, row: ErrorRow) -> str:
    """Where the page of a row stands; the address an error's ``moreInfo`` ends in."""
    return f"{DOCS}/errors/{operation_id}/{row.status}/{quote(row.code, safe='')}"


@cache
def _paper() -> Paper:
    return Paper("aldaba.portal", wording().words)
