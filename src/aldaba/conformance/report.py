"""The report for people and for machines: text, JSON, JUnit XML, one page of HTML."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from aldaba.conformance.verdicts import Family, Outcome, Result
from aldaba.contract import Contract

_WORDS = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.NOT_PROVOKED: "not provoked"}
_STYLE = (
    "body{font:15px/1.5 system-ui;margin:2rem;color:#1b1b1b;background:#fff}table{border-collapse:collapse}"
    "th,td{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}"
    ".fail{background:#fbe3e4}.not{color:#555}"
)


def summary(contract: Contract, results: Sequence[Result]) -> dict[str, Any]:
    """Counts by outcome, and how many of the documented rows were seen in at least one profile."""
    outcomes = Counter(result.outcome for result in results)
    documented = {(row.operation, f"{row.status} {row.code}") for row in contract.rows}
    seen = {
        (result.operation, result.name)
        for result in results
        if result.family is Family.ERROR and result.outcome is Outcome.PASS
    }
    return {
        "checks": len(results),
        "passed": outcomes[Outcome.PASS],
        "failed": outcomes[Outcome.FAIL],
        "notProvoked": outcomes[Outcome.NOT_PROVOKED],
        "rows": len(documented),
        "rowsSeen": len(documented & seen),
    }


def as_data(contract: Contract, url: str, results: Sequence[Result]) -> dict[str, Any]:
    """What `--json` answers."""
    return {
        "server": url,
        "summary": summary(contract, results),
        "results": [
            {
                "operation": result.operation,
                "family": result.family.value,
                "check": result.name,
                "profile": result.profile,
                "outcome": result.outcome.value,
                "why": result.why,
                "seconds": result.seconds,
            }
            for result in results
        ],
    }


def as_text(contract: Contract, results: Sequence[Result]) -> str:
    """What failed and what was not provoked, each with its reason, under the counts of each operation."""
    lines = []
    for operation in dict.fromkeys(result.operation for result in results):
        own = [result for result in results if result.operation == operation]
        kept = sum(result.outcome is Outcome.PASS for result in own)
        lines.append(f"{operation}: {kept} of {len(own)}")
        lines += [f"  {_line(result)}" for result in own if result.outcome is not Outcome.PASS]
    return "\n".join([*lines, "", in_one_line(contract, results)])


def in_one_line(contract: Contract, results: Sequence[Result]) -> str:
    told = summary(contract, results)
    return (
        f"{told['checks']} checks: {told['passed']} passed, {told['failed']} failed, "
        f"{told['notProvoked']} not provoked; {told['rowsSeen']} of {told['rows']} documented error rows seen"
    )


def _line(result: Result) -> str:
    word = _WORDS[result.outcome]
    return f"{word:<12} {result.profile:<7} {result.family}: {result.name}\n{'':15}{result.why}"


def as_junit(url: str, results: Sequence[Result]) -> bytes:
    """JUnit XML: one suite a profile; a check that was not provoked is skipped."""
    root = Element("testsuites", name=f"aldaba conform {url}")
    for profile in dict.fromkeys(result.profile for result in results):
        own = [result for result in results if result.profile == profile]
        counts = Counter(result.outcome for result in own)
        suite = SubElement(root, "testsuite", name=profile, tests=str(len(own)))
        suite.set("failures", str(counts[Outcome.FAIL]))
        suite.set("skipped", str(counts[Outcome.NOT_PROVOKED]))
        suite.set("time", f"{sum(result.seconds for result in own):.3f}")
        for result in own:
            _case(suite, result)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(suite: Element, result: Result) -> None:
    place = f"{result.profile}.{result.operation}"
    name = f"{result.family}: {_printable(result.name)}"
    case = SubElement(suite, "testcase", classname=place, name=name, time=f"{result.seconds:.3f}")
    if result.outcome is Outcome.FAIL:
        SubElement(case, "failure", message=_printable(result.why))
    elif result.outcome is Outcome.NOT_PROVOKED:
        SubElement(case, "skipped", message=_printable(result.why))


def _printable(text: str) -> str:
    """XML has no way to write control characters, which a broken server may have answered."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def as_html(contract: Contract, url: str, results: Sequence[Result]) -> str:
    """One page without script; every text of the server's is escaped."""
    body = "".join(_row(result) for result in results)
    head = "".join(
        f"<th>{name}</th>" for name in ("operation", "profile", "about", "check", "outcome", "why")
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Conformance of {escape(url)}</title>'
        f"<style>{_STYLE}</style><h1>Conformance of {escape(url)}</h1>"
        f"<p>{escape(in_one_line(contract, results))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></html>\n"
    )


def _row(result: Result) -> str:
    mark = {Outcome.PASS: "", Outcome.FAIL: "fail", Outcome.NOT_PROVOKED: "not"}[result.outcome]
    told = (result.operation, result.profile, result.family, result.name, _WORDS[result.outcome], result.why)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in told)
    return f'<tr class="{mark}">{cells}</tr>'
