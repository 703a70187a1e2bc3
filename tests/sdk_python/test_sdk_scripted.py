"""The scripted stories of sdk/stories.json, which the TypeScript client plays too."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aldaba_client
import pytest
from aldaba_client import Refused
from aldaba_client.testing import AldabaServer
from tests.sdk_python.playing import Opens

STORIES = json.loads((Path(__file__).parents[2] / "sdk" / "stories.json").read_text("utf-8"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["name"])
def test_a_scripted_story_is_played_to_its_end(
    opens: Opens, aldaba_server: AldabaServer, story: dict[str, Any]
) -> None:
    def given(value: Any) -> Any:
        return aldaba_server.code(value["code"]) if isinstance(value, dict) else value

    async def play() -> None:
        front = opens()
        for step in story["steps"]:
            call = getattr(front, step["do"])(*map(given, step.get("with", [])), **step.get("named", {}))
            if "raises" in step:
                with pytest.raises(getattr(aldaba_client, step["raises"])) as refused:
                    await call
                assert isinstance(refused.value, Refused)
                assert refused.value.uuid
            else:
                answer = await call
                for name, wanted in step.get("answers", {}).items():
                    assert getattr(answer, name) == wanted, step

    asyncio.run(play())
