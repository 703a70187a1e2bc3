"""SQLite: every way to falsify the audit log that we could think of is found, and the row is named."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from tests.store.audit_log import Log
from tests.store.houses import NOON, RING, SetClock, wait
from tests.store.samples import EVENT

from aldaba.crypto.keyring import Key, KeyName
from aldaba.crypto.sealing import CannotOpen
from aldaba.service import audit
from aldaba.service.audit import (
    ApplicationChanged,
    ApplicationRefused,
    CredentialsAsked,
    CredentialsRefused,
    CredentialsSet,
    CustomerChanged,
    CustomersImported,
    Event,
    Identified,
    KeyRotated,
    KeysExchanged,
    LoggedIn,
    LoginRefused,
    Payload,
    SessionEnded,
)
from aldaba.store.sql.audit_sealing import SLICE, ChainBroken
from aldaba.store.sql.audit_verification import NAMED, PAGE, Anchor, AuditReport, Damage, verify_chain
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.upgrading import migrate

SEALED, NEW = 12, 3
PAYLOADS: list[Payload] = [
    Identified("card", 1, "instance", "login"),
    LoggedIn("pin", "NONE", step_up=False, risk=("a", "b"), replaced=True),
    LoginRefused("pin", "bad credentials", "D", charged=True, risk=()),
    SessionEnded("logout"),
    CredentialsSet(pin=True, password=False, status="NEW"),
    CredentialsRefused("rule", None),
    CredentialsAsked(found=True),
    KeysExchanged("portal", "k1"),
    ApplicationChanged("created"),
    ApplicationRefused("unauthorized"),
    CustomerChanged("locked", "by phone"),
    CustomersImported(10, 2),
    KeyRotated("audit", "k2"),
    audit.KeyRetired("storage", "k1"),
    audit.AuditPurged(7, 7, "00"),
    audit.CardTried(right=True, locked=False),
    audit.PhoneTried(right=False, limit_reached=True),
    audit.CodeSent("recovery", "sms", "sent"),
    audit.CodeTried("recovery", None, "none outstanding"),
    audit.AccessSet(first_time=False, lifted=("D",)),
    audit.AccessUnlocked(None, ("S",)),
    audit.PhoneCertified("+52"),
    audit.ChallengeIssued("HT-1"),
    audit.ChallengeTried("HT-1", "wrong", locked_now=True),
    audit.TokenChanged("HT-1", "assigned", "56"),
    audit.DeviceChanged("enrolled", biometrics=True),
    audit.VendorTokenTried("2", "token invalid"),
    audit.VendorCustomerRegistered(already=False),
    audit.VendorCustomerAsked(found=True),
    audit.OperatorSignedIn("ana", "right", ("fraud",)),
    audit.OperatorSignedOut("ana"),
    audit.OperatorChanged("ana", "roles", ("auditor", "fraud"), "moved"),
    audit.OperatorActed("customer.lock", ("fraud",), "done", "why", None, "15000010"),
    audit.GrantChanged("g1", "key.rotate", "approved", "ana", "fine", "00"),
    audit.GlassBroken("key.rotate", "signing", "alarm"),
]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Log]:
    """A log without a row."""
    path = tmp_path / "aldaba.db"
    migrate(f"sqlite:///{path}")
    log = Log(path, RING, None, [])  # type: ignore[arg-type]  # its store is made next
    log.store = SqliteStore(path, lambda: log.ring, SetClock(), os.urandom)
    yield log
    log.store.close()


@pytest.fixture
def log(empty: Log) -> Log:
    """A log of twelve linked rows and three new ones."""
    empty.record(*(replace(EVENT, ccs_id=f"ccs-{number}") for number in range(SEALED)))
    empty.seal()
    empty.record(*(replace(EVENT, ccs_id=f"ccs-{number}") for number in range(NEW)))
    return empty


def test_an_event_of_every_kind_comes_back_as_it_was_recorded(empty: Log) -> None:
    assert {type(payload) for payload in PAYLOADS} == set(get_args(Payload))
    events = [replace(EVENT, payload=payload) for payload in PAYLOADS]
    events.append(Event(EVENT.type, NOON, PAYLOADS[0]))
    empty.record(*events)
    found = empty.store.read_blocking(lambda transaction: transaction.audit.events())
    assert found == list(enumerate(events, start=1))
    later = empty.store.read_blocking(lambda transaction: transaction.audit.events(after=3, most=2))
    assert [row for row, _event in later] == [4, 5]


def test_an_act_rolled_back_gives_its_numbers_back(empty: Log) -> None:
    def fails(transaction: SqlTransaction) -> None:
        transaction.audit.record(EVENT)
        raise ValueError

    async def run() -> None:
        acts = [lambda it: it.audit.record(EVENT), fails, lambda it: it.audit.record(EVENT)]
        await asyncio.gather(*(empty.store.run(act) for act in acts), return_exceptions=True)

    wait(run())
    found = empty.store.read_blocking(lambda transaction: transaction.audit.events())
    assert [row for row, _event in found] == [1, 2]
    assert empty.verify().intact


def test_an_untouched_log_is_intact_and_its_newest_rows_are_told_apart(log: Log) -> None:
    report = log.verify(log.anchor())
    assert (report.rows, report.linked, report.unsealed, report.damages) == (SEALED + NEW, SEALED, NEW, [])
    assert report.head is not None
    assert report.head.count == SEALED
    assert report.intact


def test_an_empty_log_is_intact(empty: Log) -> None:
    assert empty.seal() == 0
    assert empty.verify() == AuditReport()


def test_sealing_links_every_new_row_once_however_many(empty: Log) -> None:
    empty.record(*[EVENT] * (2 * SLICE))
    assert empty.seal() == 2 * SLICE
    empty.record(*[EVENT] * 5)
    assert (empty.seal(), empty.seal()) == (5, 0)
    progress: list[int] = []
    report = empty.store.read_blocking(
        lambda transaction: verify_chain(transaction, empty.ring, progress=progress.append)
    )
    assert report.intact
    assert report.linked == 2 * SLICE + 5
    assert progress == [PAGE, 2 * SLICE + 5]


WRONG_MAC = "its MAC is wrong"
FOLLOWS = "its link does not follow the row before"
COLUMNS = ["at", "type", "request_id", "application_id", "ccs_id", "customer_id", "body"]
FALSIFIED: dict[str, tuple[list[str], list[Damage]]] = {
    **{
        f"the {column} of a row is changed": (
            ["UPDATE audit_events SET COLUMN = '7' WHERE id = 5".replace("COLUMN", column)],
            [Damage(5, WRONG_MAC)],
        )
        for column in COLUMNS
    },
    **{
        f"the {column} of a row is emptied": (
            ["UPDATE audit_events SET COLUMN = NULL WHERE id = 5".replace("COLUMN", column)],
            [Damage(5, WRONG_MAC)],
        )
        for column in ["request_id", "application_id", "ccs_id", "customer_id"]
    },
    "one byte of a body is changed": (
        ["UPDATE audit_events SET body = substr(body, 1, 20) || x'21' || substr(body, 22) WHERE id = 5"],
        [Damage(5, WRONG_MAC)],
    ),
    "a text is no longer UTF-8": (
        ["UPDATE audit_events SET ccs_id = CAST(x'ff' AS TEXT) WHERE id = 5"],
        [Damage(5, WRONG_MAC)],
    ),
    "the MAC of a row is changed": (
        ["UPDATE audit_events SET mac = zeroblob(32) WHERE id = 5"],
        [Damage(5, WRONG_MAC), Damage(5, FOLLOWS)],
    ),
    "the MAC of a row is no bytes": (
        ["UPDATE audit_events SET mac = 'x' WHERE id = 5"],
        [Damage(5, WRONG_MAC), Damage(5, FOLLOWS)],
    ),
    "the key of a row is another": (
        ["UPDATE audit_events SET key_id = 'k9' WHERE id = 5"],
        [Damage(5, "no key of this house made its MAC")],
    ),
    "the first row is missing": (
        ["DELETE FROM audit_events WHERE id = 1"],
        [Damage(1, "the row is missing")],
    ),
    "a row in the middle is missing": (
        ["DELETE FROM audit_events WHERE id = 5"],
        [Damage(5, "the row is missing")],
    ),
    "a row in the middle is missing with its link": (
        ["DELETE FROM audit_events WHERE id = 5", "DELETE FROM audit_chain WHERE event_id = 5"],
        [Damage(5, "the row is missing")],
    ),
    "several rows are missing": (
        ["DELETE FROM audit_events WHERE id BETWEEN 5 AND 7"],
        [Damage(5, "the row is missing, and so is every row up to 7")],
    ),
    "the last linked row is missing": (
        ["DELETE FROM audit_events WHERE id = 12"],
        [Damage(12, "the row is missing")],
    ),
    "the newest row is missing": (
        ["DELETE FROM audit_events WHERE id = 15"],
        [Damage(15, "the row is missing")],
    ),
    "the end is cut off with its links": (
        [
            "DELETE FROM audit_events WHERE id > 10",
            "DELETE FROM audit_chain WHERE event_id > 10",
            "UPDATE sqlite_sequence SET seq = 10",
        ],
        [Damage(11, "the row is missing, and so is every row up to 12")],
    ),
    "two rows are swapped": (
        [
            "UPDATE audit_events SET id = -1 WHERE id = 5",
            "UPDATE audit_events SET id = 5 WHERE id = 6",
            "UPDATE audit_events SET id = 6 WHERE id = -1",
        ],
        [Damage(5, WRONG_MAC), Damage(5, FOLLOWS), Damage(6, WRONG_MAC), Damage(6, FOLLOWS)],
    ),
    "a link is changed": (
        ["UPDATE audit_chain SET link = zeroblob(32) WHERE event_id = 5"],
        [Damage(5, FOLLOWS), Damage(6, FOLLOWS)],
    ),
    "the key of a link is another": (
        ["UPDATE audit_chain SET key_id = 'k9' WHERE event_id = 5"],
        [Damage(5, FOLLOWS)],
    ),
    "a link is missing": (
        ["DELETE FROM audit_chain WHERE event_id = 5"],
        [Damage(5, "its link is missing")],
    ),
    "a row is added without a MAC": (
        ["INSERT INTO audit_events (at, type, body, key_id, mac) VALUES (1, 'x', x'00', 'k1', x'00')"],
        [Damage(16, WRONG_MAC)],
    ),
    "a row is added before the first": (
        [
            "CREATE TEMP TABLE kept AS SELECT * FROM audit_events WHERE id = 1",
            "UPDATE kept SET id = -3",
            "INSERT INTO audit_events SELECT * FROM kept",
        ],
        [Damage(-3, WRONG_MAC)],
    ),
    "a row is added as a copy of the newest": (
        [
            "CREATE TEMP TABLE kept AS SELECT * FROM audit_events WHERE id = 15",
            "UPDATE kept SET id = 16",
            "INSERT INTO audit_events SELECT * FROM kept",
        ],
        [Damage(16, WRONG_MAC)],
    ),
    "the head is removed": (["DELETE FROM audit_head"], [Damage(None, "the head is missing")]),
    "the head is no longer bytes": (
        ["UPDATE audit_head SET body = CAST(x'ff' AS TEXT)"],
        [Damage(None, "the head was changed")],
    ),
    "the head is changed": (
        ["UPDATE audit_head SET body = zeroblob(100)"],
        [Damage(None, "the head was changed")],
    ),
    "links, head and the first rows are removed": (
        ["DELETE FROM audit_chain", "DELETE FROM audit_head", "DELETE FROM audit_events WHERE id < 3"],
        [Damage(1, "the row is missing, and so is every row up to 2")],
    ),
}


@pytest.mark.parametrize("how", FALSIFIED)
def test_what_was_falsified_is_found_and_named(log: Log, how: str) -> None:
    statements, damages = FALSIFIED[how]
    log.tamper(*statements)
    report = log.verify()
    meant = [damage for damage in report.damages if damage.row is not None or damages[0].row is None]
    assert meant[: len(damages)] == damages
    assert not report.intact


def test_an_older_head_put_back_does_not_hide_newer_rows(log: Log) -> None:
    older = log.kept_head()
    log.seal()
    log.put_head(older)
    assert log.verify().damages == [Damage(None, "the head names 12 linked rows, up to row 12")]
    with pytest.raises(ChainBroken):
        log.seal()


def test_a_log_put_back_whole_to_an_earlier_state_is_found_by_an_anchor(log: Log) -> None:
    older = log.kept_head()
    log.seal()
    anchor = log.anchor()
    assert log.verify(anchor).intact
    log.tamper(
        "DELETE FROM audit_events WHERE id > 12",
        "DELETE FROM audit_chain WHERE event_id > 12",
        "UPDATE sqlite_sequence SET seq = 12",
    )
    log.put_head(older)
    assert log.verify().intact
    assert log.verify(anchor).damages == [Damage(None, "the chain is shorter than anchor 15")]


def test_an_anchor_taken_before_the_first_row_binds_nothing(log: Log) -> None:
    assert log.verify(Anchor(0, b"")).intact


def test_a_chain_other_than_the_anchors_is_found(log: Log) -> None:
    anchor = Anchor(7, bytes(32))
    assert log.verify(anchor).damages == [Damage(7, "its link is not the one of anchor 7")]


def test_a_checkpoint_is_signed_whenever_so_many_events_were_linked(empty: Log) -> None:
    for expected in (0, 1, 1, 2):
        empty.record(*[EVENT] * 5)
        empty.seal(checkpoint_events=10)
        assert len(empty.signed) == expected
    assert [claims["count"] for claims in empty.signed] == [10, 20]
    trees = [claims.pop("tree") for claims in empty.signed]
    assert [(tree["first"], tree["size"]) for tree in trees] == [(1, 10), (11, 10)]  # type: ignore[index]  # claims are plain JSON
    assert empty.signed[1] == {
        "count": 20,
        "eventId": 20,
        "link": empty.anchor().link.hex(),
        "at": NOON.isoformat(),
    }
    assert empty.verify().intact
    empty.tamper("UPDATE audit_checkpoints SET link = x'00' WHERE count = 10")
    assert empty.verify().damages == [Damage(10, "its link is not the one of checkpoint 10")]


def test_the_sealer_does_not_go_on_from_a_head_that_somebody_changed(log: Log) -> None:
    for statement in ("UPDATE audit_head SET body = x'00'", "DELETE FROM audit_head"):
        log.tamper(statement)
        with pytest.raises(ChainBroken):
            log.seal()


def test_a_head_that_was_changed_does_not_open(log: Log) -> None:
    log.tamper("UPDATE audit_head SET body = x'00'")
    with pytest.raises(CannotOpen):
        log.anchor()


@pytest.mark.parametrize("name", [KeyName.AUDIT, KeyName.STORAGE])
def test_rows_stay_good_when_a_key_is_rotated(log: Log, name: KeyName) -> None:
    log.ring = log.ring.rotated(name, Key("k2", os.urandom(32)))
    log.record(EVENT)
    log.seal()
    log.record(EVENT)
    report = log.verify()
    assert report.intact
    assert (report.linked, report.unsealed) == (SEALED + NEW + 1, 1)


def test_a_great_many_damages_are_counted_but_not_all_named(empty: Log) -> None:
    empty.record(*[EVENT] * (NAMED + 10))
    empty.tamper("UPDATE audit_events SET ccs_id = 'other'")
    report = empty.verify()
    assert report.found == NAMED + 10
    assert len(report.damages) == NAMED
