"""Keys at the command line: what a rotation leaves behind is sealed anew, counted, and then taken away."""

import json
from typing import Any

import pytest
from tests.cli.test_commands import Terminal, bank, terminal
from tests.service.importing import NUMBER, record

from aldaba.crypto.keyring import KeyName
from aldaba.service.key_administration import LASTING, ROTATED

__all__ = ["bank", "terminal"]


def ids(bank: Terminal, name: str) -> list[str]:
    return [row["keyId"] for row in bank.json("keys", "list") if row["name"] == name]


def ring(bank: Terminal) -> dict[str, list[str]]:
    kept = json.loads((bank.folder / "var" / "keyring.json").read_text("utf-8"))["keys"]
    return {name: [key["id"] for key in keys] for name, keys in kept.items()}


def settle(bank: Terminal) -> None:
    """As if the rotation had been long ago: the command line has no clock to move."""
    import sqlite3

    connection = sqlite3.connect(bank.folder / "var" / "aldaba.sqlite3")
    connection.execute(
        "UPDATE house_state SET value = '2001-01-01T00:00:00+00:00' WHERE name LIKE 'rotated/%'"
    )
    connection.commit()
    connection.close()


@pytest.fixture
def rotated(bank: Terminal) -> Terminal:
    """A customer with everything sealed, and a storage key that came after."""
    bank.run("customers", "import", bank.file(record()))
    bank.run("applications", "create", "app")
    bank.run("applications", "register-keys", "app")
    bank.run("keys", "rotate", "storage")
    return bank


def test_after_resealing_no_value_is_under_the_earlier_key(rotated: Terminal) -> None:
    current, earlier = ids(rotated, "storage")
    done: dict[str, Any] = rotated.json("keys", "reseal")
    assert done["current"] == current
    assert set(done["values"]) == {current}
    assert done["values"][current] >= 8
    assert done["changed"] >= 5
    again = rotated.json("keys", "reseal")
    assert (again["changed"], again["values"]) == (0, done["values"])
    assert f"{current} " in rotated.run("keys", "reseal")
    settle(rotated)
    rotated.run("keys", "retire", earlier)
    assert ring(rotated)["storage"] == [current]
    assert rotated.json("customers", "show", NUMBER)["name"]
    assert rotated.json("audit", "verify")["intact"]
    checks = rotated.json("doctor", code=1)
    assert [check["name"] for check in checks if not check["ok"]] == ["delivery.providers_file"]


def test_a_key_that_still_holds_something_is_not_retired_and_what_it_holds_is_told(rotated: Terminal) -> None:
    _current, earlier = ids(rotated, "storage")
    settle(rotated)
    told = rotated.json("keys", "retire", earlier, code=1)
    assert not told["retired"]
    assert any("values in customers need it; run `aldaba keys reseal`" in one for one in told["neededBy"])
    assert "still needed" in rotated.err
    assert earlier in ring(rotated)["storage"]


def test_a_key_just_rotated_waits_for_the_requests_in_flight(rotated: Terminal) -> None:
    rotated.run("keys", "reseal")
    told = rotated.json("keys", "retire", ids(rotated, "storage")[1], code=1)
    assert "begun before the rotation" in told["neededBy"][0]


@pytest.mark.parametrize("name", ROTATED)
def test_the_current_key_is_never_retired(bank: Terminal, name: str) -> None:
    fresh = bank.json("keys", "rotate", name)["keyId"]
    told = bank.json("keys", "retire", fresh, "--name", name, code=1)
    assert "rotate it first" in told["neededBy"][0]
    assert fresh in ids(bank, name)


