"""Sentences that leave for a phone, by code and language, their blanks filled; wiring loads them once."""

from collections.abc import Callable, Mapping

from aldaba.crypto.digests import Secret

Wording = Callable[[str, str], str]
"""The sentence of a code in a language (``es``, ``en``)."""


class Texts:
    """Words one-time codes and notices."""

    def __init__(self, wording: Wording, host: str) -> None:
        self._wording = wording
        self._host = host

    def code(self, channel: str, language: str, code: Secret, life_seconds: int) -> Secret:
        """The message that carries a code; by SMS its last line binds it to the bank's host."""
        clear = code.reveal()
        spoken = ", ".join(clear)
        template = self._wording(f"message.code.{channel}", language)
        minutes = max(life_seconds // 60, 1)
        return Secret(template.format(code=clear, spoken=spoken, minutes=minutes, host=self._host))

    def notice(self, kind: str) -> Mapping[str, str]:
        """The sentence of a notice in every language; ``{date}`` and ``{time}`` are filled in later."""
        return {language: self._wording(f"message.{kind}", language) for language in ("es", "en")}
