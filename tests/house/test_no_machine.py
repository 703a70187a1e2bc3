"""The repository names no machine: no package index, no folder of whoever wrote it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.tree import ROOT, told, tracked_files

_PATH = re.compile(r"(?<![\w.~})\]<*-])/(?:root|work|tmp|home)(?![\w-])")
_INDEX = re.compile(
    r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|registry[.]yarnpkg|proxy[.]golang[.]org"
    r"|--(?:extra-)?index-url\b|--find[-]links\b|^\s*(?:extra-)?index-url\s*=|--trusted[-]host\b"
    r"|https?://[^\s\"'<>]*/simple\b|artifactor[y]|devp[i]",
    re.IGNORECASE | re.MULTILINE,
)
_ANY_ADDRESS = re.compile(r"\w+://")

OTHERS_WORK = ("vendored",)
"""Folders with files of other houses, kept byte for byte."""


def machine_names(text: str) -> Iterator[str]:
    for pattern in (_PATH, _INDEX):
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{line} names {found[0].strip()}"


def read(path: Path) -> str:
    """The text of a file; nothing of one that is no text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_tracked_file_names_a_machine_or_a_package_index() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in tracked_files()
        if not set(OTHERS_WORK) & set(path.relative_to(ROOT).parts)
        for fault in machine_names(read(path))
    ]
    assert not faults, told(
        faults, "Write paths relative to the repository or take them from a setting; leave indexes to pip."
    )


def test_requirements_hold_names_versions_and_hashes_only() -> None:
    locked = sorted((ROOT / "requirements").glob("*.txt"))
    assert locked
    for path in locked:
        text = path.read_text("utf-8")
        assert not _ANY_ADDRESS.search(text), f"{path.name} names an address; write it again by `make lock`."
        packages = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
        assert text.count("--hash=sha256:") >= len(packages) > 0


@pytest.mark.parametrize("folder", ["root", "work", "tmp", "home"])
@pytest.mark.parametrize(
    "sentence", ["open('/{}/x')", "cd /{}", "DATA=/{}/a", "file:///{}/x", "(/{})", "`/{}/`"]
)
def test_the_rule_sees_a_folder_of_a_machine(folder: str, sentence: str) -> None:
    assert list(machine_names(sentence.format(folder)))


@pytest.mark.parametrize(
    "parts",
    [
        ("https://pypi", ".org/project/x"),
        ("https://files.python", "hosted.org/packages"),
        ("pip install --index", "-url=x"),
        ("--extra-index", "-url x"),
        ("https://mirror.example/sim", "ple/"),
        ("index", "-url = x"),
        ("https://registry.npm", "js.org/x"),
    ],
)
def test_the_rule_sees_a_package_index(parts: tuple[str, str]) -> None:
    assert list(machine_names("".join(parts)))


@pytest.mark.parametrize(
    "text",
    [
        "tmp_path / 'house.db'",
        "var/aldaba.db",
        "docs/home.md",
        "src/work/x",
        "--no-emit-index-url --no-emit-find-links",
        "GET /homepage",
        "https://bank.example/home",
        "</root>",
        "a simple rule",
    ],
)
def test_the_rule_lets_pass_relative_paths_and_addresses(text: str) -> None:
    assert not list(machine_names(text))
