"""Which step failed behind a ``cannotDecryptData``, for the developer at this machine alone."""

from dataclasses import dataclass

EXCHANGE = "key exchange"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Where a request could not be decrypted: the field, or ``key exchange``, and the step."""

    request_id: str
    place: str
    step: str

    @property
    def explained_by(self) -> str:
        """The entry among the steps of ``texts.yaml``: the exchange has steps of its own."""
        return f"exchange {self.step}" if self.place == EXCHANGE else self.step


class Diagnoses:
    """The newest few thousand."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._steps: dict[str, str] = {}

    def note(self, request_id: str, step: str) -> None:
        request_id = request_id.lower()
        self._steps.pop(request_id, None)
        if len(self._steps) >= self._most:
            del self._steps[next(iter(self._steps))]
        self._steps[request_id] = step

    def step(self, request_id: str) -> str | None:
        """``customerCredentials.encryptedCredential: mac``, ``key exchange: padding``."""
        return self._steps.get(request_id.lower())

    def find(self, request_id: str) -> Diagnosis | None:
        step = self.step(request_id)
        return None if step is None else _diagnosis(request_id.lower(), step)

    def newest(self, most: int) -> list[Diagnosis]:
        return [_diagnosis(*entry) for entry in list(reversed(self._steps.items()))[:most]]


def _diagnosis(request_id: str, told: str) -> Diagnosis:
    place, _, step = told.rpartition(": ")
    return Diagnosis(request_id, place, step)
