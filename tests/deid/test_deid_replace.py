"""Tags: consistent, role-aware, numbered in a case, and turned back exactly."""

from datetime import date

import pytest

from core.deid import BLANK_ALL, SAFE_HARBOR, SAFE_HARBOR_KEEP_FACILITIES, deidentify, restore, term_key
from core.model import Category, Decisions, Deidentified, Identity

ENCOUNTER = date(2026, 1, 5)


def run(texts: dict[str, str], **more: object) -> Deidentified:
    """A case through the redactor, nobody known unless said."""
    return deidentify(texts, **{"identity": Identity(), "encounter": ENCOUNTER, **more})  # type: ignore[arg-type]


def test_roles_and_numbers_of_persons() -> None:
    """The same person has the same tag in every field, others their own."""
    result = run(
        {
            "history": "Patient: Jane Okafor. Seen by Dr. Robert Feld. Her daughter Melody drove. Dr. Nora Stein agreed.",
            "labs": "Okafor fasted. Dr. Feld ordered. Melody waits.",
        }
    )
    assert result.fields["history"].text == (
        "Patient: [PATIENT]. Seen by Dr. [CLINICIAN_1]. Her daughter [RELATIVE_1: daughter] drove. Dr. [CLINICIAN_2] agreed."
    )
    assert result.fields["labs"].text == "[PATIENT] fasted. Dr. [CLINICIAN_1] ordered. [RELATIVE_1: daughter] waits."
    assert result.originals["[PATIENT]"] == "Jane Okafor"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("MRN 0766619 and MRN 0766620, again MRN 0766619", "MRN [MRN] and MRN [MRN_2], again MRN [MRN]"),
        ("call 617-555-0142 or (617) 555 0142", "call [PHONE] or [PHONE]"),
        ("Denver, CO 80202", "[CITY] [ZIP 802**]"),
        ("zip code 03601", "zip code [ZIP 000**]"),
        ("zip code 02139", "zip code [ZIP 021**]"),
        ("seen at Elm Clinic and Oak Valley Hospital", "seen at [FACILITY_1] and [FACILITY_2]"),
        ("lives at 12 Oak Street", "lives at [STREET]"),
        ("mail jane@example.org", "mail [EMAIL]"),
        ("[PATIENT] said Patient: Jane Okafor", "[PATIENT] said Patient: [PATIENT_2]"),
        ("[[MRN]] MRN: 0766619", "[[MRN]] MRN: [MRN_2]"),
    ],
    ids=["mrn", "phone", "city-zip", "small-zip", "zip", "facilities", "street", "email", "own-tag", "nested"],
)
def test_value_becomes_its_tag(text: str, redacted: str) -> None:
    """Tags by category, numbered by meaning; tags that the input already holds are left alone and not reused."""
    result = run({"history": text})
    assert result.fields["history"].text == redacted
    assert restore(redacted, result.originals).count("[PATIENT]") == text.count("[PATIENT]")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Maria Delgado is a 67-year-old woman. Maria is well.", "[PATIENT] is a 67-year-old woman. [PATIENT] is well."),
        ("Jim Harwell, 54M, has gout.", "[PATIENT], 54M, has gout."),
        ("Rosa Quintero presented with fever.", "[PATIENT] presented with fever."),
        ("Her neighbor John Pruitt, a 60-year-old man, drove.", "Her neighbor [RELATIVE_1: neighbor], a 60-year-old man, drove."),
        ("Witness Ann Fields, 40F, drove.", "Witness [PERSON_1], 40F, drove."),
        ("Ann Fields drove.", "[PERSON_1] drove."),
    ],
    ids=["age", "short age", "presented", "relative", "companion", "no introduction"],
)
def test_patient_is_known_by_the_introduction(text: str, redacted: str) -> None:
    """Without an identity panel the person of whom the case speaks is the patient."""
    assert run({"history": text}).fields["history"].text == redacted


def test_marks_stand_on_the_tags_and_counts_agree() -> None:
    """Every mark covers exactly one tag of the output."""
    result = run({"history": "Patient: Jane Okafor, MRN 0766619, call 617-555-0142"})
    field = result.fields["history"]
    assert [field.text[m.start : m.end] for m in field.marks] == ["[PATIENT]", "[MRN]", "[PHONE]"]
    assert result.counts == {Category.NAME: 1, Category.MRN: 1, Category.PHONE: 1}
    assert result.policy == SAFE_HARBOR.id


def test_hidden_characters_leave_no_trace() -> None:
    """Zero-width, bidirectional and control characters are gone; line breaks and tabs stay."""
    result = run({"history": "a\u200bb\u202ec\x00d\te\no\u2066f\r\nh"})
    assert result.fields["history"].text == "abcd\te\nof\nh"


def test_decisions_redact_everywhere_and_keep_in_clear() -> None:
    """A term to redact goes in every field and spelling; a kept term stays and raises no flag."""
    decisions = Decisions(keep=frozenset({"zorvek  BLANQUI"}), redact=frozenset({"blue tractor"}))
    result = run({"history": "He met Zorvek Blanqui by the Blue  Tractor.", "labs": "blue tractor"}, decisions=decisions)
    assert result.fields["history"].text == "He met Zorvek Blanqui by the [REDACTED_1]."
    assert result.fields["labs"].text == "[REDACTED_1]"
    assert result.flags == ()


def test_a_flag_waits_until_it_is_decided() -> None:
    """Flagged text stays in the output and is listed; redacting it masks it."""
    texts = {"history": "He was given Tessler today."}
    open_case = run(texts)
    assert open_case.fields["history"].text == texts["history"]
    assert [(name, texts[name][s.start : s.end]) for name, s in open_case.flags] == [("history", "Tessler")]
    assert run(texts, decisions=Decisions(redact=frozenset({"Tessler"}))).fields["history"].text == "He was given [REDACTED_1] today."


def test_a_decision_reaches_over_the_columns_of_a_table() -> None:
    """What is flagged across columns can be redacted where it stands."""
    done = run({"labs": "T3 GRAVES  PTU    LUGO"}, decisions=Decisions(redact=frozenset({"GRAVES  PTU    LUGO"})))
    assert "LUGO" not in done.fields["labs"].text
    assert not done.flags


def test_policies_differ_in_what_they_mask() -> None:
    """Facilities can stay by policy; BLANK_ALL withholds every text whole and can be undone."""
    text = "Jane Okafor came from Elm Clinic"
    assert run({"history": text}, policy=SAFE_HARBOR_KEEP_FACILITIES).fields["history"].text == "[PERSON_1] came from Elm Clinic"
    blank = run({"history": text, "labs": ""}, policy=BLANK_ALL)
    assert (blank.fields["history"].text, blank.fields["labs"].text) == ("[WITHHELD_1]", "")
    assert restore("[WITHHELD_1]", blank.originals) == text


def test_restore_replaces_tags_exactly_and_once() -> None:
    """Only exact tags count, and what an original says is not read as a tag."""
    originals = {"[PATIENT]": "Jane [MRN]", "[MRN]": "0766619"}
    assert restore("[PATIENT] [patient] [MRN] [PATIENT ]", originals) == "Jane [MRN] [patient] 0766619 [PATIENT ]"


def test_term_key_ignores_case_and_spacing() -> None:
    """Terms are compared casefolded with single spaces."""
    assert term_key("  Blue \n TRACTOR ") == "blue tractor"
