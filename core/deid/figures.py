"""Figures that identify nobody, whatever found them: doses, ranges, hours, scores, catalogue numbers, coded values, protein changes.

The last look at a note's numbers and days. A cue that says what a number is, such as `MRN` or `ext`, outweighs all of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from core.deid.dates import marks_event, names_score
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.neighbours import counted
from core.deid.note import Note
from core.deid.numbers import DRUG_CODE, category_of_cue
from core.deid.rhythm import DOSE_UNITS
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOOSE = frozenset(("tagger", "number", "beside", "date-pair", "date-dotted", "bare-number", "phone", "field", "street", "propagation"))
_NUMBERED = frozenset((Category.OTHER_ID, Category.PHONE, Category.ZIP, Category.DATE, Category.STREET, Category.ACCOUNT, Category.DEVICE))
_HOUR = r"(?:[01]\d|2[0-3])[0-5]\d"
_HOURS = re.compile(rf"{_HOUR} ?(?:-|–|to) ?{_HOUR}(?: ?h(?:rs)?)?")
_AN_HOUR = re.compile(rf"{_HOUR}")
_HOUR_WORDS = words("figures.hours")
_ROUND = re.compile(r"([2-9]\d\d)-(\d{4})")
_CHAIN = re.compile(r"\d{0,4}(?:\.\d{1,3})?(?:[/-]\d{0,4}(?:\.\d{1,3})?){1,6}")
_PARTS = re.compile(r"\d{1,4}(?:\.\d{1,3})?|\.\d{1,3}")
_CENTILES = re.compile(
    r"(?:\D|^)(?:3|5|9|10|25|50|75|85|90|91|95|97|98)(?:th|rd|st)?(?: ?(?:-|to) ?)(?:5|9|10|25|50|75|85|90|91|95|97|98|99)(?:th|st)?\W?"
)
_CODED = re.compile(
    r"(?:\^[^|^\n]{0,60})?\^(?:LN|RXNORM|SCT|SNM3?|I10C?|I9C?|ICD10\w*|CVX|MVX|CPT4?|C4|HCPCS|NDC|L|HL7\d{0,4}|LOINC|CDCREC)(?![A-Za-z])"
)
_RACE = frozenset(("1002-5", "2028-9", "2054-5", "2076-8", "2106-3", "2131-1", "2135-2", "2186-5"))
_ACID = r"(?:[A-Z][a-z]{2}|[ACDEFGHIKLMNPQRSTVWY])"
_CHANGE = rf"(?:p\.)?{_ACID}\d{{2,4}}(?:del|dup|ins|fs|[xX]|[tT]er|\*|{_ACID})"
_PROTEIN = re.compile(
    rf"{_CHANGE}(?:/{_CHANGE})?",
)
# implanted leads by number, analysers by series
_LEAD = re.compile(r"[3-7]\d{3}[A-Z]{0,2}-\d{2}")
_LEADS = frozenset(("ra", "rv", "lv", "lead", "leads", "atrial", "ventricular", "model"))
_DEVICE_MODEL = re.compile(r"(?:XN|XE|XT|DXH|DXC|DxH|DxC|AU|BN|UF|LH)-?\d{3,5}(?:-\d)?")
_SCOPE = re.compile(r"(?:CF|GIF|PCF|TJF|JF|BF|URF|CYF|MAJ|UCT|GF|ENF|EG|EC|ED|EB)-?[A-Z]{0,3}\d{2,4}[A-Z]{0,3}")
_MODEL = re.compile(r"[A-Z]{0,4}-?[A-Z]{0,2}\d{1,5}[A-Z]{0,4}(?:-\d{1,3})?")
_MAKERS, _SHARED = words("figures.makers"), words("figures.shared")
_COUNTING = words("figures.counting")
_FLEETS = words("figures.fleets")
_UNSURE, _SURE_OF_DAY = 0.12, 0.9
# a value that goes from one figure to another: `from 6/10 to 3/10`, `from 2.1 to 8.4`
_COURSE = re.compile(r"\bfrom \d{1,2}(?:[./](\d{1,2}))? ?(?:to|->|→|-) ?$", re.IGNORECASE)
_IN_WORDS = words("figures.in_words")
_CERTAIN, _BEYOND_DOUBT, _LONG_CODE = 0.97, 0.99, 7


def without_figures(found: Iterable[Found], note: Note, scores: NDArray[np.float32]) -> Iterator[Found]:
    """The finds without the figures that say of themselves, or by what stands around them, that they identify nobody."""
    for item in (_unlabelled(f, note.text) for f in found):
        if _shared(note, item) or everybodys(note, item):
            continue
        if item.category not in _NUMBERED or item.detector not in _LOOSE or not _harmless(note, item, scores):
            yield item


_ASKED = frozenset(("identity", "decision", "site-list", "propagation"))
_CODES = frozenset((Category.MRN, Category.ACCOUNT, Category.HEALTH_PLAN, Category.LICENSE, Category.DEVICE, Category.OTHER_ID))
_LABEL = re.compile(r"(?:MRN?#|(?:DL|OLN|IRB|NI|TKT|SN|BN|LIC|DEA|NPI|REF|ACC|ends|ending)\b[ .:#]{1,3})(?=[A-Z-]{0,6} ?\d)")
_PREFIXED = re.compile(r"([A-Za-z]{2,6})[-# :.]{1,2}[A-Z]?\d{2,5}(?:/\d{2,5})?")


_HEADS = {Category.DATE: re.compile(r"the ", re.I)}


def _unlabelled(item: Found, text: str) -> Found:
    """A value without the label or article that was taken for its head: `MR#66018-2`, `IRB 19-00487`, `the 14th`."""
    head = _LABEL if item.category in _CODES else _HEADS.get(item.category)
    if head is None or item.detector in ("identity", "propagation", "decision"):
        return item
    label = head.match(text, item.start, item.end)
    return item._replace(start=label.end()) if label else item


def _shared(note: Note, item: Found) -> bool:
    """`CODES 99232`, `AST-N802`, `policy LAB-114`: a short code that a clinical or a shared word begins."""
    if item.category not in _CODES - {Category.MRN} or item.detector not in ("cue", "number", "tagger"):
        return False
    match = _PREFIXED.fullmatch(note.text, item.start, item.end)
    if not match:
        return False
    low = match[1].lower()
    return low in _SHARED or (look_up(low).clinical and sum(c.isdigit() for c in match[0]) < 4 and "-" in match[0])


_LASTS, _ALWAYS = re.compile(r"\d{1,2} ?/ ?52"), "24/7"
_SURE_DAYS = frozenset(("date", "date-pair", "date-cue"))
_IN_WEEKS = re.compile(r"(?<![\d/])\d{1,2}/52(?!\d)")
_A_DIGIT = re.compile(r"\d")
_PRICED = re.compile(r" ?[$€£₹]")
_REGISTERED = re.compile(r"NCT\d{8}|ISRCTN\d{8}|(?:N[CGMPRT]|X[MP])_\d{6,9}(?:\.\d{1,2})?|rs\d{4,9}|PMID:? ?\d{6,8}")


def everybodys(note: Note, item: Found) -> bool:
    """The code of a race (HL7), of a trial, a gene's reference sequence, an article, a drug, and weeks as `6/52`, unless asked for."""
    if item.detector in _ASKED or not _A_DIGIT.search(note.text, item.start, item.end):
        return False
    text = note.text[item.start : item.end]
    lasts = bool(_LASTS.fullmatch(text)) or (text == _ALWAYS and item.detector not in _SURE_DAYS)
    return text in _RACE or bool(_REGISTERED.fullmatch(text)) or lasts or _of_a_drug(note, item)


