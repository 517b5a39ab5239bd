"""The site's redaction rules: versions in the vault, who may change them, what they do, and that every entry names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core import bootstrap, deid
from core.audit import Action, Event, Outcome
from core.errors import AccessError, AuditError, ConfigError, DeidError, Error, VaultError
from core.model import FixedClock, Identity, Principal, Role, Target
from core.settings import load_settings
from core.site_rules import MAX_TERMS, SiteRules
from core.vault import KeyRing, Vault

OFFICER, ADMIN = Principal("u-officer", Role.PRIVACY_OFFICER), Principal("u-admin", Role.ADMIN)
CLINICIAN, RESEARCHER = Principal("u-clinician", Role.CLINICIAN), Principal("u-researcher", Role.RESEARCHER)
UNDER_CONTRACT, ELSEWHERE = Target("a", "m"), Target("b", "m")
Opening = Callable[..., SiteRules]
KEYS = KeyRing.from_base64("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    """Opens the rules of one site, each time as another process would."""
    vaults: list[Vault] = []

    def open_rules(keys: KeyRing = KEYS) -> SiteRules:
        vaults.append(Vault.open(tmp_path / "vault.sqlite3", keyring=keys, clock=FixedClock()))
        return SiteRules(vaults[-1], FixedClock(), lambda target: target == UNDER_CONTRACT)

    yield open_rules
    for vault in vaults:
        vault.close()


@pytest.fixture
def rules(opened: Opening) -> SiteRules:
    """The rules of a new site."""
    return opened()


def test_a_change_is_a_version_and_an_entry(rules: SiteRules, opened: Opening) -> None:
    """Policy and lists outlive the process; entries name version, rule and length, never a term; earlier versions stay."""
    events: list[Event] = []
    assert rules.current().effective is not None
    assert rules.current().effective.id == "SAFE_HARBOR/1"
    rules.change(events.append, ADMIN, seen=0, always=["Quorra  Ward", ""], never=["zorvane"])
    made = rules.change(events.append, OFFICER, seen=1, policy=deid.SAFE_HARBOR_KEEP_FACILITIES)
    again = opened()
    assert again.current() == made
    assert again.current().effective.id == "SAFE_HARBOR_KEEP_FACILITIES/1:terms/2"
    assert again.current().always == {"quorra ward"}
    assert (again.versions(), again.earlier(1).by, again.earlier(1).policy) == ([2, 1], "u-admin", deid.SAFE_HARBOR)
    assert [(e.action, e.subject, e.count, e.policy_version) for e in events] == [
        (Action.CONFIGURATION_CHANGED, "terms:always-mask", 1, "SAFE_HARBOR/1:terms/1"),
        (Action.CONFIGURATION_CHANGED, "terms:never-mask", 1, "SAFE_HARBOR/1:terms/1"),
        (Action.CONFIGURATION_CHANGED, "policy:SAFE_HARBOR_KEEP_FACILITIES", 1, "SAFE_HARBOR_KEEP_FACILITIES/1:terms/2"),
    ]
    assert "quorra" not in f"{events}{made}".lower()


def test_the_same_rules_again_are_no_version(rules: SiteRules) -> None:
    """Saving without a change leaves neither a version nor an entry."""
    events: list[Event] = []
    rules.change(events.append, ADMIN, seen=0, policy=deid.SAFE_HARBOR, always=[], never=[" "])
    assert (rules.versions(), events) == ([], [])


def test_of_two_changes_at_once_one_is_refused(rules: SiteRules, opened: Opening) -> None:
    """Whoever saw an older version is told so, and the store hears that it failed when the race was lost at the vault."""
    events: list[Event] = []
    other = opened()
    race = other.change

    def sneak(event: Event) -> None:
        events.append(event)
        if len(events) == 1:
            race(lambda _: None, OFFICER, seen=0, never=["first"])

    with pytest.raises(VaultError, match="Somebody else"):
        rules.change(sneak, ADMIN, seen=0, never=["second"])
    assert [e.outcome for e in events] == [Outcome.OK, Outcome.FAILED]
    assert rules.current().never == {"first"}
    with pytest.raises(VaultError, match="Somebody else"):
        rules.change(events.append, ADMIN, seen=0, never=["third"])


REFUSED: dict[str, tuple[Principal, dict[str, Any], type[Error]]] = {
    "a clinician": (CLINICIAN, {"never": ["x ray"]}, AccessError),
    "a researcher": (RESEARCHER, {"policy": deid.LIMITED_DATA_SET}, AccessError),
    "a limited data set by an administrator": (ADMIN, {"policy": deid.LIMITED_DATA_SET}, AccessError),
    "too many terms": (ADMIN, {"always": [f"term {n}" for n in range(MAX_TERMS + 1)]}, ConfigError),
    "a single letter": (ADMIN, {"never": ["a"]}, ConfigError),
    "an overlong term": (ADMIN, {"always": ["x" * 101]}, ConfigError),
}


@pytest.mark.parametrize(("person", "change", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_may_not_be_changed(rules: SiteRules, person: Principal, change: dict[str, Any], error: type[Error]) -> None:
    """Nothing is stored and nothing recorded."""
    events: list[Event] = []
    with pytest.raises(error):
        rules.change(events.append, person, seen=0, **change)
    assert (rules.versions(), events) == ([], [])


def test_no_entry_no_change(rules: SiteRules) -> None:
    """A store that can't be written keeps the rules as they are."""

    def failing(_: Event) -> None:
        raise AuditError("The audit store can't be written.")

    with pytest.raises(AuditError):
        rules.change(failing, OFFICER, seen=0, policy=deid.BLANK_ALL)
    assert rules.current().version == 0