def test_a_pepper_goes_when_every_card_and_phone_is_under_the_fresh_one(bank: Terminal) -> None:
    file = bank.file(record())
    bank.run("customers", "import", file)
    bank.run("keys", "rotate", "pepper")
    settle(bank)
    current, earlier = ids(bank, "pepper")
    told = bank.json("keys", "reseal", "pepper", code=1)
    assert (told["current"], told["changed"], told["values"][earlier]) == (current, 1, 1)
    (remaining,) = told["remaining"]
    assert remaining.startswith("1 values in cards need it; run `aldaba customers import`")
    told = bank.json("keys", "retire", earlier, "--name", "pepper", code=1)
    assert told["neededBy"][0].startswith("1 values in cards need it")
    assert ring(bank)["pepper"] == [current, earlier]
    bank.run("customers", "import", file)
    done = bank.json("keys", "reseal", "pepper")
    assert (set(done["values"]), done["remaining"]) == ({current}, [])
    bank.run("keys", "retire", earlier, "--name", "pepper")
    assert ring(bank)["pepper"] == [current]
    bank.run("customers", "import", file)
    assert bank.json("customers", "show", NUMBER)["name"]


def test_no_more_peppers_live_than_a_look_up_names(bank: Terminal) -> None:
    for _ in range(2):
        bank.run("keys", "rotate", "pepper")
    bank.run("keys", "rotate", "pepper", code=1)
    assert "3 peppers live already: retire the oldest first" in bank.err
    assert len(ring(bank)["pepper"]) == 3


def test_forgetting_sims_goes_with_the_pepper_alone(bank: Terminal) -> None:
    bank.run("keys", "reseal", "storage", "--forget-sims", code=2)
    assert "--forget-sims goes with pepper" in bank.err


def test_an_audit_key_stays_while_a_row_carries_its_mac(bank: Terminal) -> None:
    bank.run("audit", "anchor")
    bank.run("keys", "rotate", "audit")
    settle(bank)
    earlier = ids(bank, "audit")[1]
    told = bank.json("keys", "retire", earlier, code=1)
    assert {one.split(" in ")[1].split()[0] for one in told["neededBy"]} == {"audit_events", "audit_chain"}
    assert bank.json("audit", "verify")["intact"]


def test_a_signing_key_stays_while_its_tokens_live(bank: Terminal) -> None:
    earlier = ids(bank, "signing")[0]
    bank.run("keys", "rotate", "signing")
    told = bank.json("keys", "retire", earlier, code=1)
    assert "may live until" in told["neededBy"][0]


def test_keys_made_together_are_told_apart_by_name(bank: Terminal) -> None:
    bank.run("keys", "rotate", "otp")
    bank.run("keys", "rotate", "storage")
    settle(bank)
    first = ids(bank, "otp")[1]
    bank.run("keys", "retire", first, code=1)
    assert "say which by --name" in bank.err
    bank.run("keys", "retire", first, "--name", "otp")
    assert len(ring(bank)["otp"]) == 1
    assert len(ring(bank)["storage"]) == 2


def test_an_unknown_id_is_told(bank: Terminal) -> None:
    bank.run("keys", "retire", "nothing", code=1)
    assert "no key of this house has the id nothing" in bank.err


@pytest.mark.parametrize("name", LASTING)
def test_what_customers_are_found_by_is_not_rotated(bank: Terminal, name: KeyName) -> None:
    bank.run("keys", "rotate", name, code=2)
    assert LASTING[name] in bank.err.replace("\n", " ")


def test_a_root_key_stays_while_a_checkpoint_is_signed_by_it(bank: Terminal) -> None:
    earlier = ids(bank, "e2e-root")[0]
    bank.run("audit", "prove", "1")
    bank.run("keys", "rotate", "e2e-root")
    told = bank.json("keys", "retire", earlier, code=1)
    assert "may live until" in told["neededBy"][0]
    assert "1 values in audit_checkpoints need it" in told["neededBy"][1]


def test_a_retirement_is_in_the_audit(bank: Terminal) -> None:
    bank.run("keys", "rotate", "otp")
    settle(bank)
    bank.run("keys", "retire", ids(bank, "otp")[1])
    events = [json.loads(line)["event"] for line in bank.run("audit", "export").splitlines()]
    assert any(event["type"] == "key:retired" and event["actor"].startswith("cli:") for event in events)
