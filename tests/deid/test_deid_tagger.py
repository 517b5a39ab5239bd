"""The tagger beside the rules: what it adds, what it may not touch, its bars, and that nothing goes on without it."""

import hashlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.deid import deidentify, detect, joined, tagger, warm_up
from core.deid.bars import FIRST_LOOK, SETTLED, Bars
from core.deid.features import ALPHABET_SIZE, CODE_GROUPS, LETTERS, SIZES, encode, grouped, hashes, sense_rows, senses, threes
from core.deid.found import Found
from core.deid.note import Note
from core.deid.weighed import AT_THE_GATE, SURE, weighed
from core.errors import DeidError
from core.model import Category, Identity

DATA = Path(tagger.__file__).parent / "data"


def masked(text: str) -> str:
    """The text with a dot for every masked character."""
    hidden = {i for s in detect(text) if s.state == "masked" for i in range(s.start, s.end)}
    return "".join("." if i in hidden and c.isalnum() else c for i, c in enumerate(text))


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("hi dr vankeulen its oluwaseun adeyemi, my rash is back", ["vankeulen", "oluwaseun", "adeyemi"]),
        ("BED 4 SZCZEPANSKI 71F CHF NPO, RN THANDIWE", ["SZCZEPANSKI", "THANDIWE"]),
        ("PID|1||448812||NOVAKOVA^ELISKA||19600412|F", ["NOVAKOVA", "ELISKA", "19600412", "448812"]),
        ("11/3 slept ok, d/w Quisenberry\n11/4 back from Tallgrass Manor", ["Quisenberry", "Tallgrass"]),
        ("name,dob,provider\nIngrid Solbakken,4/3/61,Achterberg", ["Ingrid", "Solbakken"]),
    ],
    ids=["portal", "board", "hl7", "terse", "table"],
)
def test_names_without_a_cue_are_masked(text: str, secrets: list[str]) -> None:
    """Names that no rule announces go, in any case and layout."""
    left = masked(text)
    assert [s for s in secrets if s in left] == []


@pytest.mark.parametrize(
    "text",
    [
        "Graves disease, Wells score 4, BP 130/85, pain 3/10, oxycodone 10/325.",
        "Started Zepbound and Skyrizi; will need CT. Worse in March.",
        "The Quisenberry retractor was placed and the Stark clamp removed.",
        "HLA-B27 positive, Factor V Leiden, anti-Smith negative, Hgb 9.8.",
        "Cholera due to Vibrio cholerae 01, biovar eltor.",
    ],
)
def test_clinical_text_stays(text: str) -> None:
    """Eponyms, brands, scores, doses and diagnoses are neither masked nor flagged."""
    assert [text[s.start : s.end] for s in detect(text)] == []


def test_a_name_found_once_by_the_tagger_goes_everywhere() -> None:
    """Propagation starts from the tagger's finds as well."""
    text = "hi its oluwaseun adeyemi.\nthanks\n\n\nPlan: adeyemi to return. Oluwaseun agrees."
    assert "deyemi" not in masked(text)
    assert "luwaseun" not in masked(text)


def _found(start: int, end: int, category: Category, detector: str = "cue") -> Found:
    return Found(start, end, category, 0.9, detector)


def test_a_rule_keeps_its_category() -> None:
    """Where a rule has a number, the tagger adds nothing; where both have a name, the longer stretch counts once."""
    note = Note("MRN 1234567 Jane Q Mai")
    ruled = [_found(4, 11, Category.MRN), _found(12, 18, Category.NAME, "title")]
    more = [_found(0, 11, Category.OTHER_ID, "tagger"), _found(12, 22, Category.NAME, "tagger")]
    got = joined.joined(ruled, more, note)
    assert {(f.start, f.end, f.category) for f in got if f.detector != "tagger"} >= {(4, 11, Category.MRN), (12, 22, Category.NAME)}
    assert not any(f.start <= 4 < f.end and f.category is Category.OTHER_ID for f in got)


def opinion(*scores: float, label: str = "NAME") -> tagger.Opinion:
    """An opinion with these scores of one label."""
    return tagger.Opinion(np.array(scores, np.float32), np.ones(len(scores), np.int64), ("O", label))


