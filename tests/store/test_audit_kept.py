"""On each database the audit is purged, proved and sent on; PostgreSQL leaves ids unused besides."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import pytest
from sqlalchemy import bindparam, delete
from tests.store.houses import NOON, SetClock, ring, wait
from tests.store.samples import EVENT

from aldaba.crypto import jose
from aldaba.crypto.jwk import SigningKey, generate_signing_key
from aldaba.service.audit import AuditPurged, AuditQuery, EventType
from aldaba.service.audit_outbox import AuditOutbox, Outgoing
from aldaba.service.audit_proof import check_proof
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.audit_export import Exported
from aldaba.store.sql.audit_manifest import NotPurged
from aldaba.store.sql.audit_outbox import SqlOutboxCursor
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.statements import statement, upsert
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import audit_events, audit_stub
from aldaba.store.sql.transaction import SqlTransaction

KEPT = timedelta(days=30)
LATER = NOON + timedelta(days=100)
_TAKEN_AWAY = statement(delete(audit_events).where(audit_events.c.id == bindparam("id")))
TYP = "audit-checkpoint+jwt"


@dataclass(slots=True)
class Signer:
    key: SigningKey

    def sign_checkpoint(self, claims: dict[str, object]) -> str:
        return jose.sign(claims, self.key, typ=TYP)

    def opened_checkpoint(self, jws: str) -> dict[str, object] | None:
        try:
            return jose.verify(jws, self.jwks(), algorithms=("ES256",), typ=TYP)
        except jose.InvalidToken:
            return None

    def jwks(self) -> dict[str, dict[str, str]]:
        return {self.key.kid: self.key.public_jwk()}


class Archive:
    """A log, and whoever looks after it."""

    def __init__(self, store: SqlStore, *, checkpoint_events: int = 4, sent_only: bool = False) -> None:
        self.store, self.clock, self.signer = store, SetClock(), Signer(generate_signing_key())
        self.clock.now = LATER
        self.desk = AuditDesk(
            store,
            ring,
            self.clock,
            os.urandom,
            self.signer,
            checkpoint_events=checkpoint_events,
            kept=KEPT,
            sent_only=sent_only,
        )

    def record(self, count: int, at: datetime) -> None:
        """Each in an act of its own, and after each one an act that comes to nothing."""
        for _ in range(count):
            self.store.run_blocking(_recording(at))
            with pytest.raises(Deliberate):
                self.store.run_blocking(_rolled_back)

    def exported(self, since: datetime | None = None) -> Exported:
        return wait(self.desk.export(since, lambda _: None, linked_only=True))

    def purges(self) -> list[tuple[str | None, int, int]]:
        """Who purged, up to which row, and how many: as the audit says it."""
        found = wait(self.desk.search(AuditQuery(type=EventType.AUDIT_PURGED), 9))
        payloads = [(entry.event.actor, entry.event.payload) for entry in found]
        return [(who, what.last_id, what.rows) for who, what in payloads if isinstance(what, AuditPurged)]

    def purge(
        self, exported: Exported, before: datetime, progress: Callable[[int], None] = lambda _: None
    ) -> int | NotPurged:
        signed = self.desk.manifest(exported, f"{exported}")
        return wait(self.desk.purge(signed, f"{exported}", before, "eva", progress))


class Deliberate(Exception):
    pass


def _recording(at: datetime) -> Callable[[SqlTransaction], None]:
    return lambda act: act.audit.record(replace(EVENT, at=at))


def _rolled_back(act: SqlTransaction) -> None:
    act.audit.record(EVENT)
    raise Deliberate


@pytest.fixture
def store(fresh_url: str) -> Iterator[SqlStore]:
    store = open_store(fresh_url, ring, SetClock(), os.urandom, connections=2)
    yield store
    store.close()


@pytest.fixture
def archive(store: SqlStore) -> Archive:
    """Ten rows long past and ten of yesterday, all linked."""
    archive = Archive(store)
    archive.record(10, NOON)
    archive.record(10, LATER - timedelta(days=1))
    wait(archive.desk.seal())
    return archive


def test_what_was_exported_and_is_old_is_purged_and_the_rest_is_intact(archive: Archive) -> None:
    assert archive.purge(archive.exported(), LATER - KEPT) == 10
    wait(archive.desk.seal())
    report = wait(archive.desk.verify())
    assert (report.intact, report.purged, report.rows, report.unsealed) == (True, 10, 11, 0)
    newest = wait(archive.desk.search(AuditQuery(), 99))
    assert [entry.event.type for entry in newest[:2]] == [EventType.AUDIT_PURGED, EventType.LOGIN_SUCCEEDED]
    assert len(newest) == 11


def test_a_second_purge_goes_on_where_the_first_ended(archive: Archive) -> None:
    assert archive.purge(archive.exported(), LATER - KEPT) == 10
    archive.clock.now = LATER + timedelta(days=60)
    everything = archive.exported()
    assert archive.purge(everything, LATER + timedelta(days=10)) == 11
    wait(archive.desk.seal())
    report = wait(archive.desk.verify())
    assert (report.intact, report.purged, report.rows) == (True, 21, 1)


def test_rows_that_no_export_holds_are_not_purged_over(archive: Archive) -> None:
    refused = archive.purge(archive.exported(NOON + timedelta(days=1)), LATER - KEPT)
    assert isinstance(refused, NotPurged)
    assert "was not exported" in refused.why


def test_a_row_dated_earlier_than_its_neighbours_is_exported_with_them(store: SqlStore) -> None:
    archive = Archive(store)
    for days in (0, 2, 1, 2):  # the third by a machine whose clock is slow
        archive.record(1, NOON + timedelta(days=days))
    assert archive.exported(NOON + timedelta(days=2)).rows == 3
    assert archive.exported(NOON + timedelta(days=3)) == Exported()
    assert archive.purge(archive.exported(), LATER - KEPT) == 4


def test_an_empty_export_purges_nothing(archive: Archive) -> None:
    refused = archive.purge(archive.exported(LATER), LATER - KEPT)
    assert isinstance(refused, NotPurged)
    assert refused.why == "the export holds no row"


def test_an_export_with_a_hole_in_it_purges_nothing(archive: Archive) -> None:
    exported = archive.exported()
    refused = archive.purge(replace(exported, rows=exported.rows - 1), LATER - KEPT)
    assert isinstance(refused, NotPurged)
    assert "holds 19 rows, the log 20" in refused.why
    assert len(wait(archive.desk.search(AuditQuery(), 99))) == 20


def test_a_manifest_that_is_not_genuine_or_of_another_file_purges_nothing(archive: Archive) -> None:
    signed = archive.desk.manifest(archive.exported(), "digest")
    stranger = Signer(generate_signing_key())
    claims = archive.signer.opened_checkpoint(signed)
    assert claims is not None
    for manifest, digest, why in (
        (signed, "another", "not the file that the manifest describes"),
        (stranger.sign_checkpoint(claims), "digest", "not one this house signed"),
        (archive.signer.sign_checkpoint({**claims, "kind": "purged"}), "digest", "not one this house signed"),
        (archive.signer.sign_checkpoint({**claims, "last": "20"}), "digest", "not one this house signed"),
        ("", "digest", "not one this house signed"),
    ):
        told = wait(archive.desk.purge(manifest, digest, LATER - KEPT, "eva", lambda _: None))
        assert isinstance(told, NotPurged)
        assert why in told.why
    assert wait(archive.desk.purge(signed, "digest", LATER - KEPT, "eva", lambda _: None)) == 10


def test_one_export_serves_as_its_rows_grow_old_and_no_other_that_reaches_into_what_is_gone(
    archive: Archive,
) -> None:
    holed = replace(archive.exported(), rows=10)
    exported = archive.exported()
    assert archive.purge(exported, LATER - KEPT) == 10
    archive.clock.now = LATER + KEPT
    refused = archive.purge(replace(holed, first=holed.first + 1), LATER)
    assert isinstance(refused, NotPurged)
    assert archive.purge(exported, LATER) == 10


def test_a_purge_that_was_killed_is_in_the_audit_once_with_all_it_set_out_to_do(archive: Archive) -> None:
    archive.record(600, NOON)
    archive.clock.now = LATER + KEPT
    exported = archive.exported()

    def killed(_: int) -> None:
        raise Deliberate

    with pytest.raises(Deliberate):
        archive.purge(exported, LATER, killed)
    assert archive.purges() == [("eva", exported.last, 620)]
    assert archive.purge(exported, LATER) == 120
    assert archive.purges() == [("eva", exported.last, 620)]
    wait(archive.desk.seal())
    report = wait(archive.desk.verify())
    assert (report.intact, report.purged, report.rows) == (True, 620, 1)


def test_a_stub_that_was_changed_is_damage(archive: Archive) -> None:
    archive.purge(archive.exported(), LATER - KEPT)
    forged = Signer(generate_signing_key()).sign_checkpoint({"kind": "purged", "eventId": 1, "count": 1})
    archive.store.run_blocking(lambda act: act.sql.change(upsert(audit_stub), id=1, jws=forged))
    report = wait(archive.desk.verify())
    assert "the stub that stands for purged rows was changed" in {damage.what for damage in report.damages}


def test_rows_are_proved_to_anybody_who_knows_the_root_key(archive: Archive) -> None:
    ids = [entry.id for entry in wait(archive.desk.search(AuditQuery(), 99))]
    for row in ids:
        proof = wait(archive.desk.prove(row))
        assert proof is not None
        assert check_proof(msgspec.json.encode(proof), archive.signer.jwks())
    assert wait(archive.desk.prove(max(ids) + 1000)) is None


def test_what_a_purge_keeps_is_proved_though_it_ended_inside_a_tree(archive: Archive) -> None:
    ids = [entry.id for entry in wait(archive.desk.search(AuditQuery(), 99))]
    before = wait(archive.desk.prove(ids[0]))
    assert archive.purge(archive.exported(), LATER - KEPT) == 10
    for row in ids[:10]:
        proof = wait(archive.desk.prove(row))
        assert proof is not None
        assert check_proof(msgspec.json.encode(proof), archive.signer.jwks())
    assert check_proof(msgspec.json.encode(before), archive.signer.jwks())
    assert wait(archive.desk.prove(ids[10])) is None
    assert wait(archive.desk.verify()).intact


def test_a_checkpoint_made_between_two_slices_proves_what_is_kept(store: SqlStore) -> None:
    archive = Archive(store, checkpoint_events=601)
    archive.record(600, NOON)

    def killed(_: int) -> None:
        raise Deliberate

    exported = archive.exported()
    with pytest.raises(Deliberate):
        archive.purge(exported, LATER - KEPT, killed)
    wait(archive.desk.seal())  # the purge's own row is the 601st
    assert archive.purge(exported, LATER - KEPT) == 100
    (kept,) = wait(archive.desk.search(AuditQuery(), 99))
    proof = wait(archive.desk.prove(kept.id))
    assert proof is not None
    assert check_proof(msgspec.json.encode(proof), archive.signer.jwks())


def test_no_proof_is_given_of_a_tree_that_is_not_whole(archive: Archive) -> None:
    ids = [entry.id for entry in wait(archive.desk.search(AuditQuery(), 99))]
    archive.store.run_blocking(lambda act: act.sql.change(_TAKEN_AWAY, id=ids[3]))
    assert wait(archive.desk.prove(ids[5])) is None


def test_what_was_sent_on_may_go_and_what_was_not_stays(store: SqlStore) -> None:
    archive = Archive(store, sent_only=True)
    archive.record(10, NOON)
    exported = archive.exported()
    refused = archive.purge(exported, LATER - KEPT)
    assert isinstance(refused, NotPurged)
    assert "has not taken" in refused.why
    taken: list[int] = []

    async def send(row: Outgoing) -> str | None:
        taken.append(row.id)
        return None

    holders = [
        AuditOutbox(SqlOutboxCursor(store), send, archive.clock, name, lambda _why, _count: None)
        for name in ("one", "other")
    ]
    for outbox in holders:
        wait(outbox.work_once())
    assert taken == [entry.id for entry in reversed(wait(archive.desk.search(AuditQuery(), 99)))]
    assert archive.purge(exported, LATER - KEPT) == 10
