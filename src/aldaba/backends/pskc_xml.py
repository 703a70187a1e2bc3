"""XML from outside, read piece by piece: no document type, no entities, and nothing larger than it may be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn
from xml.parsers import expat

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIECE_CHARACTERS = 256 * 1024
MAX_DEPTH = 32
CHUNK_BYTES = 64 * 1024


class BadFile(Exception):
    """The file as a whole is refused; ``reason`` says why and holds no value of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Element:
    """An element by its local name: real files disagree about the namespaces of the inner ones."""

    namespace: str
    name: str
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=list)
    _text: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        return "".join(self._text).strip()

    def every(self, name: str) -> "list[Element]":
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> "Element | None":
        """The first child of that name, of it the first of the next name, and so on."""
        found: Element | None = self
        for name in path:
            found = None if found is None else next(iter(found.every(name)), None)
        return found

    def text_at(self, *path: str) -> str:
        found = self.find(*path)
        return "" if found is None else found.text


def pieces(source: BinaryIO) -> Iterator[Element]:
    """The root without its children, then each of these as soon as it ends. Raises ``BadFile``."""
    builder = _Builder()
    total = 0
    while chunk := source.read(CHUNK_BYTES):
        total += len(chunk)
        if total > MAX_FILE_BYTES:
            raise BadFile(f"larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
        yield from builder.fed(chunk, total)
    yield from builder.ended(total)


class _Builder:
    """Builds the pieces out of the parser's events."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._done: list[Element] = []
        self._characters = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartDoctypeDeclHandler = self._no_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters_read

    def fed(self, chunk: bytes, total: int) -> list[Element]:
        self._parse(chunk, final=False)
        # A single tag without an end would be scanned anew with every chunk.
        if total - self._parser.CurrentByteIndex > MAX_PIECE_CHARACTERS + CHUNK_BYTES:
            raise BadFile("a tag is too long")
        return self._taken()

    def ended(self, total: int) -> list[Element]:
        if not total:
            raise BadFile("empty")
        self._parse(b"", final=True)
        return self._taken()

    def _parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            # The parser's own message may quote the file.
            raise BadFile(f"not XML at line {error.lineno}") from None
        except (LookupError, ValueError):
            raise BadFile("in an unknown encoding") from None

    def _taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) == 1:
            self._characters = 0
        if len(self._open) >= MAX_DEPTH:
            raise BadFile("nested too deeply")
        self._count(len(name) + sum(len(key) + len(value) for key, value in attributes.items()))
        namespace, _, local = name.rpartition(" ")
        element = Element(namespace, local, attributes)
        if not self._open:
            self._done.append(element)
        elif len(self._open) > 1:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if len(self._open) == 1:
            self._done.append(element)

    def _characters_read(self, text: str) -> None:
        if len(self._open) > 1:
            self._count(len(text))
            self._open[-1]._text.append(text)  # noqa: SLF001 - it is being built here

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_PIECE_CHARACTERS:
            raise BadFile("an element is too large")

    @staticmethod
    def _no_document_type(*_: object) -> NoReturn:
        raise BadFile("a document type is not accepted")
