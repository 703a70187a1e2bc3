"""Plays the plan in each profile, one check after the other, and keeps how each of them ended."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from aldaba.conformance.check import Check
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken, NotProvoked, Outcome, Result
from aldaba.contract import Language

LANGUAGES: dict[str, Language] = {"bound-1": "en", "portal": "es"}
"""Each profile is played in a language of its own, so that both are read."""


def run(
    stage: Stage, checks: Iterable[Check], profiles: Iterable[str], told: Callable[[Result], None]
) -> list[Result]:
    """Every check in every profile; `told` hears each result as it comes."""
    listed = list(checks)
    results = []
    for profile in profiles:
        scene = replace(stage, profile=profile, language=LANGUAGES[profile], fronts=[])
        # Where this fails the checks will say so, each for itself.
        with suppress(Broken, NotProvoked):
            scene.open()
        for check in listed:
            if check.profile not in {None, profile}:
                continue
            result = _result(scene, check)
            told(result)
            results.append(result)
    return results


def _result(stage: Stage, check: Check) -> Result:
    began = time.monotonic()
    outcome, why = _outcome(stage, check)
    lasted = round(time.monotonic() - began, 3)
    return Result(check.operation, check.family, check.name, stage.profile, outcome, why, lasted)


def _outcome(stage: Stage, check: Check) -> tuple[Outcome, str]:
    try:
        stage.begin()
        try:
            check.play(stage)
        finally:
            stage.end()
    except NotProvoked as cause:
        return Outcome.NOT_PROVOKED, str(cause)
    except Broken as found:
        return Outcome.FAIL, str(found)
    except (KeyError, TypeError, ValueError, AttributeError) as strange:
        # An answer so far from the contract that a step could not even read it.
        return Outcome.FAIL, f"an answer could not be read: {type(strange).__name__} {strange}"
    return Outcome.PASS, ""