def _of_a_drug(note: Note, item: Found) -> bool:
    """A drug's code, or a part of one, that no cue calls anything else."""
    start, end = item.start, item.end
    while start > item.start - _DRUG_CODE_MOST and note.text[start - 1 : start] in _DRUG_SIGNS and start:
        start -= 1
    while end < item.end + _DRUG_CODE_MOST and note.text[end : end + 1] in _DRUG_SIGNS and end < len(note.text):
        end += 1
    return bool(DRUG_CODE.fullmatch(note.text, start, end)) and category_of_cue(note, start) is None


_DRUG_CODE_MOST, _DRUG_SIGNS = 12, frozenset("0123456789-")


def _harmless(note: Note, item: Found, scores: NDArray[np.float32]) -> bool:
    text = note.text[item.start : item.end].strip(" ()[],;:#")
    first, last = note.index_at(item.start), note.index_at(item.end)
    top = max((float(s) for s in scores[first:last]), default=1.0)
    if item.category is Category.DATE:
        return _no_day(note, item, text, first, top)
    if item.category is Category.STREET:
        spelled = all(t.low in _IN_WORDS for t in note.tokens[first:last])
        return _of_a_fleet(note, first, last) or (item.detector == "tagger" and (spelled or bool(_CHAIN.fullmatch(text))))
    if category_of_cue(note, item.start) is not None and item.category is not Category.PHONE:
        return False
    return (
        _hours(note, item, first, last, text, top)
        or (item.detector == "tagger" and bool(_PRICED.match(note.text, item.end)))
        or _doses(text)
        or _round_range(note, text, first)
        or bool(_CODED.match(note.text, item.end))
        or (item.detector in ("tagger", "number") and not (top >= _BEYOND_DOUBT and _long(text)) and _catalogued(note, text, first))
        or (item.detector == "tagger" and (bool(_PROTEIN.fullmatch(text)) or _few_words(note, first, last)))
    )