@pytest.mark.parametrize(
    ("person", "target", "policy"),
    [
        (RESEARCHER, UNDER_CONTRACT, "LIMITED_DATA_SET/1:terms/1"),
        (RESEARCHER, ELSEWHERE, "SAFE_HARBOR/1:terms/1"),
        (CLINICIAN, UNDER_CONTRACT, "SAFE_HARBOR/1:terms/1"),
        (Principal("api:x", Role.SERVICE), UNDER_CONTRACT, "SAFE_HARBOR/1:terms/1"),
    ],
)
def test_a_limited_data_set_is_for_few(rules: SiteRules, person: Principal, target: Target, policy: str) -> None:
    """Who lacks the permission, and whoever asks a model that may not have it, redacts by Safe Harbor."""
    rules.change(lambda _: None, OFFICER, seen=0, policy=deid.LIMITED_DATA_SET)
    assert rules.policy_for(person, target).id == policy


def test_rules_that_cannot_be_read_stop_everything(rules: SiteRules, opened: Opening) -> None:
    """With another key, or a policy that this version does not know, there is no policy to redact by; entries name the last one known."""
    rules.change(lambda _: None, ADMIN, seen=0, never=["zorvane"])
    other = KeyRing.from_base64("k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    locked = opened(other)
    with pytest.raises(DeidError, match="nothing can be sent"):
        locked.policy_for(CLINICIAN, ELSEWHERE)
    assert locked.last_known().version == 0


def test_every_entry_names_the_policy(tmp_path: Path) -> None:
    """Whatever is recorded, by whomever, tells the policy and the lists that were in force."""
    built = bootstrap.build(load_settings(data_dir=tmp_path / "var"), port=1)
    try:
        bootstrap.record_start(built)
        built.rules.change(built.audit.append, ADMIN, seen=0, always=["quorra"])
        bootstrap.record_start(built)
        seen = [e.event.policy_version for e in built.audit.entries()]
    finally:
        built.close()
    assert seen == ["SAFE_HARBOR/1:terms/1", "SAFE_HARBOR/1:terms/1", "SAFE_HARBOR/1"]


def test_dates_are_sent_in_a_limited_data_set_and_the_panel_is_not() -> None:
    """The policy is what the redactor does, not only what it is called."""
    policy = deid.LIMITED_DATA_SET
    text = {"history": "Seen 03/04/2026 in Tampa, FL 33612, aged 93. Mr. Augustin Whitcombe, MRN 448812, 12 Orrin Street."}
    done = deid.deidentify(text, identity=Identity(date_of_birth="1933-03-01"), encounter=date(2026, 11, 27), policy=policy)
    sent = done.fields["history"].text
    for stays in ("03/04/2026", "Tampa", "33612", "93"):
        assert stays in sent
    for goes in ("Whitcombe", "448812", "Orrin Street"):
        assert goes not in sent
