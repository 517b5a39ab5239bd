"""Where a pattern is tried: the gates that spare the other places lose no match."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.deid import (
    company,
    dates,
    national,
    neighbours,
    normalise,
    numbers,
    patterns,
    people,
    places,
    postcodes,
    rhythm,
    roads,
    signed,
    vetoes,
)
from core.deid.note import Note, _squeezed, tried

FIGURES: list[tuple[re.Pattern[str], tuple[int, int] | tuple[int, int, str]]] = [
    *zip(patterns._PHONES, patterns._HELD, strict=True),
    *zip(dates._FIGURES, dates._HELD, strict=True),
    *((pattern, begin) for pattern, _, begin in numbers._BARE if isinstance(begin, tuple)),
    *((pattern, (national._FEWEST, 1)) for pattern, _, lettered in national._FORMS if not lettered),
    (patterns._IP, (4, 4, ".")),
    (patterns._GEO, (5, 2, ".")),
    (patterns._SSN, (9, 3, "- .")),
    (numbers._SIX, (6, 1)),
    (dates._ABROAD[1], (1, 1, "-/.")),
    (rhythm._PAIR, (2, 2, "/-")),
    (rhythm._FULL, (4, 3, "-/.")),
    (rhythm._ISO, (8, 3, "-/.")),
    (rhythm._DOTTED, (2, 2, ".")),
    (neighbours._PAIR, (2, 2, "/.-")),
    (postcodes._FORMS[2], (9, 2, "-")),
    (signed._STAMP_BEHIND, (2, 2, "/.-")),
]
SHAPES = [
    "(555) 867-5309",
    "+1 (555) 867 - 5309 x22",
    "5558675309",
    "867-5309",
    "1-800-FLOWERS",
    "0171 234 5678",
    "(0171) 234 5678",
    "01632 960123",
    "+44 20 7946 0958",
    "(: 234 5678",
    "600 12 34 56",
    "2024-05-17T08:30:12+01:00",
    "5 / 17 / 2024",
    "17.5.24",
    "2024 05 17",
    "5/2024",
    "12-X-2024",
    "7/9",
    "3.10.",
    "123-45-6789",
    "10.0.0.7",
    "-12.3456, 98.7654",
    "123456",
    "4111 1111 1111 1111",
    "12-3456-78",
    "12345-678A",
    "1EG4-TE5-MK72",
    "943 476 5919",
    "756.1234.5678.97",
    "1 85 05 78 006 084 36",
    "850101-1234",
    "010185A123B",
    "12.345.678-K",
    "85.05.17-123.45",
    "98765-4321",
    "12345678Z",
    "#1234567",
    "55-year-old",
    "25 mg",
    "BP 130/85,",
    "A1B2C3",
    "II",
    "é9",
    "²",
    "_7",
]
texts = st.lists(st.sampled_from(SHAPES) | st.text("0159 -/.()+#:,xAXI\n", max_size=6), max_size=6).map("".join) | st.lists(
    st.sampled_from(SHAPES), max_size=6
).map(" ".join)
UNCHANGED = settings(max_examples=300, deadline=None)


@UNCHANGED
@given(texts)
@example("(0171) 234 5678 +1(555)867-5309")
def test_figures_with_enough_digits_ahead_lose_no_match(text: str) -> None:
    """Trying a pattern only where enough digits and runs of them follow gives what trying it at every figure gives."""
    note = Note(text)
    for pattern, held in FIGURES:
        everywhere = [m.span() for m in tried(pattern, text, note.figure_starts)]
        assert [m.span() for m in tried(pattern, text, note.figures(*held))] == everywhere, pattern.pattern


@UNCHANGED
@given(texts)
def test_starts_of_codes_are_where_words_and_figures_begin(text: str) -> None:
    """The starts are those a plain walk over the text finds."""
    note = Note(text)
    figures = [m.start() for m in re.finditer(r"(?<!\w)\d|[-(+#](?=\d)", text)]
    blobs = [m for m in re.finditer(r"\S+", text) if re.search(r"\d", m[0])]
    codes = [at.start() for blob in blobs for at in re.compile(r"(?<!\w)[A-Za-z]|#(?=[A-Za-z\d])").finditer(text, *blob.span())]
    assert note.figure_starts == figures
    assert note.code_starts == codes
    assert note.all_starts == sorted({*figures, *codes})


@pytest.mark.parametrize(("pattern", "begin"), [(p, b) for p, _, b in numbers._BARE if isinstance(b, str)], ids=str)
@UNCHANGED
@given(text=texts)
def test_codes_are_tried_where_they_can_begin(pattern: re.Pattern[str], begin: str, text: str) -> None:
    """The named places of numbers without a cue give what every start gives."""
    note = Note(text)
    everywhere = pattern.finditer(text) if begin == "anywhere" else tried(pattern, text, note.all_starts)
    found = [m for m in everywhere if any(c.isdigit() for c in m[0])]
    if note.numbers:
        assert [m.span() for m in numbers._beginning(note, pattern, begin) if any(c.isdigit() for c in m[0])] == [m.span() for m in found]


SCANNED = st.text("O0oIl1S5B8| /-.)", max_size=12) | st.sampled_from(
    ["May", " Jan", "-Dec", "O3/l4/2O24", "5O5 555-OlO9", "9l yrs", "word ", "all B"]
)


@UNCHANGED
@given(st.lists(SCANNED, max_size=5).map("".join))
def test_letters_scanned_for_digits_are_looked_for_where_they_can_stand(text: str) -> None:
    """A text that the hint passes over holds nothing that is put right."""
    if not normalise._MIXED_HINT.search(text):
        assert normalise._SCANNED_PART.sub("", normalise._SCANNED.sub(normalise._digits_for_most, text)) == text


SIGNED = [
    "ABC:de",
    "  KLM/nop",
    "- jk",
    "seen. -JK, RN",
    "~ab",
    "//mw",
    "W\n> On 1/2, K wrote:",
    "ok. W",
    "F.A.C.S.",
    "M.D",
    "J. K. Lee",
    "NOVAK,R",
    "O'DEA,ANN M",
    "kwaMashu",
    "eThekwini",
    "bob_k: hi",
    "01:12 mia9> ok",
    "Ana: yes",
    "cd, 3/4 10:15",
    "3/4/24 1015 jk",
    "calle de la Luz 14",
    "Lindenstrasse 9",
    "via",
    "Hauptstr. 12",
]
lines = st.lists(st.sampled_from(SIGNED) | st.text("AbI.,-:/> \n1é'", max_size=5), max_size=7).map("".join) | st.lists(
    st.sampled_from(SIGNED), max_size=7
).map("\n".join)


@UNCHANGED
@given(lines)
@example("\n\nW\n")
@example("I-I.J. and K.L.M.")
@example("A'F.A.C.S.")
def test_signatures_are_tried_where_lines_letters_and_strokes_are(text: str) -> None:
    """Each gate gives what looking everywhere gives."""
    note = Note(text)
    gates = [
        (signed._UNDER, note.heads_of_lines),
        (signed._STAMPED, note.heads_of_lines),
        (company._HANDLE, note.heads_of_lines),
        (company._SPEAKER, note.heads_of_lines),
        (signed._SIGNED, note.starts_at(signed._STROKES)),
        (signed._LETTER, note.starts_of("I")),
        (vetoes._DOTTED, [m.start() for m in vetoes._TWO_LETTERS.finditer(text)]),
    ]
    for pattern, starts in gates:
        assert [m.span() for m in tried(pattern, text, starts)] == [m.span() for m in pattern.finditer(text)], pattern.pattern
    for hint, pattern in ((people._GLUED, people._BY_MACHINE), (roads._INNER_CAPITAL, roads._LOCATIVE)):
        assert hint.search(text) or not pattern.search(text)
    for pattern, held in signed._ENDS.items():
        assert any(part in text for part in held) or not pattern.search(text)
    near = [m.span() for m in places._near(places._FOREIGN_STREET, note, places._foreign(note), 0, 88)]
    assert near == [m.span() for m in places._FOREIGN_STREET.finditer(text)]


@UNCHANGED
@given(st.text("aB9é .-_\u0660ſ", max_size=20))
def test_letters_and_digits_alone_are_the_same_for_plain_and_other_texts(text: str) -> None:
    """The quick way for ASCII gives what the other gives."""
    keys, at = _squeezed(text + "é")  # takes the way for other texts
    assert _squeezed(text) == (keys[:-1], at[:-1])


@UNCHANGED
@given(st.lists(st.sampled_from([*"ab1-•#\".:!([>'", "Word", "DNR", " ", "\n", "  "]), max_size=14).map("".join))
def test_openings_are_those_of_a_walk_from_token_to_token(text: str) -> None:
    """A token opens behind a line's end or a stop, or behind a mark that opens itself."""
    stops, marks, opens, before = set('.!?:;•*|"([{'), set("-–•>#\"'"), True, ""
    for token in Note(text).tokens:
        opens = "\n" in token.gap or before in stops or (opens and before in marks)
        assert token.opens == opens
        before = token.text
