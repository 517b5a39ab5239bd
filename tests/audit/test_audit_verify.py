"""Every change to the store is found, named and placed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import Action, AuditLog, Event, Head, Reason
from core.audit.entry import GENESIS, Chain, Row, chain_hash
from core.audit.merkle import leaf_hash
from core.audit.verify import verify_rows
from core.model import FixedClock, Role

Make = Callable[..., Event]
Tamper = Callable[..., None]
COUNT = 9
SHIFT_UP = ("UPDATE entry SET sequence = -sequence - 1 WHERE sequence >= ?", "UPDATE entry SET sequence = -sequence WHERE sequence < 0")
SHIFT_DOWN = ("UPDATE entry SET sequence = -sequence + 1 WHERE sequence > ?", "UPDATE entry SET sequence = -sequence WHERE sequence < 0")
DELETE = "DELETE FROM entry WHERE sequence = ?"
MOVE = "UPDATE entry SET sequence = ? WHERE sequence = ?"
COLUMNS = "sequence, body, leaf_hash, node_hash, prev_hash, entry_hash"
INSERT = f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
HASHES = ("leaf_hash", "node_hash", "prev_hash", "entry_hash")


@pytest.fixture
def full(log: AuditLog, event: Make) -> AuditLog:
    """A log with nine entries."""
    for number in range(1, COUNT + 1):
        log.append(event(number))
    return log


def raw(database: Path) -> list[Row]:
    """The stored rows, read without our code."""
    connection = sqlite3.connect(database)
    found = connection.execute(f"SELECT {COLUMNS} FROM entry ORDER BY sequence").fetchall()
    connection.close()
    return [Row(sequence, body.encode(), *hashes) for sequence, body, *hashes in found]


def stored(row: Row, sequence: int) -> tuple[object, ...]:
    """A row as an INSERT takes it, under another number."""
    assert row.body is not None
    return (sequence, row.body.decode(), *row[2:6])


def forged(rows: list[Row], sequence: int, old: bytes, new: bytes) -> Row:
    """An entry with another body and a hash that fits it."""
    row = rows[sequence - 1]
    assert row.body is not None
    body = row.body.replace(old, new)
    assert body != row.body
    leaf = leaf_hash(body)
    node = leaf if row.node_hash == row.leaf_hash else row.node_hash
    return Row(sequence, body, leaf, node, row.prev_hash, chain_hash(row.prev_hash, leaf))


def result(log: AuditLog) -> tuple[int | None, Reason | None, int]:
    """What a verification found."""
    found = log.verify()
    assert not found.ok
    assert found.first_bad is not None
    assert str(found.first_bad) in found.describe()
    return found.first_bad, found.reason, found.entries


def test_an_untouched_store_is_intact(full: AuditLog, database: Path) -> None:
    """Nine entries, their head, and progress that ends no later than the last."""
    seen: list[int] = []
    found = full.verify(seen.append)
    assert (found.ok, found.entries, found.head, found.first_bad, found.reason) == (True, COUNT, full.head(), None, None)
    assert found.head == Head(COUNT, raw(database)[-1].entry_hash.hex())
    assert all(count <= COUNT for count in seen)


def test_an_empty_store_is_intact(log: AuditLog) -> None:
    """Nothing recorded yet is nothing altered."""
    assert log.verify().head == Head(0, GENESIS)
    assert log.verify().ok


@pytest.mark.parametrize("sequence", [1, 5, COUNT])
@pytest.mark.parametrize("column", ["body", *HASHES])
def test_every_flipped_byte_is_found(full: AuditLog, database: Path, column: str, sequence: int) -> None:
    """Whatever byte of whatever column is changed, that entry is the first bad one."""
    rows = raw(database)
    row = rows[sequence - 1]
    data = getattr(row, column)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 + position % 255
        found = verify_rows([*rows[: sequence - 1], row._replace(**{column: bytes(changed)}), *rows[sequence:]])
        assert (found.ok, found.first_bad) == (False, sequence), position


def test_flipped_bytes_are_found_in_the_file(full: AuditLog, database: Path) -> None:
    """Also when the changed byte is no longer valid UTF-8 or JSON, and whoever flips it does not go through SQL."""
    full.close()
    row, whole = raw(database)[3], database.read_bytes()
    assert row.body is not None
    start = whole.index(row.body)
    for position in range(0, len(row.body) + 4 * 32, 13):
        data = bytearray(whole)
        data[start + position] ^= 0x80 if position % 2 else 0x01
        database.write_bytes(data)
        again = AuditLog.open(database, clock=FixedClock(), read_only=True)
        assert result(again)[:2] == (4, Reason.EDITED)
        again.close()


@pytest.mark.parametrize("sequence", [1, 4, 8])
def test_an_edit_with_its_own_hash_made_to_fit_is_found(full: AuditLog, database: Path, tamper: Tamper, sequence: int) -> None:
    """A body changed together with its own hash is named, although the break shows one entry later."""
    row = forged(raw(database), sequence, b'"latency_ms":2100', b'"latency_ms":21')
    change = "UPDATE entry SET body = ?, leaf_hash = ?, node_hash = ?, entry_hash = ? WHERE sequence = ?"
    tamper((change, (row.body.decode(), row.leaf_hash, row.node_hash, row.entry_hash, sequence)))
    assert result(full) == (sequence, Reason.EDITED, sequence - 1)


@pytest.mark.parametrize("sequence", [1, 4, 8])
def test_a_deleted_entry_is_found(full: AuditLog, tamper: Tamper, sequence: int) -> None:
    """A gap is named at the missing number."""
    tamper((DELETE, (sequence,)))
    assert result(full) == (sequence, Reason.DELETED, sequence - 1)


@pytest.mark.parametrize("sequence", [1, 4, 8])
def test_a_deleted_entry_is_found_when_the_rest_moves_up(full: AuditLog, tamper: Tamper, sequence: int) -> None:
    """Renumbering what follows does not close the gap."""
    tamper((DELETE, (sequence,)), (SHIFT_DOWN[0], (sequence,)), SHIFT_DOWN[1])
    assert result(full) == (sequence, Reason.DELETED, sequence - 1)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 7), (8, 9)])
def test_swapped_entries_are_found(full: AuditLog, tamper: Tamper, first: int, second: int) -> None:
    """Two entries that changed places are named at the first of them."""
    tamper(
        (MOVE, (0, first)),
        (MOVE, (first, second)),
        (MOVE, (second, 0)),
    )
    assert result(full) == (first, Reason.REORDERED, first - 1)


def test_an_entry_moved_to_the_end_is_found(full: AuditLog, tamper: Tamper) -> None:
    """A number changed alone leaves a gap and its entry elsewhere."""
    tamper("UPDATE entry SET sequence = 99 WHERE sequence = 5")
    assert result(full) == (5, Reason.REORDERED, 4)


@pytest.mark.parametrize("sequence", [2, 5, 9])
def test_a_copied_entry_is_found(full: AuditLog, database: Path, tamper: Tamper, sequence: int) -> None:
    """An entry repeated right after itself, the rest moved down, is named at the copy."""
    row = raw(database)[sequence - 2]
    tamper((SHIFT_UP[0], (sequence,)), SHIFT_UP[1], (INSERT, stored(row, sequence)))
    assert result(full) == (sequence, Reason.DUPLICATED, sequence - 1)


def test_a_copy_at_the_end_is_found(full: AuditLog, database: Path, tamper: Tamper) -> None:
    """An earlier entry repeated as the last one is named."""
    row = raw(database)[2]
    tamper((INSERT, stored(row, COUNT + 1)))
    assert result(full) == (COUNT + 1, Reason.DUPLICATED, COUNT)


@pytest.mark.parametrize("linked", [True, False], ids=["hash made to fit", "hash invented"])
def test_an_inserted_entry_is_found(full: AuditLog, database: Path, tamper: Tamper, linked: bool) -> None:
    """A forged entry pushed in between is named itself, not the one it pushed away."""
    row = forged(raw(database), 4, b'"actor_id":"u-7f3a"', b'"actor_id":"u-evil"')
    forgery = row if linked else row._replace(entry_hash=b"\xff" * 32)
    tamper((SHIFT_UP[0], (4,)), SHIFT_UP[1], (INSERT, stored(forgery, 4)))
    assert result(full) == (4, Reason.INSERTED, 3)


def test_an_entry_before_the_first_is_found(full: AuditLog, tamper: Tamper) -> None:
    """Numbers begin at 1."""
    tamper((INSERT, (0, "{}", *[bytes(32)] * 4)))
    assert result(full) == (0, Reason.INSERTED, 0)


def test_a_cut_off_tail_is_found(full: AuditLog, tamper: Tamper, database: Path) -> None:
    """The head noted elsewhere shows what the chain alone cannot; so does the head kept beside the store at closing."""
    head = full.head()
    full.close()
    tamper("DELETE FROM entry WHERE sequence > 6")
    again = AuditLog.open(database, clock=FixedClock())
    assert result(again) == (7, Reason.TRUNCATED, 6)
    assert again.verify(expected_head=head).reason is Reason.TRUNCATED
    again.close()


def test_a_cut_off_tail_stays_evident_after_more_entries(full: AuditLog, tamper: Tamper, database: Path, event: Make) -> None:
    """A kept head that contradicts the store is not replaced, so new entries can't cover the cut."""
    full.close()
    tamper("DELETE FROM entry WHERE sequence > 6")
    again = AuditLog.open(database, clock=FixedClock())
    for number in range(80):
        again.append(event(number))
    again.close()
    third = AuditLog.open(database, clock=FixedClock())
    assert result(third) == (9, Reason.REWRITTEN, 8)
    third.close()


