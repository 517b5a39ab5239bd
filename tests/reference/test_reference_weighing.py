"""What if: chips off, flipped and added; contributions, separators and next questions; the same numbers as the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.library import LibraryCase, cases
from core.reference import ReferenceEngine
from core.reference.knowledge import load
from core.reference.questions import information_gain

KB = load()
ENGINE = ReferenceEngine(KB)
DEMO = cases("demo")
FINDINGS = sorted(KB.findings)


@pytest.mark.parametrize("case", DEMO, ids=lambda case: case.id)
def test_untouched_chips_give_the_answer(case: LibraryCase) -> None:
    """With the chips as read, conditions and probabilities are those of `assess`."""
    answer = ENGINE.assess(case.texts, case.demographics())
    weighed = ENGINE.weigh(ENGINE.read(case.texts, case.demographics()).chips, case.demographics())
    assert [(line.name, line.probability) for line in weighed.lines] == [(d.diagnosis, d.probability) for d in answer.differential]
    assert weighed.other == answer.residual_probability
    assert weighed.abstained == (answer.abstain_reason or "")


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DEMO), st.data())
def test_any_choice_of_chips_holds_water(case: LibraryCase, data: st.DataObject) -> None:
    """Whatever is switched off, flipped or added: probabilities sum to 1, or there is a reason and what it would need."""
    chips = [chip for chip in ENGINE.read(case.texts, case.demographics()).chips if data.draw(st.booleans())]
    chips = [ENGINE.add(c.finding, present=not c.present) if data.draw(st.booleans()) else c for c in chips]
    known = {chip.finding for chip in chips}
    chips += [
        ENGINE.add(f, present=True)
        for f in data.draw(st.lists(st.sampled_from(sorted(KB.findings)), max_size=3, unique=True))
        if f not in known
    ]
    weighed = ENGINE.weigh(chips, case.demographics())
    assert sum(line.probability for line in weighed.lines) + weighed.other == pytest.approx(1, abs=1e-9)
    assert bool(weighed.abstained) is (not weighed.lines)
    assert bool(weighed.needs) is bool(weighed.abstained)
    assert all(0 <= question.bits <= 1 for question in weighed.questions)
    assert [q.bits for q in weighed.questions] == sorted((q.bits for q in weighed.questions), reverse=True)


def test_flipping_a_cardinal_finding_lowers_its_condition() -> None:
    """Fever present speaks for pneumonia, fever absent against it, and the bar changes its side."""
    case = next(c for c in DEMO if c.specialty == "Pulmonology")
    chips = ENGINE.read(case.texts, case.demographics()).chips
    first = ENGINE.weigh(chips, case.demographics()).lines[0]
    strongest = next(pull.name for pull in first.pulls if pull.log > 0)
    flipped = [replace(chip, present=not chip.present) if chip.name == strongest else chip for chip in chips]
    after = {line.id: line for line in ENGINE.weigh(flipped, case.demographics()).lines}
    assert first.id not in after or after[first.id].probability <= first.probability
    if first.id in after:
        assert next(pull.log for pull in after[first.id].pulls if pull.name == strongest) < 0


def test_separators_are_antisymmetric() -> None:
    """What tells A from B tells B from A, with the shares changed over; an unknown condition is a KeyError."""
    chips = [ENGINE.add("fever", present=True), ENGINE.add("cough", present=False)]
    there = ENGINE.separate("pneumonia", "pulmonary_embolism", chips)
    back = ENGINE.separate("pulmonary_embolism", "pneumonia", chips)
    assert [(one.name, one.first, one.second, -one.log) for one in there] == [(one.name, one.second, one.first, one.log) for one in back]
    assert {one.name: one.present for one in there}["Cough"] is False
    assert any(one.present is None for one in there)
    with pytest.raises(KeyError):
        ENGINE.separate("pneumonia", "nothing", chips)


def test_information_gain_is_nothing_for_what_all_leaders_share() -> None:
    """A finding with the same share everywhere tells nothing; one that is sure in one of two equals tells almost a bit."""
    named = {condition.id: condition for condition in KB.conditions}
    pair = [(named["pneumonia"], 0.5), (named["pneumonia"], 0.5)]
    assert information_gain(KB, "fever", pair) == pytest.approx(0, abs=1e-12)
    first = replace(named["pneumonia"], findings={"fever": 0.99})
    second = replace(named["pneumonia"], findings={"fever": 0.01})
    assert information_gain(KB, "fever", [(first, 0.5), (second, 0.5)]) > 0.9


def test_a_chip_of_no_finding_is_refused() -> None:
    """Only findings of the vocabulary can be added."""
    with pytest.raises(KeyError):
        ENGINE.add("headake", present=True)
