"""The audit trail's page: filters, pages, files, review and accounting, each leaving its entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from core import bootstrap, settings
from core.audit import Action, Concern, Event, Format
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal, Role
from core.ui.desk import session, trail_entries
from core.ui.desk.trail_entries import BUNDLE

ROOT = Path(__file__).parents[2]
OFFICER = Principal("demo-privacy-officer", Role.PRIVACY_OFFICER)


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A demo of this test's own with sixty entries: sign-ins that failed, kept flags, one case."""
    monkeypatch.setenv("CASEGATE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(ROOT)
    settings.settings.cache_clear()
    bootstrap.stop()
    built = bootstrap.services()
    for number in range(60):
        action = (Action.SIGN_IN_FAILED, Action.FLAG_KEPT, Action.PREVIEW_REVIEWED)[number % 3]
        built.audit.append(Event(actor_id="u-1", actor_role=Role.CLINICIAN, action=action, case_ref="case-a" if number % 3 else None))
    yield built
    bootstrap.stop()
    settings.settings.cache_clear()


def page(view: str = "Entries") -> AppTest:
    """The page as the officer sees it."""
    run = AppTest.from_file(str(ROOT / "pages" / "audit_trail.py"), default_timeout=120)
    run.session_state["demo_role"] = Role.PRIVACY_OFFICER.value
    run.session_state["trail-view"] = view
    run.run()
    assert not run.exception
    return run


def button(run: AppTest, label: str) -> AppTest:
    """Press it."""
    next(b for b in run.button if b.label == label).click().run()
    assert not run.exception
    return run


def sequences(run: AppTest) -> list[int]:
    """Places of the entries on screen."""
    return [int(n) for n in run.dataframe[0].value["#"]]


def test_pages_turn_and_filters_begin_anew(services: Services) -> None:
    """Older and newer; a filter starts at its newest entry; a filter that is no id says so."""
    run = page()
    assert sequences(run) == list(range(60, 10, -1))
    assert sequences(button(run, "Older")) == list(range(10, 0, -1))
    assert sequences(button(run, "Newer"))[0] == 60
    run.multiselect(key="trail-actions").set_value([Action.FLAG_KEPT]).run()
    assert sequences(run) == list(range(59, 0, -3))
    run.text_input(key="trail-case").set_value("not an id").run()
    assert "without spaces" in run.warning[0].value
    run.text_input(key="trail-case").set_value("case-nobody").run()
    assert "No entry" in run.info[0].value


def test_a_search_that_was_misled_is_named(services: Services) -> None:
    """The verification says so when the table that leads searches was changed, and nothing of it when not."""
    services.audit.figures.catch_up()
    run = button(page(), "Verify the whole store")
    shown = "".join(h.proto.body for h in run.get("html"))
    assert "entries are intact" in shown
    assert "entry_place" not in shown
    with services.audit._store.changing() as connection:
        connection.exec_driver_sql("DELETE FROM entry_place WHERE value = 'case-a'")
    run = button(run, "Verify the whole store")
    assert "rebuild-figures" in "".join(h.proto.body for h in run.get("html"))


@pytest.mark.parametrize("kind", [*Format, BUNDLE], ids=str)
def test_every_file_is_an_entry(services: Services, kind: str) -> None:
    """Each format is made through the page's own way, holds all the filter leaves, and its making is recorded with the number of rows."""
    run = page()
    run.multiselect(key="trail-actions").set_value([Action.FLAG_KEPT]).run()
    run.radio(key="trail-format").set_value(kind).run()
    button(run, "Make the file")
    made = run.session_state["trail-file"]
    assert made.rows == 20
    (recorded,) = services.audit.entries(action=Action.EXPORT_MADE)
    assert (recorded.event.count, recorded.event.actor_id) == (20, OFFICER.user_id)
    if kind == BUNDLE:
        assert [e["sequence"] for e in json.loads(made.data)["entries"]] == list(range(2, 60, 3))
    else:
        assert made.data.decode().count("\n") == 20 + (kind == Format.CSV)


def test_no_entry_no_file(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose export can't be recorded is not given out."""

    def fail(*_: object, **__: object) -> None:
        raise AuditError("full")

    monkeypatch.setattr(session, "record", fail)
    with pytest.raises(AuditError):
        trail_entries.make_file(services, OFFICER, trail_entries.EntryFilter(), Format.CSV, 10)


def test_the_queue_is_signed_off(services: Services) -> None:
    """What is open is counted; signing off is an entry, closes the kind, and shows in the history; what comes later is open again."""
    run = page("Review")
    shown = "".join(h.proto.body for h in run.get("html"))
    assert shown.count("20 open") == 2
    run.button(key=f"{Concern.FAILED_SIGN_INS.value}-unremarkable").click().run()
    assert not run.exception
    (signed,) = services.audit.entries(action=Action.REVIEW_SIGNED_OFF)
    assert (signed.event.subject, signed.event.count) == ("failed_sign_ins.unremarkable.58", 20)
    assert "".join(h.proto.body for h in run.get("html")).count("20 open") == 1
    services.audit.append(Event(actor_id="u-2", actor_role=Role.VIEWER, action=Action.SIGN_IN_FAILED))
    assert "1 open" in "".join(h.proto.body for h in page("Review").get("html"))


@pytest.mark.parametrize(("kind", "wanted", "entries"), [("Case", "case-a", "40"), ("User", "u-1", "60")], ids=["case", "user"])
def test_the_account_of_a_case_and_of_a_user(services: Services, kind: str, wanted: str, entries: str) -> None:
    """Its sums, its entries, and its file."""
    run = page("Accounting")
    run.session_state["accounting-kind"] = kind
    run.text_input(key="accounting-id").set_value(wanted).run()
    assert not run.exception
    shown = "".join(h.proto.body for h in run.get("html"))
    assert f"<dd>{entries}</dd>" in shown
    assert "never sent" in shown
    button(run, "Make a CSV of it")
    assert services.audit.entries(action=Action.EXPORT_MADE)[0].event.count == int(entries)


def test_times_are_the_viewers(services: Services) -> None:
    """The table's head names the zone, and its times are there."""
    (row,) = trail_entries.table(services.audit.entries(limit=1), ZoneInfo("Asia/Kolkata"))
    told = services.audit.entries(limit=1)[0].time.astimezone(ZoneInfo("Asia/Kolkata"))
    assert row["Time (Asia/Kolkata)"] == told.strftime("%Y-%m-%d %H:%M:%S")
