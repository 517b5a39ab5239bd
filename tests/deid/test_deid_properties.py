"""What holds for any text: spans partition it, redaction is idempotent, nothing survives, tags turn back."""

from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.deid import clear, deidentify, detect, restore
from core.model import Decisions, Deidentified, Identity, Message, Prompt, Target

ENCOUNTER = date(2026, 1, 5)
SECRETS = [
    "Okafor",
    "Jane Okafor",
    "Feldman",
    "617-555-0142",
    "0766619",
    "jane@example.org",
    "12 Oak Street",
    "Boston",
    "123-45-6789",
    "203.0.113.77",
]
FRAMES = [
    "Patient: Jane Okafor.",
    "Okafor slept well.",
    "Seen by Dr. Robert Feldman today.",
    "Feldman agreed.",
    "Call 617-555-0142.",
    "MRN: 0766619.",
    "Mail jane@example.org.",
    "Lives at 12 Oak Street.",
    "Moved from Boston.",
    "SSN 123-45-6789.",
    "Login from 203.0.113.77.",
    "Fell on January 2, 2026.",
    "Parkinson disease.",
    "BP 130/85.",
    "Pain 3/10.",
    "Metoprolol 25 mg.",
    "[PATIENT] [MRN]",
    "It may improve.",
]
notes = st.lists(st.sampled_from(FRAMES), min_size=1, max_size=8).map(" ".join)
any_text = st.text(st.characters(codec="utf-8"), max_size=120) | st.text("Jane Okfr.,:-/0123456789[]@\u200b\n", max_size=120)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(text: str, decisions: Decisions = Decisions()) -> Deidentified:
    """One field, nobody known."""
    return deidentify({"history": text}, identity=Identity(), encounter=ENCOUNTER, decisions=decisions)


@quick
@given(any_text | notes)
def test_spans_are_sorted_disjoint_and_inside(text: str) -> None:
    """Spans come in order, never overlap and never leave the text."""
    spans = detect(text)
    edges = [0, *(e for s in spans for e in (s.start, s.end)), len(text)]
    assert edges == sorted(edges)


@quick
@given(any_text | notes)
def test_redacting_the_redacted_changes_nothing(text: str) -> None:
    """A second pass finds nothing new."""
    once = run(text).fields["history"].text
    assert run(once).fields["history"].text == once


@quick
@given(notes)
@example("Patient: Jane Okafor. Okafor slept well.")
@example("Patient: Jane Okafor. Okafor slept well. Okafor slept well.")
@example("Seen by Dr. Robert Feldman today. Feldman agreed. [PATIENT] [MRN] Okafor slept well. BP 130/85.")
def test_restore_inverts_redaction(text: str) -> None:
    """Every tag turns back; a person or day restored under its fullest form redacts to the same text again."""
    done = run(text)
    back = restore(done.fields["history"].text, done.originals)
    assert run(back).fields["history"].text == done.fields["history"].text
    if "Okafor slept" not in text and "Feldman agreed" not in text:
        assert back == text


@quick
@given(notes)
def test_no_original_survives(text: str) -> None:
    """No identifying value of the input is in the output, once a cue or a list has given it away anywhere."""
    out = run("Patient: Jane Okafor, Dr. Robert Feldman, MRN: 0766619. " + text).fields["history"].text
    assert [s for s in SECRETS if s.lower() in out.lower()] == []


@quick
@given(notes, notes)
def test_same_person_same_tag_in_every_field(first: str, second: str) -> None:
    """The patient is `[PATIENT]` wherever she stands, and the physician has one number."""
    done = deidentify(
        {"history": "Patient: Jane Okafor. " + first, "labs": "Okafor and Dr. Feldman. " + second}, identity=Identity(), encounter=ENCOUNTER
    )
    tags = {t for t, o in done.originals.items() if "Okafor" in o}, {t for t, o in done.originals.items() if "Feldman" in o}
    assert [len(t) for t in tags] == [1, 1]


@quick
@given(notes | any_text)
@example("18002738255")
@example("0Àu")
@example("0" * 21)
def test_a_decided_case_always_passes_preflight(text: str) -> None:
    """With every flag kept, what the redactor wrote is what preflight lets out."""
    keep = frozenset(text[s.start : s.end] for _, s in run(text).flags)
    done = run(text, Decisions(keep=keep))
    message = Message("user", "## History\n" + done.fields["history"].text)
    assert clear(Prompt(Target("p", "m"), (message,), "v1"), done, identity=Identity()).body