@pytest.mark.parametrize(("score", "states"), [(0.99, ["masked"]), (0.42, ["flagged"]), (0.1, [])], ids=["high", "between", "low"])
def test_two_bars(score: float, states: list[str]) -> None:
    """Above the high bar a stretch is masked, between the bars flagged, below left alone."""
    note = Note("xx Jane Okaforina")
    assert [f.state for f in joined.tagged(note, Bars(0.5, 0.35, 0.3, 0.85, 0.7, 1.1), opinion(0, score, score))] == states


def test_a_stretch_grows_to_its_likely_neighbours() -> None:
    """A sure word takes the likelier ones beside it along, and one small word between two parts of a place."""
    note = Note("at Four Winds by Lodge today")
    found = joined.tagged(note, FIRST_LOOK, opinion(0, 0.9, 0.4, 0, 0.9, 0.1, label="FACILITY"))
    assert [note.text[f.start : f.end] for f in found] == ["Four Winds by Lodge"]


def test_a_rules_number_grows_by_its_prefix() -> None:
    """The letters before a record number and the digit behind it belong to it."""
    note = Note("acct TR 55-1902-7")
    [found] = [
        f for f in joined.joined([_found(8, 15, Category.ACCOUNT)], [_found(5, 17, Category.OTHER_ID, "tagger")], note) if f.start == 5
    ]
    assert (found.end, found.category) == (17, Category.ACCOUNT)


@pytest.mark.parametrize(
    ("category", "detector", "score", "left"),
    [
        (Category.NAME, "surname", 0.04, []),
        (Category.NAME, "surname", 0.4, ["Main Street"]),
        (Category.NAME, "identity", 0.0, ["Main Street"]),
        (Category.SSN, "number", 0.0, ["Main Street"]),
    ],
    ids=["sure", "unsure", "panel", "number"],
)
def test_the_tagger_lets_weak_finds_go(category: Category, detector: str, score: float, left: list[str]) -> None:
    """What a list found and the tagger is sure about is dropped; the panel's values and numbers of a kind never are."""
    note = Note("see Main Street")
    kept = weighed([_found(4, 15, category, detector)], note, np.array([0, score, score], np.float32))
    assert [note.text[f.start : f.end] for f in kept] == left


def test_ends_that_identify_nobody_are_cut_off() -> None:
    """A label taken along with a name stays in clear."""
    note = Note("Client Ernestine Blackshear PESEL")
    [found] = weighed([_found(0, 33, Category.NAME, "board")], note, np.array([0.03, 0.9, 0.9, 0.04], np.float32))
    assert note.text[found.start : found.end] == "Ernestine Blackshear"


def test_the_bars_are_in_order() -> None:
    """Flags begin below masks; a settled text never gets a flag; the gate lets go whatever a field let go."""
    assert FIRST_LOOK.grow <= FIRST_LOOK.low <= FIRST_LOOK.high <= FIRST_LOOK.doubt <= FIRST_LOOK.wary
    assert SURE < AT_THE_GATE < FIRST_LOOK.low
    assert SETTLED.low > 1 > SETTLED.high > FIRST_LOOK.high


def test_the_model_is_the_one_its_recipe_names() -> None:
    """Hashes of both graphs, world list and word vectors match the recipe; the model is small."""
    recipe = json.loads((DATA / "tagger.json").read_text())
    hashed = {"tagger.onnx": "sha256", "words.onnx": "words_sha256", "world.bin": "world_sha256", "senses.bin": "senses_sha256"}
    for name, key in hashed.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == recipe[key]
    assert sum((DATA / name).stat().st_size for name in ("tagger.onnx", "words.onnx")) <= 1_500_000


_ANY_WORDS = st.lists(st.text("aeiourstlnABC059.,-é§", min_size=1, max_size=16), min_size=2, max_size=30).map(" ".join)


