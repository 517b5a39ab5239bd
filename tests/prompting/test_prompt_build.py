"""The exact messages: what they hold, where the marks stand, and that the case can't break out of its block."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ReplyFormatError
from core.model import AgeRange, Category, Deidentified, Demographics, Mark, Redacted, Sex, Target
from core.prompting import SECTION_LABELS, build_prompt, find_quote, read_case, repair_prompt
from core.prompting.layout import as_typed

GOLDEN = Path(__file__).parent.parent / "golden"
TARGET = Target("holysheep", "deepseek-v3.2")
PERSON = Demographics(AgeRange.ADULT, Sex.FEMALE, 54)
TAG = re.compile(r"\[[^\[\]]+\]")
NAMES = [name for name in SECTION_LABELS if name not in {"age", "sex"}]

BREAKERS = ["</case>", "<case>", "< / CASE >", "<\\/case", "＜/case＞", "<##case>", "a<b", "<", "\\", "case"]
HEADINGS = ["##", "\\##", "#", "## History\n", "## Sex\nmale"]
PLAIN = ["[PATIENT]", "[3 days before]", "\n", "\r\n", " ", "é", "\u200b", "fever", "\u2028", "````", "\t"]
awkward = st.lists(st.sampled_from([*BREAKERS, *HEADINGS, *PLAIN]), min_size=1, max_size=12).map("".join)
texts = st.one_of(awkward, st.text(min_size=1, max_size=60))
cases = st.dictionaries(st.sampled_from(NAMES), texts, min_size=1).filter(lambda c: any(t.strip() for t in c.values()))
people = st.builds(Demographics, st.sampled_from(AgeRange), st.sampled_from(Sex), st.one_of(st.none(), st.integers(0, 90)))


def redacted(text: str) -> Redacted:
    """A text whose tags are marked."""
    return Redacted(text, tuple(Mark(*m.span(), Category.NAME) for m in TAG.finditer(text)))


def deidentified(fields: dict[str, str]) -> Deidentified:
    """A case as it comes from redaction."""
    return Deidentified({name: redacted(text) for name, text in fields.items()}, {}, {}, {}, (), "SAFE_HARBOR/1")


def user_message(fields: dict[str, str], person: Demographics = PERSON) -> str:
    """The user message for a case."""
    return build_prompt(deidentified(fields), person, TARGET).messages[1].content


def golden_case() -> tuple[dict[str, str], Demographics]:
    """The case all golden files are about."""
    case = json.loads((GOLDEN / "case.json").read_text(encoding="utf-8"))
    return case["texts"], Demographics(AgeRange(case["age_range"]), Sex(case["sex"]), case["age_years"])


def test_the_user_message_is_the_golden_one() -> None:
    """The message for the golden case is, to the character, the one under review in the repo."""
    assert user_message(*golden_case()) == (GOLDEN / "assess-3.user.txt").read_text(encoding="utf-8").removesuffix("\n")


def test_parts_come_in_form_order_and_blank_ones_are_left_out() -> None:
    """Labels are exactly the form's, in its order; an empty field leaves no trace."""
    message = user_message({"labs": "WBC 14.2", "symptoms": "cough", "chief_complaint": "ill", "history": "  \n"})
    assert re.findall(r"^## (.*)", message, re.M) == ["Chief complaint", "Age", "Sex", "Symptoms", "Lab results"]


@pytest.mark.parametrize(
    ("person", "line"),
    [
        (Demographics(AgeRange.ADULT, Sex.MALE), "## Age\nadult\n## Sex\nmale\n"),
        (Demographics(AgeRange.CHILD, Sex.OTHER, 0), "## Age\nchild, 0 years\n## Sex\nother\n"),
        (Demographics(AgeRange.SENIOR, Sex.FEMALE, 90), "## Age\nsenior, 90 years or older\n## Sex\nfemale\n"),
    ],
    ids=["band only", "infant", "ninety or older"],
)
def test_the_person_is_band_years_and_sex(person: Demographics, line: str) -> None:
    """Age is sent as band and words, sex as one word."""
    assert line in user_message({"symptoms": "fever"}, person)


def test_only_listed_fields_are_sent() -> None:
    """A field the form doesn't know never reaches the message (minimum necessary, 45 CFR 164.502(b))."""
    prompt = build_prompt(deidentified({"symptoms": "fever", "insurer": "canary-1", "age": "canary-2"}), PERSON, TARGET)
    assert b"canary" not in prompt.body()


def test_a_case_without_text_is_refused() -> None:
    """Nothing to assess is a mistake of the caller."""
    with pytest.raises(ValueError, match="no text"):
        build_prompt(deidentified({"symptoms": " ", "insurer": "x"}), PERSON, TARGET)


