"""Policies and a site's term lists: what they mask, what they leave, and who ranks above whom."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import deid
from core.deid import LIMITED_DATA_SET, POLICIES, SAFE_HARBOR, SAFE_HARBOR_KEEP_FACILITIES, Policy, TermLists
from core.model import Category, Decisions, Identity, Message, Prompt, Target

ENCOUNTER = date(2026, 11, 27)
TEXT = "Mr. Augustin Whitcombe seen 03/04/2026 at Mercy General Hospital in Tampa. Zorvane 5 mg given. Call (555) 010-4477."


def redact(policy: Policy, *, identity: Identity = Identity(), decisions: Decisions = Decisions()) -> str:
    """TEXT as it would be sent."""
    return deid.deidentify({"t": TEXT}, identity=identity, encounter=ENCOUNTER, decisions=decisions, policy=policy).fields["t"].text


LEFT = {
    "SAFE_HARBOR/1": set(),
    "SAFE_HARBOR_KEEP_FACILITIES/1": {"Mercy General Hospital"},
    "LIMITED_DATA_SET/1": {"03/04/2026", "Tampa"},
    "BLANK_ALL/1": set(),
}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.id)
def test_a_policy_leaves_what_it_says(policy: Policy) -> None:
    """Each policy masks all but its own exceptions, and preflight lets exactly that pass."""
    done = deid.deidentify({"t": TEXT}, identity=Identity(), encounter=ENCOUNTER, policy=policy)
    sent = done.fields["t"].text
    values = ("Whitcombe", "03/04/2026", "Mercy General Hospital", "Tampa", "010-4477")
    assert {v for v in values if v in sent} == LEFT[policy.id]
    cleared = deid.clear(Prompt(Target("p", "m"), (Message("user", sent),), "v"), done, identity=Identity())
    assert cleared.policy == policy.id


@pytest.mark.parametrize("policy", [SAFE_HARBOR_KEEP_FACILITIES, LIMITED_DATA_SET], ids=lambda p: p.id)
def test_the_panel_and_the_clinician_go_before_the_policy(policy: Policy) -> None:
    """A category that may stay goes all the same when the identity panel or the clinician names the value."""
    panel = redact(policy, identity=Identity(date_of_birth="03/04/2026", address="Mercy General Hospital"))
    asked = redact(policy, decisions=Decisions(redact=frozenset({"03/04/2026", "mercy general hospital", "tampa"})))
    for value in ("03/04/2026", "Mercy General"):
        assert value not in panel
        assert value not in asked


RANKS = {
    "always masks a plain word": ({"always": {"zorvane"}}, {}, Identity(), "Zorvane", False),
    "always, against the clinician's keep": ({"always": {"zorvane"}}, {"keep": {"zorvane"}}, Identity(), "Zorvane", False),
    "always, against never": ({"always": {"zorvane"}, "never": {"zorvane"}}, {}, Identity(), "Zorvane", False),
    "never leaves a find": ({"never": {"tampa"}}, {}, Identity(), "Tampa", True),
    "never, but the clinician redacts": ({"never": {"tampa"}}, {"redact": {"tampa"}}, Identity(), "Tampa", False),
    "never, but the panel names it": ({"never": {"tampa"}}, {}, Identity(address="Tampa"), "Tampa", False),
    "never, but the panel has the name": ({"never": {"augustin whitcombe"}}, {}, Identity(name="Augustin Whitcombe"), "Whitcombe", False),
}


@pytest.mark.parametrize(("lists", "decided", "identity", "term", "stays"), RANKS.values(), ids=RANKS.keys())
def test_who_ranks_above_whom(lists: dict, decided: dict, identity: Identity, term: str, stays: bool) -> None:
    """Identity panel, clinician's redact and always-mask stand above never-mask and the clinician's keep."""
    terms = TermLists(3, **{name: frozenset(found) for name, found in lists.items()})
    decisions = Decisions(**{name: frozenset(found) for name, found in decided.items()})
    policy = SAFE_HARBOR.with_terms(terms)
    sent = redact(policy, identity=identity, decisions=decisions)
    assert (term in sent) is stays
    done = deid.deidentify({"t": TEXT}, identity=identity, encounter=ENCOUNTER, decisions=decisions, policy=policy)
    assert done.policy == "SAFE_HARBOR/1:terms/3"
    deid.clear(Prompt(Target("p", "m"), (Message("user", sent),), "v"), done, identity=identity)


def test_a_site_term_says_why_it_goes() -> None:
    """The detector's name tells the preview that it was the list and not the clinician."""
    policy = SAFE_HARBOR.with_terms(TermLists(1, always=frozenset({"zorvane"})))
    done = deid.deidentify({"t": TEXT}, identity=Identity(), encounter=ENCOUNTER, policy=policy)
    assert "site-list" in {s.detector for s in done.spans["t"]}
    assert "[REDACTED_1]" in done.fields["t"].text


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(["zorvane", "tampa", "augustin whitcombe", "mercy general hospital", "call"]), max_size=3))
def test_no_always_term_survives(terms: set[str]) -> None:
    """Under every policy, whatever else is on the list."""
    for policy in POLICIES:
        sent = redact(policy.with_terms(TermLists(1, always=frozenset(terms)))).casefold()
        assert not [t for t in terms if t in sent]


def test_ids_lead_back_to_their_policy() -> None:
    """With lists or without; an unknown id stands for the default."""
    for policy in POLICIES:
        assert deid.policy_named(policy.with_terms(TermLists(7)).id) is policy
        assert policy.with_terms(TermLists(7)).with_terms(TermLists()).id == policy.id
    assert deid.policy_named("ELSEWHERE/9") is SAFE_HARBOR
    assert SAFE_HARBOR.masked == frozenset(Category)