def _no_day(note: Note, item: Found, text: str, first: int, top: float) -> bool:
    """Whether figures alone, of which the tagger thinks nothing, or which a unit or a score's name claims, are no day."""
    if text.isalpha() or (text[:4].lower() in ("mid-", "mid ", "late", "earl") and text[-1:].isalpha()):
        return item.detector in ("tagger", "month") and not marks_event(note, first)
    if text[-1:].isalpha() and text[-2:] not in ("th", "st", "rd", "nd"):
        return bool(_PROTEIN.fullmatch(text)) or _doubled(text)
    if item.detector == "tagger" and re.fullmatch(r"\d{1,2} \d{1,2}|\d{1,3}-\d{1,3}/\d{1,3}-\d{1,3}|m[lL]/min/1\.73", text):
        return True
    if item.detector == "tagger" and len(text) <= 2 and text.isdigit() and top < _SURE_OF_DAY:
        return True
    short = bool(re.fullmatch(r"\d{1,2}[./-]\d{1,2}\.?", text))
    if short and (_on_its_way(note, item, text) or _lasts(note, item, text)):
        return True
    if short and ((counted(note.text, item.end) and not _said(note, item.start)) or names_score(note, item.start)):
        return True
    if short and top < _UNSURE and ("." in text or item.detector in ("date-pair", "field")):
        return not _said(note, item.start) and not (item.detector == "date-pair" and note.low(first - 1) in DOSE_UNITS)
    if item.detector == "tagger" and _AN_HOUR.fullmatch(text):
        return True
    return item.detector == "tagger" and (bool(_CENTILES.fullmatch(text)) or _chained(note, item, text))


def _on_its_way(note: Note, item: Found, text: str) -> bool:
    """`from 6/10 to 3/10`, but not `from 3/10 to 3/14`: with strokes the denominators must agree."""
    course = _COURSE.search(note.text, max(0, item.start - 14), item.start)
    return course is not None and ("/" not in text or course[1] == text.split("/")[1])


def _lasts(note: Note, item: Found, text: str) -> bool:
    """`3/12`, `5/7`: months and days of a note that counts weeks as `6/52`, where no word makes them a day."""
    return text.endswith(("/12", "/7")) and bool(_IN_WEEKS.search(note.text)) and not _said(note, item.start)


def _said(note: Note, start: int) -> bool:
    return note.low(note.index_at(start) - 1) in _SAID


_SAID = words("figures.said") | words("dates.events") | words("dates.visits")