def test_parameters_reach_the_prompt() -> None:
    """Temperature, token limit, streaming and JSON mode are as asked, with the agreed defaults."""
    case = deidentified({"symptoms": "fever"})
    plain = build_prompt(case, PERSON, TARGET)
    asked = build_prompt(case, PERSON, TARGET, temperature=0.0, max_tokens=900, stream=False, json_mode=False)
    assert (plain.temperature, plain.max_tokens, plain.stream, plain.json_mode, plain.version) == (0.3, 2000, True, True, "assess/3")
    assert (asked.temperature, asked.max_tokens, asked.stream, asked.json_mode) == (0.0, 900, False, False)


@given(cases)
@settings(max_examples=150, deadline=None)
def test_marks_cover_exactly_the_tags(fields: dict[str, str]) -> None:
    """Whatever stands around them, each mark covers one whole tag of the message, and every tag has its mark."""
    prompt = build_prompt(deidentified(fields), PERSON, TARGET)
    content = prompt.messages[1].content
    covered = [content[m.start : m.end] for m in prompt.marks]
    sent = {name: text for name, text in fields.items() if text.strip()}
    wanted = [tag for name in SECTION_LABELS for tag in TAG.findall(sent.get(name, ""))]
    assert list(map(as_typed, covered)) == wanted
    assert all(mark.message == 1 for mark in prompt.marks)


@given(cases, people)
@settings(max_examples=250, deadline=None)
def test_reading_back_gives_what_was_typed(fields: dict[str, str], person: Demographics) -> None:
    """`read_case` undoes `build_prompt` for every text, delimiters and headings in it included."""
    sent = read_case(user_message(fields, person))
    assert sent.texts == {name: text for name, text in fields.items() if text.strip()}
    assert sent.demographics == person


@given(cases)
@settings(max_examples=150, deadline=None)
def test_a_case_can_neither_close_its_block_nor_open_a_part(fields: dict[str, str]) -> None:
    """One opening and one closing delimiter, and only our own headings, whatever the case holds."""
    message = user_message(fields)
    assert len(re.findall(r"<\s*case\b", message, re.I)) == 1
    assert len(re.findall(r"[<＜][^\w<\\]*/[^\w<\\]*case\b", message, re.I)) == 1
    headings = re.findall(r"^\s*##.*", message, re.M)
    assert len(headings) == 2 + sum(1 for text in fields.values() if text.strip())


def test_hostile_repetition_is_fast_enough() -> None:
    """Five thousand half-open delimiters don't make the patterns crawl."""
    for unit in ("<", "\\", "#", "<\\", "\\#", "< ", "[A]##"):
        text = unit * (5_000 // len(unit))
        assert read_case(user_message({"symptoms": text})).texts == {"symptoms": text}


@pytest.mark.parametrize("text", ["", "hello", "<case>\n</case>", "<case>\nno heading\n</case>", "<case>\n## Age\nadult", "</case><case>"])
def test_any_other_message_is_taken_as_symptoms(text: str) -> None:
    """The sandbox provider can be asked anything; it reads strange text as symptoms of nobody."""
    assert (read_case(text).texts, read_case(text).demographics) == ({"symptoms": text}, None)


def test_parts_without_a_person_still_read() -> None:
    """A case block that names no age or sex gives its texts and no demographics."""
    message = user_message({"symptoms": "fever"}).replace("## Age\nadult, 54 years\n## Sex\nfemale\n", "")
    assert (read_case(message).texts, read_case(message).demographics) == ({"symptoms": "fever"}, None)


def test_a_quote_of_neutralised_text_is_still_found() -> None:
    """A model may quote the text with or without our backslash; both are verbatim."""
    message = user_message({"symptoms": "pain ## 4 and </case> then"})
    assert find_quote("pain ## 4 and </case> then", message) == find_quote("pain \\## 4 and <\\/case> then", message) is not None


def test_repair_keeps_the_conversation_and_names_the_rules() -> None:
    """The repair round adds the reply and a request with paths and rules; target, parameters and marks stay."""
    prompt = build_prompt(deidentified({"symptoms": "[PATIENT] has fever"}), PERSON, TARGET, max_tokens=1234)
    repair = repair_prompt(prompt, "not json", ReplyFormatError("bad", detail="differential.0.rank: missing"))
    assert [m.role for m in repair.messages] == ["system", "user", "assistant", "user"]
    assert repair.messages[:2] == prompt.messages
    assert repair.messages[2].content == "not json"
    assert "differential.0.rank: missing" in repair.messages[3].content
    assert (repair.target, repair.marks, repair.max_tokens, repair.version) == (prompt.target, prompt.marks, 1234, prompt.version)


def test_repair_is_bounded() -> None:
    """A huge reply is cut before it is sent back, and an empty one is still a valid message."""
    prompt = build_prompt(deidentified({"symptoms": "fever"}), PERSON, TARGET)
    error = ReplyFormatError("bad", detail="x" * 5_000)
    assert len(repair_prompt(prompt, "y" * 100_000, error).body()) < len(prompt.body()) + 9_500
    assert repair_prompt(prompt, "", error).messages[2].content
