"""A mutant tried: the tests of its module run on it in a process of its own; no file is changed."""

import ast
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

PROFILE = "mutants"
NEED_NO_HOUSE = frozenset({"domain", "crypto", "service"})
"""Folders whose tests in the plan take no fixture of the house: its own, slow to import, are left out."""
hypothesis.settings.register_profile(
    PROFILE,
    database=None,
    deadline=None,
    derandomize=True,
    # A mutant needs one example against it, not the smallest.
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=list(hypothesis.HealthCheck),
)


class Fate(StrEnum):
    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


class _Instead(MetaPathFinder, Loader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, name: str, path: Path, module: ast.Module) -> None:
        self._name = name
        self._path = path
        self._module = module

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        del path, target
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._module, str(self._path), "exec"), module.__dict__)  # noqa: S102 - a mutant of our own


def tried(
    name: str, path: Path, module: ast.Module, tests: Sequence[str], seconds: float
) -> tuple[Fate, float]:
    """What became of a module under these tests, stopped at the first that fails, and how long it took."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _run(_Instead(name, path, module), tests)
    while time.monotonic() - began < seconds:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            fate = Fate.SURVIVED if code == pytest.ExitCode.OK else Fate.KILLED
            return fate, time.monotonic() - began
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Fate.TIMED_OUT, time.monotonic() - began


def _run(instead: MetaPathFinder, tests: Sequence[str]) -> None:
    """In the child: run the tests and end, whatever happens, without the parent's own endings."""
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.meta_path.insert(0, instead)
        settings = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", f"--hypothesis-profile={PROFILE}"]
        if {Path(test).parts[1] for test in tests} <= NEED_NO_HOUSE:
            settings.append(f"--confcutdir={Path(tests[0]).parent}")
        code = int(pytest.main([*settings, *tests]))
    finally:
        os._exit(code)