def _doubled(text: str) -> bool:
    """`25O/5O`, a dose whose noughts were scanned as letters."""
    return bool(re.fullmatch(r"\d{2,3}O/\d{0,2}O", text))


def _chained(note: Note, item: Found, text: str) -> bool:
    """`100/62.5/25`, `2-3-2 =`, `3/3/4`: three figures and more that make no date."""
    if not _CHAIN.fullmatch(text):
        return False
    parts = [float(p) for p in _PARTS.findall(text)]
    if len(parts) < 3 or ("/" in text and "-" in text and "." not in text):
        return False
    return ("." in text and "/" in text) or max(parts) <= 9 or note.text[item.end : item.end + 2].strip()[:1] == "="


def _hours(note: Note, item: Found, first: int, last: int, text: str, top: float) -> bool:
    """`1900-0730`, `ETA 0325`, `@0152`, `0140 hrs`, and an hour that ends a signed line."""
    if item.detector not in ("tagger", "number"):
        return False
    if _HOURS.fullmatch(text):
        return True
    if not _AN_HOUR.fullmatch(text):
        return False
    if note.low(first - 1) in _HOUR_WORDS or note.low(last) in ("hrs", "hours", "h", "hr"):
        return True
    return top < _CERTAIN and note.text[item.end : item.end + 1] in ("", "\n", ",", ".", ";")


def _doses(text: str) -> bool:
    """`40-30-20-10`, `100/62.5/25`: a taper or strengths in a row."""
    if not _CHAIN.fullmatch(text):
        return False
    parts = [float(p) for p in _PARTS.findall(text)]
    if len(parts) < 3:
        return len(parts) == 2 and "." in text and "/" in text
    if "/" in text:
        return "." in text or max(parts) < 400
    return max(parts) <= 100 and all(a > b for a, b in pairwise(parts)) and all(p % 5 == 0 or p < 10 for p in parts)


def _round_range(note: Note, text: str, first: int) -> bool:
    """`SVR 800-1200`: a range between round numbers where no word speaks of a telephone."""
    match = _ROUND.fullmatch(text)
    if not match or int(match[1]) % 50 or int(match[2]) % 50 or int(match[1]) >= int(match[2]):
        return False
    before = note.tokens[first - 1] if first else None
    measures = before is not None and (before.word.clinical or (before.shape == "U" and len(before.text) < 5))
    return measures and int(match[2]) < 5000 and not _CALLED & {note.low(i) for i in range(first - 4, first)}


_CALLED = words("figures.called")


def _catalogued(note: Note, text: str, first: int) -> bool:
    """`Olympus CF-HQ190L`, `form CB-2`, `IFU RC-7008-001`: everyone's number, behind its maker or its kind."""
    if _LEAD.fullmatch(text) and note.low(first - 1) in _LEADS:
        return True
    if _SCOPE.fullmatch(text) or _DEVICE_MODEL.fullmatch(text) or (note.low(first - 1) in _MAKERS and _MODEL.fullmatch(text)):
        return True
    before = [note.low(i) for i in range(first - 3, first)]
    return bool(_SHARED & {before[-1], before[-2] if before[-1] in (".", "#", ":", "no", "number", "code") else ""})


def _long(text: str) -> bool:
    """`DM-2023-11870`: more digits than the number of a printed form has."""
    return sum(c.isdigit() for c in text) >= _LONG_CODE


def _few_words(note: Note, first: int, last: int) -> bool:
    """`eighty eight`: fewer number words than any identifier has."""
    tokens = [t for t in note.tokens[first:last] if t.shape != "p"]
    return len(tokens) < 4 and bool(tokens) and all(t.low in _COUNTING for t in tokens)


def _of_a_fleet(note: Note, first: int, last: int) -> bool:
    """`Parish EMS, unit 12`: the number of an ambulance's crew, not of a flat."""
    at = first - 1 - (note.low(first - 1) == ",")
    return last - first <= 2 and note.low(first) in ("unit", "medic", "engine", "rig", "truck", "dept") and note.low(at) in _FLEETS
