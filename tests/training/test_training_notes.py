"""The generator of training text: seeded, labelled to the character, varied, and never an identifier unlabelled."""

import json
import re
from pathlib import Path
from random import Random

import pytest

from training.deid import codes, recast, series, spoken, values
from training.deid.grammar import LABELS, expand, flat, spans
from training.deid.notes import Notes
from training.deid.slots import Slots
from training.deid.tables import form, table
from training.deid.texts import kinds, sections
from training.deid.transforms import transformed

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "training" / "deid" / "texts"
POOLS = {
    "firsts": {"US": ["Jane", "Omar"] * 3, "FR": ["Amélie", "Zoé"] * 3},
    "lasts": {"US": ["Okafor", "Feldman"] * 3, "FR": ["Lefèvre", "Noël"] * 3},
    "faker_firsts": [["Ann"], ["Bea"], ["Cy"], ["Dag"]],
    "faker_lasts": [["Quill"], ["Roe"], ["Sund"], ["Toft"]],
    "streets": ["12 Oak Street", "9 Elm Road"],
    "faker_cities": ["Testford"],
    "firms": ["Roe and Sons"],
    "domains": ["example.org"],
    "users": ["jqm7"],
    "cities": ["Lyon"],
    "us_cities": ["Dover"],
    "countries": ["Kenya"],
    "icd": ["Cholera, unspecified", "Bell's palsy"],
    "hpo": ["Abducens palsy"],
    "definitions": ["A palsy of the sixth nerve. It limits abduction."],
    "diseases": ["Fish-eye disease"],
    "genes": ["NAT2"],
    "drugs": ["lisinopril"],
    "english": ["cough"],
}


@pytest.fixture(name="slots")
def _slots() -> Slots:
    return Slots(Random(4), POOLS)


def test_the_same_seed_writes_the_same_notes() -> None:
    """Two suppliers with one seed agree to the character; another seed differs."""
    first, second, other = (Notes(seed, POOLS) for seed in (7, 7, 8))
    made = [first.make() for _ in range(30)]
    assert made == [second.make() for _ in range(30)]
    assert made != [other.make() for _ in range(30)]


def test_every_note_carries_one_label_for_each_character() -> None:
    """Transforms change text and labels together; labels are known ones."""
    notes = Notes(3, POOLS)
    for _ in range(200):
        text, labels = notes.make()
        assert len(text) == len(labels)
        assert max(labels, default=0) < len(LABELS)


def test_about_a_fifth_of_the_notes_hold_no_identifier() -> None:
    """Negatives come in quantity, and identified notes too."""
    notes = Notes(5, POOLS)
    clean = sum(not any(labels) for _, labels in (notes.make() for _ in range(400)))
    assert 60 < clean < 240


def test_slot_spans_round_trip(slots: Slots) -> None:
    """Filling a slot and reading the spans back gives exactly the texts that were put in, with their labels."""
    for slot, label in {"pnf": "NAME", "fdate": "DATE", "street": "STREET", "id": "ID", "phone": "CONTACT", "hosp": "FACILITY"}.items():
        for _ in range(50):
            filled = slots.fill(slot)
            text, labels = flat([("see ", "O"), *filled, (" today", "O")])
            assert [(text[b:e], k) for b, e, k in spans(text, labels)] == [(t, label) for t, _ in filled]


def test_every_slot_of_every_template_can_be_filled(slots: Slots) -> None:
    """No template names a slot that is not there."""
    for name in ("identified.txt", "extra_identified.txt", "clean.txt", "extra_clean.txt", "kinds.txt", "prose.txt"):
        for templates in sections(name).values():
            for template in templates:
                assert all(label in LABELS for _, label in slots.expand(template)), template


def test_templates_without_identifiers_have_none(slots: Slots) -> None:
    """Negatives hold nothing labelled."""
    for name in ("clean.txt", "extra_clean.txt", "prose.txt"):
        for templates in sections(name).values():
            for template in templates:
                text, labels = flat(slots.expand(template))
                assert not any(labels), text


def test_there_are_many_kinds_of_notes() -> None:
    """At least 25 kinds, each of two lines and more."""
    kinds = sections("kinds.txt")
    assert len(kinds) >= 25
    assert min(len(lines) for lines in kinds.values()) >= 2


def test_choices_nest() -> None:
    """Alternations are settled from the inside."""
    seen = {flat(expand("a[b|c[d|e]]", Random(i), lambda _: []))[0] for i in range(40)}
    assert seen == {"ab", "acd", "ace"}


@pytest.mark.parametrize("maker", [values.full_date, values.phone, values.record], ids=["dates", "phones", "records"])
def test_shapes_are_many(maker: object) -> None:
    """Dates, phones and record numbers come in at least 20 shapes."""
    random = Random(1)
    shapes = {"".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in maker(random)) for _ in range(3000)}  # type: ignore[operator]
    assert len(shapes) >= 20


def test_transforms_keep_the_letters_of_an_untouched_identifier() -> None:
    """Hard wraps and case change what stands between the letters, not how many are labelled."""
    text, labels = flat([("seen by ", "O"), ("JANE OKAFOR", "NAME"), (" on call", "O")])
    for seed in range(60):
        changed, kept = transformed(text, labels, Random(seed), worn=0.0)
        assert len(changed) == len(kept)
        assert 4 <= sum(c.isalpha() for c, k in zip(changed, kept, strict=True) if k) <= 16


