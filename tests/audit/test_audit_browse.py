"""Entries are found by every filter and page by page; what was done is reviewed, signed off and accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from audit.conftest import make_event

from core.audit import (
    Action,
    AuditLog,
    Concern,
    Entry,
    EntryFilter,
    Event,
    Outcome,
    Verdict,
    account,
    concerns,
    sign_off_event,
    sign_offs,
    signed_through,
)
from core.audit.entry import Chain
from core.audit.store import lookup, rollups
from core.model import FixedClock, Principal, Role

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OFFICER = Principal("u-officer", Role.PRIVACY_OFFICER)
BERLIN = ZoneInfo("Europe/Berlin")
ENTRIES = 90


@pytest.fixture(scope="module", params=[10, 1_000], ids=["folded", "tail"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """Ninety entries in ninety minutes, the clock set back two hours after the sixtieth."""
    clock = FixedClock(at=START)
    opened = AuditLog.open(tmp_path_factory.mktemp("browse") / "audit.sqlite3", clock=clock)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rollups, "FOLD_EVERY", request.param)
        patched.setattr(lookup, "RUN", 7)
        for part in range(3):
            with ThreadPoolExecutor(15) as threads:
                list(threads.map(lambda n: opened.append(some(n)) and clock.advance(60), range(part * 30, part * 30 + 30)))
            clock.advance(-7200 if part == 1 else 0)
    yield opened
    opened.close()


def some(number: int) -> Event:
    """Sign-ins of one person between calls of two."""
    if number % 5 == 0:
        return Event(actor_id="u-1", actor_role=Role.CLINICIAN, action=Action.SIGN_IN)
    return make_event(number, actor_id=f"u-{number % 2}", model="gpt-4.1" if number % 3 else "deepseek-v3.2")


FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "actor": {"actor": "u-1"},
    "two actions": {"actions": (Action.SIGN_IN, Action.DIAGNOSIS_RESPONSE_RECEIVED)},
    "one action": {"actions": (Action.SIGN_IN,)},
    "case": {"case_ref": "case-1x"},
    "model and outcome": {"model": "gpt-4.1", "outcome": Outcome.OK},
    "since": {"since": START + timedelta(minutes=20)},
    "until": {"until": START + timedelta(minutes=10)},
    "an hour": {"since": START, "until": START + timedelta(hours=1)},
    "before the clock went back": {"since": START - timedelta(hours=2), "until": START, "actor": "u-0"},
    "nothing": {"since": START + timedelta(days=30)},
}


def fits(entry: Entry, wanted: EntryFilter) -> bool:
    """The filter, the plain way."""
    e = entry.event
    given = ((wanted.actor, e.actor_id), (wanted.case_ref, e.case_ref), (wanted.model, e.model), (wanted.outcome, e.outcome))
    return (
        all(value in (None, told) for value, told in given)
        and (not wanted.actions or e.action in wanted.actions)
        and (wanted.since is None or entry.time >= wanted.since)
        and (wanted.until is None or entry.time < wanted.until)
    )


@pytest.mark.parametrize("facts", FILTERS.values(), ids=FILTERS.keys())
def test_every_filter_finds_what_a_scan_finds(log: AuditLog, facts: dict[str, Any]) -> None:
    """Also by times while the clock went back, and whether the hours are noted yet or still in the tail; pages lose and repeat nothing."""
    wanted = EntryFilter(**facts)
    plain = [entry.sequence for entry in log.entries(limit=1_000) if fits(entry, wanted)]
    assert [entry.sequence for entry in log.browser.every(wanted)] == plain
    paged: list[int] = []
    while page := log.browser.page(wanted, before=paged[-1] if paged else None, limit=7):
        paged += [entry.sequence for entry in page]
    assert paged == plain


def test_a_page_of_several_acts_is_of_one_moment(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes between the queries is on the next first page, and never an entry without those before it."""
    opened = AuditLog.open(database, clock=FixedClock(at=START))
    opened.append(some(1))
    find, coming = opened._store.find, [some(2), some(5)]  # a call, then a sign-in

    def then_more(*asked: Any, **how: Any) -> Any:
        found = find(*asked, **how)
        while coming:
            opened.append(coming.pop(0))
        return found

    monkeypatch.setattr(opened._store, "find", then_more)
    wanted = EntryFilter(actions=(Action.DIAGNOSIS_RESPONSE_RECEIVED, Action.SIGN_IN))
    assert [entry.sequence for entry in opened.browser.page(wanted)] == [1]
    assert [entry.sequence for entry in opened.browser.page(wanted)] == [3, 2, 1]
    opened.close()


