"""Reads the contract's YAML so that every mistake in it names its file and its place."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


class ContractMistake(Exception):
    """A mistake in the contract's files; the server does not start on one."""


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # chosen at run time
    """Safe YAML in which no key may stand twice: plain YAML would silently keep the last one."""

    name: str

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise ContractMistake(
                    f"{self.name}: {key}: stands twice, again in line {key_node.start_mark.line + 1}"
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def parse(name: str, text: str) -> Any:
    """What the YAML text of the named file says."""
    loader = _StrictLoader(text)
    loader.name = name
    try:
        return loader.get_single_data()
    except yaml.YAMLError as trouble:
        raise ContractMistake(f"{name}: no YAML: {trouble}") from trouble
    finally:
        loader.dispose()


def read(name: str) -> Any:
    """What the contract's own file of that name says."""
    return parse(name, resources.files("aldaba.contract").joinpath(name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a file together with the place it stands at."""

    file: str
    place: str
    value: Any

    def mistake(self, why: str) -> ContractMistake:
        return ContractMistake(f"{self.file}: {self.place}: {why}" if self.place else f"{self.file}: {why}")

    def at(self, key: str | int) -> "Spot":
        """The value under a key that must be there."""
        found = self.find(key)
        if found is None:
            raise self._under(key, None).mistake("is missing")
        return found

    def find(self, key: str | int) -> "Spot | None":
        """The value under a key, or nothing where it is absent or null."""
        value = self._mapping().get(key)
        return None if value is None else self._under(key, value)

    def entries(self) -> Iterator[tuple[Any, "Spot"]]:
        """The keys of a mapping and what stands under each."""
        for key, value in self._mapping().items():
            yield key, self._under(key, value)

    def each(self) -> Iterator["Spot"]:
        """The members of a list, placed by their id where they have one."""
        if not isinstance(self.value, list):
            raise self.mistake("must be a list")
        for number, value in enumerate(self.value):
            named = isinstance(value, dict) and isinstance(value.get("id"), str)
            yield (
                self._under(value["id"], value)
                if named
                else Spot(self.file, f"{self.place}[{number}]", value)
            )

    def only(self, *allowed: str) -> "Spot":
        """This mapping, having refused any key that is not among those allowed."""
        for key in self._mapping():
            if key not in allowed:
                raise self._under(key, None).mistake("is not known here")
        return self

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.mistake("must be text")
        return self.value

    def number(self) -> int:
        if type(self.value) is not int:
            raise self.mistake("must be a whole number")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.mistake("must be true or false")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(member.text() for member in self.each())

    def one_of(self, *allowed: str) -> str:
        if self.value not in allowed:
            raise self.mistake(f"must be one of {', '.join(allowed)}")
        return self.text()

    def find_text(self, key: str) -> str | None:
        found = self.find(key)
        return None if found is None else found.text()

    def find_number(self, key: str) -> int | None:
        found = self.find(key)
        return None if found is None else found.number()

    def find_flag(self, key: str) -> bool:
        found = self.find(key)
        return found is not None and found.flag()

    def find_texts(self, key: str) -> tuple[str, ...]:
        found = self.find(key)
        return () if found is None else found.texts()

    def _mapping(self) -> dict[Any, Any]:
        if not isinstance(self.value, dict):
            raise self.mistake("must be a mapping")
        return self.value

    def _under(self, key: Any, value: Any) -> "Spot":
        return Spot(self.file, f"{self.place}.{key}" if self.place else str(key), value)
