"""The collection in Postman's format 2.1."""

import json
from collections.abc import Sequence
from typing import Any

from aldaba.portal.trial_requests import TOKEN_PATH, VALUES, TrialRequest

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

Json = dict[str, Any]


def postman(requests: Sequence[TrialRequest], address: str, sealing: str) -> Json:
    """Folders by API, a token request before them, each documented error as a saved answer."""
    folders = [
        {
            "name": folder,
            "item": [_item(request, sealing) for request in requests if request.folder == folder],
        }
        for folder in dict.fromkeys(request.folder for request in requests)
    ]
    values = {"baseUrl": address, "clientId": "sandbox-front-end", "clientSecret": ""} | dict(VALUES)
    return {
        "info": {
            "name": "aldaba",
            "schema": SCHEMA,
            "description": "Set clientSecret, then send from the top.",
        },
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in values.items()],
        "item": [_token(), *folders],
    }


def _token() -> Json:
    credentials = [("username", "{{clientId}}"), ("password", "{{clientSecret}}")]
    request = {
        "method": "POST",
        "auth": {
            "type": "basic",
            "basic": [{"key": k, "value": v, "type": "string"} for k, v in credentials],
        },
        "header": [],
        "body": {
            "mode": "urlencoded",
            "urlencoded": [{"key": "grant_type", "value": "client_credentials", "type": "text"}],
        },
        "url": _url(TOKEN_PATH),
    }
    keep = [
        'pm.test("signed in", () => pm.response.to.have.status(200));',
        'pm.collectionVariables.set("token", pm.response.json().access_token);',
        'pm.collectionVariables.unset("sid");',
    ]
    return {"name": "token", "request": request, "response": [], "event": [_script("test", keep)]}


def _item(request: TrialRequest, sealing: str) -> Json:
    asked = _request(request)
    return {
        "name": request.operation.id,
        "event": [_script("prerequest", before(request, sealing)), _script("test", after(request))],
        "request": asked,
        "response": [_saved(name, status, body, asked) for name, status, body in request.errors],
    }


def _request(request: TrialRequest) -> Json:
    operation = request.operation
    asked: Json = {
        "method": operation.method,
        "header": [{"key": key, "value": value, "type": "text"} for key, value in request.headers],
        "url": _url(operation.path),
        "description": operation.summary,
    }
    if request.body is not None:
        raw = json.dumps(request.body, indent=2, ensure_ascii=False)
        asked["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    return asked


def _url(path: str) -> Json:
    return {"raw": f"{{{{baseUrl}}}}{path}", "host": ["{{baseUrl}}"], "path": path.strip("/").split("/")}


def _saved(name: str, status: int, body: Json, asked: Json) -> Json:
    return {
        "name": name,
        "originalRequest": asked,
        "code": status,
        "status": name,
        "_postman_previewlanguage": "json",
        "header": [{"key": "Content-Type", "value": "application/json"}],
        "body": json.dumps(body, indent=2, ensure_ascii=False),
    }


def _script(listen: str, lines: list[str]) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def before(request: TrialRequest, sealing: str) -> list[str]:
    """A fresh uuid, and the sealed fields under their own names."""
    lines = [
        *sealing.splitlines(),
        "const vars = pm.collectionVariables;",
        'vars.set("uuid", newUuid());',
        'if (!vars.get("sid")) pm.request.headers.remove("sid");',
    ]
    if request.operation.id == "exchange_keys":
        lines += [
            "const keys = newKeys();",
            'vars.set("keys", JSON.stringify(keys));',
            'const told = offer(keys, { modulus: vars.get("modulus"), exponent: vars.get("exponent") });',
            "Object.entries(told).forEach(([name, value]) => vars.set(name, value));",
        ]
    if request.sealed:
        bound = (
            f'["request", "{request.operation.bound_path}", vars.get("sid") || "", vars.get("uuid"), field]'
        )
        lines += [
            f"const sealed = {json.dumps(dict(request.sealed))};",
            'const keys = JSON.parse(vars.get("keys"));',
            "Object.entries(sealed).forEach(([field, name]) =>",
            f"  vars.set(field, seal(keys, {bound}, vars.get(name))));",
        ]
    return lines


def after(request: TrialRequest) -> list[str]:
    """The session's handle, and what later requests say again."""
    wanted = request.operation.success
    lines = [
        f'pm.test("{request.operation.id}", () => pm.response.to.have.status({wanted}));',
        'const sid = pm.response.headers.get("sid");',
        'if (sid) pm.collectionVariables.set("sid", sid);',
    ]
    if request.kept:
        lines += [
            f"if (pm.response.code === {wanted})",
            f"  {json.dumps(request.kept)}.forEach((name) =>",
            "    pm.collectionVariables.set(name, pm.response.json()[name]));",
        ]
    return lines