@given(_ANY_WORDS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_what_a_word_says_is_the_same_in_any_company(text: str, random: Random) -> None:
    """To the bit, or what is kept of everyday words would make a text read otherwise the second time."""
    note, model = Note(text), tagger.load()
    texts = list(dict.fromkeys(note.texts))
    if not texts:
        return
    together = model.asked(texts, note.known)
    some = random.sample(range(len(texts)), random.randint(1, len(texts)))
    assert (model.asked([texts[i] for i in some], note.known) == together[some]).all()
    assert (model.told(texts, note.known) == together).all()
    assert (model.told(texts, note.known) == together).all()


def test_nothing_is_kept_of_names_and_numbers() -> None:
    """From a note on, only words that name nobody, signs and numbers of two digits are remembered, whoever asks next."""
    detect("Rosalind Okonkwo-Brandt, MRN 4471902, of Ashgrove, took apixaban 5 mg, May and Parkinson; rose water, Zorbitis. Qzxjvania.")
    kept = tagger.load().familiar.rows
    assert {"took", "apixaban", ",", "5"} <= kept.keys()
    names = {"Rosalind", "Okonkwo", "Brandt", "4471902", "Ashgrove", "May", "Parkinson", "rose", "Qzxjvania", "Zorbitis"}
    assert not names & kept.keys()
    assert not [text for text in kept if any(map(str.isdigit, text)) and len(text) > 2]


def test_words_have_their_senses_and_others_none() -> None:
    """A public word has a vector, near words near ones; what is in no newspaper has none."""
    known, near, far, unknown = senses(sense_rows(hashes(["smith", "nguyen", "pseudomonas", "qzxjv"])))
    assert not unknown.any()
    assert known @ near > 0 > known @ far


@given(st.lists(st.text("ab cZ9-é§", min_size=1, max_size=20), min_size=1, max_size=6).map("\n".join))
@settings(max_examples=100, deadline=None)
def test_what_the_model_takes_says_what_the_codes_say(text: str) -> None:
    """Letters in threes stand around each letter of each text; the number of a group tells each of its codes."""
    note = Note(text)
    if not note.tokens:
        return
    seen = encode(note, {"ab": 2})
    rows, index = threes(seen.letters)
    wide = np.pad(seen.letters, ((0, 0), (1, 1)))
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert rows.max() < ALPHABET_SIZE
    for place in range(3):
        assert (rows[index][:, :, place] == wide[:, place : place + LETTERS]).all()
    numbers = grouped(seen.words)
    for at, group in enumerate(CODE_GROUPS):
        left = numbers[:, at]
        for code in reversed(group):
            found = left if SIZES[code] == 0 else left % SIZES[code]
            assert (found == seen.words[:, code]).all()
            left = left // SIZES[code] if SIZES[code] else left


@pytest.mark.parametrize("damage", ["missing", "changed", "words changed", "no recipe"])
def test_without_the_model_nothing_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str) -> None:
    """A missing or changed model is a DeidError without text, from detection and redaction alike."""
    if damage != "no recipe":
        (tmp_path / "tagger.json").write_bytes((DATA / "tagger.json").read_bytes())
    for name, damaged in (("tagger.onnx", "changed"), ("words.onnx", "words changed")) if "changed" in damage else ():
        (tmp_path / name).write_bytes((DATA / name).read_bytes() + b"x" * (damage == damaged))
    monkeypatch.setattr(tagger, "_DATA", tmp_path)
    tagger._model.cache_clear()
    try:
        for call in (
            warm_up,
            lambda: detect("Jane Okafor"),
            lambda: deidentify({"history": "Jane Okafor"}, identity=Identity(), encounter=date(2026, 1, 5)),
        ):
            with pytest.raises(DeidError) as caught:
                call()
            assert "Okafor" not in str(caught.value)
            assert caught.value.__suppress_context__
    finally:
        tagger._model.cache_clear()


def test_the_model_loads_and_runs_without_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh load opens no connection."""

    def refused(*_: object, **__: object) -> None:
        raise OSError("refused")

    monkeypatch.setattr(socket, "socket", refused)
    tagger._model.cache_clear()
    assert detect("hi its oluwaseun adeyemi")


def test_threads_agree() -> None:
    """Many threads over one session give what one gives."""
    texts = [f"Bed {i}: SZCZEPANSKI, Thandiwe {i}F seen 11/{i} by Quisenberry" for i in range(1, 25)]
    alone = [detect(t) for t in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, texts)) == alone


def test_windows_agree_with_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading in windows changes no verdict."""
    note = Note("Spoke with Thandiwe Quisenberry on 11/3 about chest pain; plan unchanged.\n" * 40)
    whole, _ = tagger.probabilities(note)
    monkeypatch.setattr(tagger, "_WINDOW", 100)
    parts, _ = tagger.probabilities(note)
    assert np.mean((whole[:, 0] < 0.5) == (parts[:, 0] < 0.5)) > 0.995