def test_at_most_so_many(log: AuditLog) -> None:
    """An export stops where it was told to, at the newest."""
    assert [e.sequence for e in log.browser.every(EntryFilter(), most=3)] == [ENTRIES, ENTRIES - 1, ENTRIES - 2]
    assert log.browser.entry(17) == log.entries(before_sequence=18, limit=1)[0]
    assert log.browser.entry(ENTRIES + 1) is None


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_page_has_its_bounds(log: AuditLog, limit: int) -> None:
    """Nobody asks for none or for everything at once."""
    with pytest.raises(ValueError, match="limit"):
        log.browser.page(EntryFilter(), limit=limit)


def entry(event: Event, at: datetime = START, sequence: int = 1) -> Entry:
    """An event in some place."""
    sealed = Chain().seal(at, event)[0]
    return Entry(**{f: getattr(sealed, f) for f in sealed.__dataclass_fields__} | {"sequence": sequence})


def act(action: Action, role: Role = Role.CLINICIAN, **facts: Any) -> Event:
    """One act of somebody."""
    return Event(actor_id="u-1", actor_role=role, action=action, **facts)


MONDAY_NIGHT, SATURDAY, MONDAY = (datetime(2026, 1, *at, tzinfo=UTC) for at in ((5, 5, 30), (10, 10), (5, 10)))


@pytest.mark.parametrize(
    ("event", "at", "wanted"),
    [
        (act(Action.SIGN_IN_FAILED), MONDAY, {Concern.FAILED_SIGN_INS}),
        (act(Action.ACCESS_DENIED), MONDAY, {Concern.REFUSALS}),
        (act(Action.BREAK_GLASS), MONDAY, {Concern.BREAK_GLASS}),
        (act(Action.EXPORT_MADE, count=499), MONDAY, set()),
        (act(Action.EXPORT_MADE, count=500), MONDAY, {Concern.BULK_EXPORTS}),
        (act(Action.FLAG_KEPT), SATURDAY, {Concern.KEPT_IDENTIFIERS}),
        (act(Action.CONSULTATION_OPENED), MONDAY, set()),
        (act(Action.CONSULTATION_OPENED), MONDAY_NIGHT, {Concern.OFF_HOURS}),
        (act(Action.EXPORT_MADE, count=900), SATURDAY, {Concern.OFF_HOURS, Concern.BULK_EXPORTS}),
        (act(Action.CONSULTATION_OPENED, Role.SERVICE), SATURDAY, set()),
        (act(Action.SIGN_IN), SATURDAY, set()),
    ],
    ids=range(11),
)
def test_what_is_looked_through(event: Event, at: datetime, wanted: set[Concern]) -> None:
    """Each kind has its acts; office hours are those of the zone and bind people alone."""
    assert {c for c in Concern if concerns(entry(event, at), c, BERLIN)} == wanted


def test_a_sign_off_closes_through_its_last_entry() -> None:
    """It names kind, verdict and place in a form that takes no prose, and is read back from its own entry."""
    reviewed = [entry(act(Action.FLAG_KEPT), sequence=n) for n in (3, 9, 5)]
    event = sign_off_event(OFFICER, Concern.KEPT_IDENTIFIERS, Verdict.FOLLOW_UP, reviewed)
    assert (event.subject, event.count, event.actor_id) == ("kept_identifiers.follow_up.9", 3, "u-officer")
    done = sign_offs([entry(event, sequence=12), entry(act(Action.SIGN_IN))])
    assert [(s.concern, s.verdict, s.through) for s in done] == [(Concern.KEPT_IDENTIFIERS, Verdict.FOLLOW_UP, 9)]
    assert (signed_through(done, Concern.KEPT_IDENTIFIERS), signed_through(done, Concern.OFF_HOURS)) == (9, 0)
    with pytest.raises(ValueError, match="reviewed"):
        sign_off_event(OFFICER, Concern.OFF_HOURS, Verdict.UNREMARKABLE, [])


def test_an_account_adds_up() -> None:
    """Who, where to, what was removed, tokens and money; previews of the same case are not added to each other."""
    begun = make_event(1, action=Action.DIAGNOSIS_REQUEST_INITIATED, case_ref="case-a")
    entries = [entry(e, START + timedelta(hours=n)) for n, e in enumerate([begun, begun, make_event(1, case_ref="case-a")])]
    found = account(entries)
    assert (found.entries, found.first, found.last) == (3, START, START + timedelta(hours=2))
    assert (dict(found.cases), dict(found.sent_to)) == ({"case-a": 3}, {"holysheep/deepseek-v3.2": 2})
    assert dict(found.replaced) == {"age over 89": 1, "name": 2}
    assert (found.tokens, found.cost_usd, found.simulated_only) == (1_300, Decimal("0.000378"), True)
    assert account([]).first is None
