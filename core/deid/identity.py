"""The identity panel: what the clinician says about the patient is found in any spelling and can never be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.echo import Needle, echoes, name_needles, squeeze
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.normalise import fold
from core.deid.note import Note
from core.deid.timeline import Written, read_date
from core.model import Category, Identity

# Each sought by itself: in `seen 03/04/1957` the second would take `seen 03` and hide the date from the first.
_DATE_LIKE = (
    re.compile(r"(?<![\w/.-])\d{1,4} ?[-/. ] ?(?:\d{1,2}|[A-Za-z]{3,9}\.?) ?[-/., ] ?\d{2,4}(?![\w/-])"),
    re.compile(r"\b[A-Za-z]{3,9}\.? {0,2}\d{1,2}(?:st|nd|rd|th)?(?:,? {0,2}(?:\d{4}|'?\d\d))?(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}(?:st|nd|rd|th)?(?: of)?[ -]?[A-Za-z]{3,9}\.?(?:[ ,-]{0,2}\d{2,4})?(?!\w)"),
    re.compile(r"(?<![\w/.-])\d{1,2}[/-]\d{1,2}(?![\w/-])"),
)
_STREET_WORDS = words("identity.street_words")


def identity_needles(identity: Identity) -> tuple[Needle, ...]:
    """Everything to look for, longest first."""
    found: dict[str, Needle] = {}
    for needle in _needles(identity):
        if len(needle.key) >= 2:
            found.setdefault(needle.key, needle)
    return tuple(sorted(found.values(), key=lambda n: -len(n.key)))


def _needles(identity: Identity) -> Iterator[Needle]:
    values = {name: fold(value) for name, value in identity.values().items()}
    if name := values.get("name"):
        yield from name_needles(name, "patient", sure=True)
        if len(squeeze(name)) >= 3 and len(name.split()) == 1:
            yield Needle(squeeze(name), Category.NAME, "patient", careful=bool(look_up(squeeze(name)).common), solid=True)
    if record := squeeze(values.get("record_number", "")):
        yield Needle(record, Category.MRN)
        yield from _digits_of(record, Category.MRN, 5)
    yield from _numbers(values)
    yield from _email(values.get("email", ""))
    yield from _address(values.get("address", ""))


def _numbers(values: dict[str, str]) -> Iterator[Needle]:
    phone = "".join(c for c in values.get("phone", "") if c.isdigit())
    if len(phone) >= 7:
        yield from (Needle(v, Category.PHONE) for v in (phone, "1" + phone, phone[-10:], phone[-7:]))
    elif phone:
        yield Needle(phone, Category.PHONE)
    ssn = "".join(c for c in values.get("ssn", "") if c.isdigit())
    if ssn:
        yield Needle(ssn, Category.SSN)
    if len(ssn) == 9:
        yield Needle(ssn[-4:], Category.SSN, solid=True)


def _digits_of(value: str, category: Category, least: int) -> Iterator[Needle]:
    digits = "".join(c for c in value if c.isdigit())
    if len(digits) >= least:
        yield Needle(digits, category)
        if len(digits.lstrip("0")) >= least:
            yield Needle(digits.lstrip("0"), category)


def _email(email: str) -> Iterator[Needle]:
    if email:
        user = email.split("@")[0]
        yield Needle(squeeze(email), Category.EMAIL)
        if len(squeeze(user)) >= 4:
            yield Needle(squeeze(user), Category.EMAIL, careful=bool(look_up(squeeze(user)).common), solid=user.isalpha())


def _address(address: str) -> Iterator[Needle]:
    for line in re.split(r"[,\n;]", address):
        key = squeeze(line)
        if len(key) < 2 or (len(key) == 2 and key.isalpha()):
            continue
        category = (
            Category.STREET if line.strip()[:1].isdigit() and not key.isdigit() else Category.ZIP if key.isdigit() else Category.PLACE
        )
        yield Needle(key, category, careful=key.isalpha() and bool(look_up(key).common))
        yield from _address_words(line)


def _address_words(line: str) -> Iterator[Needle]:
    words = [w for w in re.findall(r"[^\W_]+", line.lower()) if w not in _STREET_WORDS]
    if len(words) > 1:
        yield Needle("".join(words), Category.STREET)
    for word in words:
        known = look_up(word)
        if word.isdigit():
            if len(word) >= 5:
                yield Needle(word, Category.ZIP if len(word) == 5 else Category.STREET, solid=True)
        elif len(word) >= 4:
            yield Needle(
                word, Category.PLACE if len(words) == 1 else Category.STREET, careful=bool(known.common or known.medical), solid=True
            )


def known_values(note: Note, identity: Identity, needles: tuple[Needle, ...]) -> Iterator[Found]:
    """Where the panel's values stand in a note."""
    for found in echoes(note, needles, "identity", 1.0):
        yield _with_initials(note, found) if found.category is Category.NAME else found
    if identity.date_of_birth.strip():
        yield from _birth_dates(note, fold(identity.date_of_birth))


def _with_initials(note: Note, found: Found) -> Found:
    """`J. Mai`, `J Mai` and `Mai, J.`: a single capital beside a part of the name belongs to it."""
    first, behind = note.index_at(found.start), note.index_at(found.end)
    start, end = found.start, found.end
    at = first - 1 - (note.low(first - 1) == ".")
    if at >= 0 and note.tokens[at].shape == "I" and len(note.text[note.tokens[at].end : found.start]) <= 2:
        start = note.tokens[at].start
    at = behind + (note.low(behind) == ",")
    if (
        at < len(note.tokens)
        and note.tokens[at].shape == "I"
        and note.low(at + 1) in (".", ",", "")
        and note.tokens[at].text != "I"
        and len(note.text[found.end : note.tokens[at].start]) <= 2
    ):
        end = note.tokens[at].end
    return found._replace(start=start, end=end)


def _birth_dates(note: Note, written: str) -> Iterator[Found]:
    born = read_date(written)
    if born is None or born.month is None or born.day is None:
        yield from echoes(
            note, (Needle(squeeze(written), Category.DATE, solid=False),) if len(squeeze(written)) >= 4 else (), "identity", 1.0
        )
        return
    for match in (m for pattern in _DATE_LIKE for m in pattern.finditer(note.text)):
        if _same(match[0], born):
            yield Found(match.start(), match.end(), Category.DATE, 1.0, "identity")
    if born.year:
        yield from echoes(note, _compact(born.year, born.month, born.day), "identity", 1.0)


def _same(text: str, born: Written) -> bool:
    for day_first in (False, True):
        found = read_date(text, day_first=day_first)
        if found and (found.month, found.day) == (born.month, born.day):
            if found.year is None:
                return any(c.isalpha() for c in text)
            return born.year is None or found.year % 100 == born.year % 100
    return False


def _compact(year: int, month: int, day: int) -> tuple[Needle, ...]:
    y, m, d = f"{year:04d}", f"{month:02d}", f"{day:02d}"
    return tuple(Needle(v, Category.DATE, solid=True) for v in (y + m + d, m + d + y, d + m + y, m + d + y[2:], y[2:] + m + d))