def test_templates_of_every_file_can_be_filled(slots: Slots) -> None:
    """Kinds, foreign papers, columns and talk name only slots that exist."""
    for found in (kinds("kinds"), sections("foreign.txt"), sections("lowtalk.txt"), {"cells": _cells()}):
        for templates in found.values():
            for template in templates:
                assert all(label in LABELS for _, label in slots.expand(template)), template


def _cells() -> list[str]:
    return [row.split("=", 1)[1] for rows in sections("columns.txt").values() for row in rows]


def test_further_negatives_hold_nothing_labelled(slots: Slots) -> None:
    """Clean lines, talk and plain columns stay without identifiers."""
    plain = [row.split("=", 1)[1] for row in sections("columns.txt")["plain"] if "{st}" not in row]
    lines = [t for entries in sections("clean_more.txt").values() for t in entries] + sections("lowtalk.txt")["talk"] + plain
    for template in lines:
        text, labels = flat(slots.expand(template))
        assert not any(labels), text


def test_tables_label_cells_and_never_headers(slots: Slots) -> None:
    """A table of figures alone has no label; one of people has some, and its header none."""
    for seed in range(40):
        random = Random(seed)
        assert not [k for _, k in table(random, slots.expand, identified=False) if k not in ("O", "REGION")]
        pieces = form(random, slots.expand)
        assert any(k != "O" for _, k in pieces)


@pytest.mark.parametrize("maker", [series.valued, series.weekdays, series.listed], ids=["valued", "weekdays", "listed"])
def test_series_of_days_rise_and_are_dates(maker: object) -> None:
    """Each series holds two days at least; scores of the same look hold none."""
    for seed in range(30):
        pieces = maker(Random(seed))  # type: ignore[operator]
        assert sum(k == "DATE" for _, k in pieces) >= 2
        assert {k for _, k in series.scores(Random(seed))} == {"O"}


def test_spoken_values_hold_no_digits_where_words_stand() -> None:
    """Numbers, ordinals and ages in words."""
    assert [spoken.counted(n) for n in (0, 13, 40, 99)] == ["zero", "thirteen", "forty", "ninety nine"]
    assert [spoken.ordinal(n) for n in (1, 12, 20, 21, 30, 31)] == [
        "first",
        "twelfth",
        "twentieth",
        "twenty first",
        "thirtieth",
        "thirty first",
    ]
    assert all(not any(c.isdigit() for c in spoken.age(Random(s), 90, 104)) for s in range(40))


def test_shaped_codes_follow_their_pattern() -> None:
    """9 becomes a digit, ? a capital, @ a small letter; a country's code stays."""
    assert re.fullmatch(r"[A-Z]{2} \d{2}-\d[a-z]", codes.shaped(Random(1), ("?? 99-9@",)))
    assert codes.shaped(Random(1), ("+49 9999",)).startswith("+49 ")


def test_a_note_cast_anew_keeps_its_writing_and_none_of_its_people(slots: Slots) -> None:
    """What stands outside the marks stays letter by letter; inside, names and numbers are others."""
    for seed in range(60):
        slots.random.seed(seed)
        made = recast.recast(slots)
        text, labels = flat(made)
        assert len(text) == len(labels)
        assert {label for _, label in made} <= set(LABELS)
    cast = recast._Cast(slots)
    assert cast.other("MRN", "4471-88") != "4471-88"
    assert cast.other("NAME", "Bessie") == cast.other("NAME", "Bessie")
    turned = cast.other("NAME", "BLANKENSHIP, D")
    assert re.fullmatch(r"[\w'’-]+, \w", turned)
    assert turned.isupper()
    assert re.fullmatch(r"\d\d/\d\d", cast.other("DATE", "02/27"))
    assert re.fullmatch(r"[A-Z][a-z]{2} \d{1,2}", cast.other("DATE", "Nov 3"))


def test_hand_written_notes_are_marked_with_known_types() -> None:
    """A mark that was mistyped would teach the network that somebody's name identifies nobody."""
    kinds_seen = {kind for note in recast.notes() for _, kind in note}
    known = "NAME DATE PLACE STREET ZIP PHONE EMAIL URL IP SSN MRN ACCOUNT PLAN LICENSE VEHICLE DEVICE ID FACILITY AGE"
    assert all(kind in known for kind in kinds_seen)
    assert all("[[" not in text and "]]" not in text for note in recast.notes() for text, _ in note)


def test_no_line_of_an_evaluation_set_is_learnt_from() -> None:
    """What measures stays out of what teaches."""
    marks = re.compile(r"\[\[[A-Z]+\|(.*?)\]\](?!\])", re.DOTALL)
    taught = {
        line.strip() for path in (TEXTS / "whole").glob("*.txt") for line in marks.sub(r"\1", path.read_text(encoding="utf-8")).splitlines()
    }
    sets = [*(ROOT / "benchmarks" / "deid_sets").glob("*.jsonl"), ROOT / "tests" / "golden" / "deid" / "notes.jsonl"]
    assert len(sets) > 8
    measured = (
        line.strip()
        for path in sets
        for row in path.read_text(encoding="utf-8").splitlines()
        for line in json.loads(row)["text"].splitlines()
    )
    assert not [line for line in measured if len(line) > 60 and line in taught]
