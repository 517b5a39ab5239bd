"""The last gate: what passes, what stops, and that it says no text."""

from datetime import date

import pytest

from core.deid import clear, deidentify
from core.errors import PreflightError
from core.model import Decisions, Deidentified, Identity, Message, Prompt, Target

PANEL = Identity(name="Jane Okafor", record_number="0766619", date_of_birth="1958-07-04", ssn="123-45-6789")
TEXTS = {
    "chief_complaint": "chest pain since 12/30/2025",
    "history": "Patient: Jane Okafor, MRN 0766619. Seen by Dr. Robert Feld at Elm Clinic. Parkinson disease, Wells score 4.",
}


def case(texts: dict[str, str] = TEXTS, decisions: Decisions = Decisions()) -> Deidentified:
    """The case after redaction."""
    return deidentify(texts, identity=PANEL, encounter=date(2026, 1, 5), decisions=decisions)


def prompt(content: str, *, role: str = "user") -> Prompt:
    """A prompt with one message beside the system's."""
    return Prompt(Target("p", "m"), (Message("system", "Dr. John Smith, 617-555-0142"), Message(role, content)), "v1")  # type: ignore[arg-type]


def written(deidentified: Deidentified) -> str:
    """A user message as a template would write it."""
    return "\n".join(f"## {name}\n{field.text}" for name, field in deidentified.fields.items())


def test_a_redacted_case_passes_with_its_exact_bytes() -> None:
    """The cleared body is the prompt's own, and the system prompt is not searched."""
    done = case()
    cleared = clear(prompt(written(done)), done, identity=PANEL)
    assert cleared.body == prompt(written(done)).body()
    assert cleared.policy == done.policy


LEAKS = [
    ("name", "Okafor came back"),
    ("name-lower", "then okafor came"),
    ("name-reversed", "Okafor Jane"),
    ("name-spaced", "O k a f o r"),
    ("record", "number 0766619"),
    ("record-split", "0766 619"),
    ("birth", "born July 4, 1958"),
    ("ssn", "123 45 6789"),
    ("ssn-other", "321-54-9876"),
    ("digits", "code 12345678901"),
    ("clinician", "Feld agreed"),
    ("facility", "elm clinic again"),
    ("pair", "He met Zorvek Blanqui then"),
    ("zero-width", "Oka\u200bfor"),
    ("phone", "call 617-555-0142"),
]


@pytest.mark.parametrize("leak", [x[1] for x in LEAKS], ids=[x[0] for x in LEAKS])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_leak_in_the_final_message_stops_it(leak: str, role: str) -> None:
    """Detectors, known values and the mission's checks each stop the payload; the error holds no text."""
    done = case()
    with pytest.raises(PreflightError) as caught:
        clear(prompt(written(done) + "\n" + leak, role=role), done, identity=PANEL)
    assert all(f.place.startswith("message 2") for f in caught.value.findings)
    assert leak not in str(caught.value) + repr(caught.value.findings)


def test_an_open_flag_stops_it_until_it_is_decided() -> None:
    """Undecided flags block; kept ones pass."""
    texts = {"history": "He was given Tessler today."}
    with pytest.raises(PreflightError) as caught:
        clear(prompt(written(case(texts))), case(texts), identity=PANEL)
    assert "unresolved flag" in {f.category for f in caught.value.findings}
    kept = case(texts, Decisions(keep=frozenset({"Tessler"})))
    assert clear(prompt(written(kept)), kept, identity=PANEL).policy == kept.policy


def test_everyday_originals_do_not_block_everyday_words() -> None:
    """A masked May, an age or a yearless day leaves the verb, a saturation or a score elsewhere alone."""
    texts = {"history": "Dr. May saw her on 3/5. She is 97 years old.", "examination": "SpO2 97 %, strength 3/5, it may improve."}
    done = case(texts)
    assert done.fields["examination"].text == texts["examination"]
    assert clear(prompt(written(done)), done, identity=PANEL).prompt.version == "v1"


def test_an_answer_full_of_eponyms_passes_the_repair_round() -> None:
    """An assistant message in the answer's schema is cleared like any other and does not trip on medicine."""
    reply = (
        '{"differential": [{"diagnosis": "Guillain-Barré syndrome", "icd10cm": "G61.0"},'
        ' {"diagnosis": "Lambert-Eaton syndrome", "urgency": "urgent"}]}'
    )
    done = case()
    assert clear(prompt(reply, role="assistant"), done, identity=PANEL).body


def test_redacted_segments_pass() -> None:
    """What stands between two of our tags in an HL7 field is no finding."""
    text = "PID|1||0071183^^^SVG^MR||ABUKAR^FARHIYA^^^||19330704|F\nPV1|1|I|4W^412^A|U|||1770002218^OYLER^PATRICE^^^MD"
    done = case({"history": text})
    assert clear(prompt(written(done)), done, identity=PANEL)
