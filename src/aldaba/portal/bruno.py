"""The collection as a folder of Bruno's plain files."""

import json
from collections.abc import Iterable, Sequence

from aldaba.portal.trial_requests import TOKEN_PATH, VALUES, TrialRequest


def bruno(requests: Sequence[TrialRequest], address: str, sealing: str) -> dict[str, str]:
    """File name → text: the collection, its environment, the token request, a folder for each API."""
    about = {"version": "1", "name": "aldaba", "type": "collection", "ignore": ["node_modules", ".git"]}
    values = {"baseUrl": address, "clientId": "sandbox-front-end"} | dict(VALUES)
    files = {
        "bruno.json": json.dumps(about, indent=2) + "\n",
        "environments/sandbox.bru": _environment(values),
        "token.bru": _token(),
    }
    folders = list(dict.fromkeys(request.folder for request in requests))
    for place, folder in enumerate(folders, 2):
        files[f"{folder}/folder.bru"] = _block("meta", [f"name: {folder}", f"seq: {place}"])
    for place, request in enumerate(requests, 1):
        files[f"{request.folder}/{request.operation.id}.bru"] = _request(request, place, sealing)
    return files


def _block(name: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"  {line}".rstrip() for line in lines)
    return f"{name} {{\n{body}\n}}\n"


def _environment(values: dict[str, str]) -> str:
    listed = _block("vars", [f"{key}: {value}" for key, value in values.items()])
    return listed + "vars:secret [\n  clientSecret\n]\n"


def _token() -> str:
    keep = [
        'test("signed in", () => expect(res.getStatus()).to.equal(200));',
        'bru.setVar("token", res.getBody().access_token);',
        'bru.setVar("sid", "");',
    ]
    return "\n".join(
        (
            _block("meta", ["name: token", "type: http", "seq: 1"]),
            _block("post", [f"url: {{{{baseUrl}}}}{TOKEN_PATH}", "body: formUrlEncoded", "auth: basic"]),
            _block("auth:basic", ["username: {{clientId}}", "password: {{clientSecret}}"]),
            _block("body:form-urlencoded", ["grant_type: client_credentials"]),
            _block("script:post-response", keep),
        )
    )


def _request(request: TrialRequest, place: int, sealing: str) -> str:
    operation = request.operation
    body = "none" if request.body is None else "json"
    asked = [f"url: {{{{baseUrl}}}}{operation.path}", f"body: {body}", "auth: none"]
    blocks = [
        _block("meta", [f"name: {operation.id}", "type: http", f"seq: {place}"]),
        _block(operation.method.lower(), asked),
        _block("headers", [f"{key}: {value}" for key, value in request.headers]),
    ]
    if request.body is not None:
        blocks.append(
            _block("body:json", json.dumps(request.body, indent=2, ensure_ascii=False).splitlines())
        )
    blocks += [
        _block("script:pre-request", _before(request, sealing)),
        _block("script:post-response", _after(request)),
        _block("docs", _docs(request)),
    ]
    return "\n".join(blocks)


def _before(request: TrialRequest, sealing: str) -> list[str]:
    lines = [
        *sealing.splitlines(),
        'bru.setVar("uuid", newUuid());',
        'if (!bru.getVar("sid")) req.deleteHeader("sid");',
        "const valueOf = (name) => bru.getVar(name) || bru.getEnvVar(name);",
    ]
    if request.operation.id == "exchange_keys":
        lines += [
            "const keys = newKeys();",
            'bru.setVar("keys", JSON.stringify(keys));',
            'const told = offer(keys, { modulus: bru.getVar("modulus"), exponent: bru.getVar("exponent") });',
            "Object.entries(told).forEach(([name, value]) => bru.setVar(name, value));",
        ]
    if request.sealed:
        path = request.operation.bound_path
        bound = f'["request", "{path}", bru.getVar("sid") || "", bru.getVar("uuid"), field]'
        lines += [
            f"const sealed = {json.dumps(dict(request.sealed))};",
            'const keys = JSON.parse(bru.getVar("keys"));',
            "Object.entries(sealed).forEach(([field, name]) =>",
            f"  bru.setVar(field, seal(keys, {bound}, valueOf(name))));",
        ]
    return lines


def _after(request: TrialRequest) -> list[str]:
    wanted = request.operation.success
    lines = [
        f'test("{request.operation.id}", () => expect(res.getStatus()).to.equal({wanted}));',
        'if (res.getHeader("sid")) bru.setVar("sid", res.getHeader("sid"));',
    ]
    if request.kept:
        lines += [
            f"if (res.getStatus() === {wanted})",
            f"  {json.dumps(request.kept)}.forEach((name) => bru.setVar(name, res.getBody()[name]));",
        ]
    return lines


def _docs(request: TrialRequest) -> list[str]:
    lines = [request.operation.summary, "", "## Errors"]
    for name, _, body in request.errors:
        lines += ["", f"### {name}", "", "```json"]
        lines += [*json.dumps(body, indent=2, ensure_ascii=False).splitlines(), "```"]
    return lines