def test_a_rewritten_history_is_found(full: AuditLog, database: Path) -> None:
    """A wholly recomputed chain is consistent, but not with the head noted before."""
    chain = Chain()
    rows = [chain.add((row.body or b"").replace(b'"u-7f3a"', b'"u-evil"')) for row in raw(database)]
    assert verify_rows(rows).ok
    found = verify_rows(rows, expected=full.head())
    assert (found.ok, found.first_bad, found.reason) == (False, COUNT, Reason.REWRITTEN)


def test_a_damaged_file_is_a_result(full: AuditLog, database: Path) -> None:
    """A page that the database can't read ends the verification with a finding, not with a traceback."""
    full.close()
    data = bytearray(database.read_bytes())
    pages = sqlite3.connect(database)
    root = pages.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry'").fetchone()[0]
    pages.close()
    data[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    database.write_bytes(data)
    again = AuditLog.open(database, clock=FixedClock(), read_only=True)
    assert result(again)[:2] == (1, Reason.UNREADABLE)
    again.close()


def test_progress_is_told(full: AuditLog) -> None:
    """Long verifications report how many entries are done."""

    def rows() -> Iterator[Row]:
        chain = Chain()
        for sequence in range(1, 12_001):
            yield chain.add(b'{"sequence":%d,"v":1}' % sequence)

    seen: list[int] = []
    assert verify_rows(rows(), progress=seen.append).ok
    assert seen == [5_120, 10_240]


def small_chain() -> list[Row]:
    """Six linked rows."""
    chain = Chain()
    events = [Event(actor_id="u-1", actor_role=Role.CLINICIAN, action=Action.SIGN_IN, count=number) for number in range(6)]
    return [chain.seal(FixedClock().now(), event)[1] for event in events]


def edited(row: Row, place: int, fit: bool) -> Row:
    """The row with one character of its body changed, and its own hash made to fit or not."""
    assert row.body is not None
    at = place % len(row.body)
    body = row.body[:at] + bytes([row.body[at] ^ 1]) + row.body[at + 1 :]
    leaf = leaf_hash(body)
    return row._replace(body=body, leaf_hash=leaf, entry_hash=chain_hash(row.prev_hash, leaf)) if fit else row._replace(body=body)


def renumbered(rows: list[Row]) -> list[Row]:
    """The rows with their numbers made contiguous again."""
    return [row._replace(sequence=number) for number, row in enumerate(rows, 1)]


places = st.integers(0, 5)
changes = st.lists(
    st.tuples(st.sampled_from(["edit", "fit", "delete", "copy", "swap"]), places, st.integers(0, 400)), min_size=1, max_size=3
)


@settings(deadline=None, max_examples=200)
@given(changes, st.booleans())
def test_no_combination_of_changes_passes(steps: list[tuple[str, int, int]], renumber: bool) -> None:
    """Whatever is edited, deleted, copied and swapped in whatever order: with a known head it is found.

    And it is never named too late, unless hashes were made to fit: a forged entry whose successor is gone looks sound.
    """
    rows = original = small_chain()
    for what, place, other in steps:
        if not rows:
            break
        rows, at = list(rows), place % len(rows)
        if what in ("edit", "fit"):
            rows[at] = edited(rows[at], other, what == "fit")
        elif what == "delete":
            del rows[at]
        elif what == "copy":
            rows.insert(other % (len(rows) + 1), rows[at])
        else:
            second = other % len(rows)
            rows[at], rows[second] = rows[second], rows[at]
    rows = renumbered(rows) if renumber else rows
    found = verify_rows(rows, expected=Head(original[-1].sequence, original[-1].entry_hash.hex()))
    first_difference = next((n for n, (a, b) in enumerate(zip_longest(rows, original), 1) if a != b), None)
    assert found.ok == (rows[: len(original)] == original and len(rows) == len(original))
    forged_hashes = any(what == "fit" for what, _, _ in steps)
    assert found.first_bad is None or forged_hashes or (first_difference is not None and found.first_bad <= first_difference)
