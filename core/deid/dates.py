"""Dates and ages over 89 by pattern, with the context that tells a date from a score, a dose or a pressure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.found import Found
from core.deid.late import Late
from core.deid.lexicon import words
from core.deid.note import Note, tried
from core.deid.timeline import read_date
from core.model import Category

_MON = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,? {1,2})?"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)\d\d|'\d\d)"
_NO_DOSE = (
    r"(?! ?(?:mg|mcg|ml|g|units?|%|years?|yrs?|y/?o|days?|weeks?|months?|hours?|min(?:ute)?s?|tabs?|times|x|mm|cm|lbs?|kg|pts|reps|of)\b|%)"
)
_WORDED = tuple(
    re.compile(p, re.I)
    for p in (
        rf"(?<![#])(?<!\d\.)\b{_WEEKDAY}(?:the )?{_DAY}(?: day)?[ -]?(?:of )?[-/ ]?{_MON}(?:,?[-/ ]{{1,2}}(?:{_YEAR}"
        rf"|(?<!\. )\d\d(?![\d:/.])(?!,\d)(?![- ]?{_MON}){_NO_DOSE}))?(?!\d)",
        rf"\b{_WEEKDAY}{_MON},?[-/ ]{{0,2}}(?:the )?{_DAY}(?![\d/:])(?!\.\d)(?!-{_MON}){_NO_DOSE}(?:(?:,? of"
        rf"|,)?[-/ ,]{{0,2}}(?:{_YEAR}\b|\d\d\b(?![:/%]|[.,]\d){_NO_DOSE}(?=[ ,.;)\n?!]|$)))?",
        rf"\b{_MON},?[-/ ]{{0,2}}(?:of )?{_YEAR}\b",
        r"\b(?:0?[1-9]|[12]\d|3[01])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:(?:19|20)?\d\d)?\b",
    )
)
_FIGURES = tuple(
    re.compile(p)
    for p in (
        r"(?<![\w.-])(?:19|20)\d\d([-/.])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12]\d"
        r"|0?[1-9])(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)",
        r"(?<![\w/.-])(?:3[01]|[12]\d|0?[1-9])( ?[-/.] ?)(?:3[01]|[12]\d|0?[1-9])\1(?:(?:19|20)\d\d"
        r"|\d\d)(?![\d/])(?!-(?!\d{1,2}[-/]))(?!\.\d)",
        r"(?<=\d-)(?:3[01]|[12]\d|0?[1-9])([/.])(?:3[01]|[12]\d|0?[1-9])\1(?:(?:19|20)\d\d|\d\d)(?![\w/])",
        r"(?<![\w/.-])(?:19|20)\d\d-0[1-9](?![\d-])",
        r"(?<![\w/.-])(?:19|20)\d\d (?:1[0-2]|0[1-9]) (?:3[01]|[12]\d|0[1-9])(?![\w/.])",
        r"(?<![\w/.-])(?:1[0-2]|0?[1-9])[/-](?:19|20)\d\d(?![\d/-])",
    )
)
# How many digits each of the above holds at least, and in how many runs.
_HELD = ((6, 3), (4, 3), (4, 3), (6, 2), (8, 3), (5, 2))
_COMPACT = re.compile(
    r"\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|born|dos|doa|dod|doi|date)(?: is| was| on)?[ :=#.(-]{0,4}(\d{8}"
    r"|\d{6}|(?:\d{1,4}[-/. ]){2}\d{2,4}|\d{1,2}[-/ ]\d{1,2})(?!\d)",
    re.I,
)
_MONTH_ALONE = re.compile(
    r"\b(?:in|since|last|until|till|by|of|early|late|mid|this past|next|from|before|after|during|this)[ -](january"
    r"|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?"
    r"|oct|nov|dec)\b"
    r"(?!'s)",
    re.I,
)
_ORDINAL = re.compile(
    r"\b(?:on|until|by|since) (the (?:3[01]|[12]?\d)(?:st|nd|rd|th))\b(?! (?:day|post|percentile|rib|toe|finger|digit"
    r"|metatarsal|metacarpal|week|time|attempt|grade|floor|street|ave|admission|visit|cranial|intercostal|ray|decile"
    r"|trimester|year|birthday|hospital))"
)
_HOLIDAY = Late(
    r"\b(?:christmas(?: eve| day)?|thanksgiving|labor day|memorial day|independence day|new year'?s? (?:eve|day)"
    r"|halloween|easter(?: sunday| monday)?|valentine'?s day|fourth of july|mother'?s day|father'?s day|juneteenth|diwali"
    r"|ramadan|eid(?: al-\w{4,5})?"
    r"|passover|hanukkah|whit (?:monday|sunday)|good friday|boxing day|mardi gras|st\.? patrick'?s day|lunar new year"
    r"|chinese new year|pongal|onam|sallah|nowruz|newroz|ash wednesday|palm sunday|pentecost|yom kippur|rosh hashanah|purim|vesak"
    r"|(?:the )?(?:first|second|third|fourth) sunday (?:of|in|before) (?:advent|lent|easter))\b"
    r"(?:(?:,? (?:of )?(?:19|20)\d\d)|(?<= day)|(?<= eve))|\b(?:19|20)\d\d (?:pongal|diwali|christmas|easter|ramadan)\b",
    re.I,
)
_FEAST = Late(
    r"\b(?:on|since|last|before|after|until|till|over|at|past|this) (christmas|thanksgiving|easter|good friday|new year'?s|halloween)\b",
    re.I,
)
_BORN = re.compile(r"\b(?:born(?: in)?|dob|yob|birth year)[ :]{1,3}((?:18|19)\d\d)(?![\d/-])", re.I)
_AGE = re.compile(
    r"(?<![\w.$/-])(9\d|1[0-3]\d)(?! years (?:or|and) older)(?=(?:[ -]{0,2}(?:years?|yrs?)\b(?![ -](?:ago|history"
    r"|prior|follow|survival|later|of (?!age)))| ?y/?o\b|yo[mf]?\b| ?y\.o\.|[MF]\b| ?(?:M|F|male|female)\b))"
    r"|\b(?:aged?|age is|turn(?:ed|s|ing)|age of)[ :]{1,2}(9\d|1[0-3]\d)(?![\d%/]|\.\d| ?(?:%|mm|mg|bpm|lbs?|kg))"
    r"|\b(ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one |a )?hundred(?:[- ](?:and[- ])?(?:one"
    r"|two|three|four|five|six|seven|eight|nine))?)(?=[- ]years?[- ]old)",
    re.I,
)
_FOREIGN = (
    r"(?:janv|fevr|juil|januar|jänner|janner|februar|märz|marz|mai|juni|juli|oktober|dezember|janvier|février|fevrier|mars|avril|juin|juillet|août|aout"
    r"|septembre|octobre|novembre|décembre|decembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre"
    r"|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|março|marco|maio"
    r"|junho|julho|setembro|outubro|novembro|dezembro|mei|maart|mrt|augustus|okt|januarie|februarie|junie|julie|desember|maj|januari|februari"
    r"|augusti|mars|juni|ocak|subat|nisan|mayis|haziran|temmuz|agustos|eylul|ekim|kasim|aralik|stycznia|lutego|marca|kwietnia|maja|czerwca"
    r"|lipca|sierpnia|wrzesnia|pazdziernika|listopada|grudnia|ledna|unora|brezna|dubna|kvetna|cervna|cervence|srpna|zari|rijna|prosince"
    r"|muharram|safar|rabi|jumada|rajab|shaban|shawwal|tishrei|tishri|cheshvan|kislev|tevet|shevat|adar|nissan|iyar|sivan|tammuz|elul"
    r"|ramadan|ramazan|ramzan|zulhijjah|dhulhijjah|chaitra|vaisakh|baisakh|kartik|poush|bhadra|ashwin|julai|ogos|disember"
    r"|ionawr|chwefror|mawrth|ebrill|mehefin|gorffennaf|awst|hydref|tachwedd|rhagfyr"
    r"|eanair|feabhra|aibrean|bealtaine|meitheamh|iuil|lunasa|samhain|samhna"
    r"|tir|mordad|shahrivar|mehr|aban|azar|bahman|esfand|farvardin|ordibehesht|khordad)"
)
_ABROAD = (
    Late(
        rf"\b{_DAY}\.? (?:de |d')?(?:{_FOREIGN}|april|august|september|november|avr)\b\.?"
        r"(?: (?:de |del |do )?(?:19|20|14|25|57)\d\d\b)?",
        re.I,
    ),
    re.compile(r"(?<![\w/.-])(?:3[01]|[12]\d|0?[1-9])[-/.](?:XII|XI|IX|IV|VI{0,3}|I{1,3}|X)(?:[-/.](?:19|20)?\d\d(?![\d/])|(?![\w/.-]))"),
)
# A date-time group, as the forces and their medics write: 11 0542Z JUL, 110542ZJUL25.
_GROUP = re.compile(
    r"(?<![\w/.-])(?:3[01]|[12]\d|0[1-9]) ?(?:[01]\d|2[0-3])[0-5]\d ?[A-Z] ?(?:JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC)"
    r"(?: ?(?:20)?\d\d)?(?!\w)"
)
# A week of the calendar, as northern Europe counts: KW 26, uke 19.
_WEEK = Late(r"\b(?:KW|Kalenderwoche|uke|vecka|uge) ?\d{1,2}\b")
_WEEK_WORDS = frozenset(("kw", "kalenderwoche", "uke", "vecka", "uge"))
_FOREIGN_HINT = frozenset(_FOREIGN[3:-1].split("|")) | {"de"}
_MONTH_STEMS = words("dates.month_stems")
_MONTHS = _MONTH_STEMS | frozenset(
    [
        *("january", "february", "march", "april", "june", "july", "august", "sept", "september", "sepember", "october"),
        *("november", "december"),
    ]
)
_DATE_CUES = words("dates.date_cues")
_DAY_WORDS = words("dates.day_words")
_HOLIDAY_WORDS = words("dates.holiday_words")
_SCORE_WORDS = words("dates.score_words")
_SCORE_NAMES = words("dates.score_names")
_AFTER_SCORE = re.compile(
    r" ?(?:pain|strength|murmur|systolic|diastolic|motor|sem\b|pulses?|scale|mg|cc|ml|hours?|of\b|mm|cm|inch"
    r"|throughout|beats|sided|reflex|dtr|bilat|in severity|severity|in intensity|x\b|out of|points?|criteria|positive"
    r"|blood|bid|tab|pack|ppd|dose|strip|in (?:the |all |both )?(?:upper|lower|bilat|right|left|extrem|ue|le|rue|lue"
    r"|rle|lle)|on (?:the|room)|nodes?|cores?|joints?)",
    re.I,
)


def dates(note: Note) -> Iterator[Found]:
    """Dates in every spelling; a bare year is none, unless it is a birth year."""
    text = note.text
    # any date with a month stands near its name
    windows = note.around({w for w in note.words if w[:3] in _MONTH_STEMS and w.partition("'")[0] in _MONTHS}, _BEFORE_MONTH, _BEHIND_MONTH)
    found = [m for p in _WORDED for a, b in windows for m in p.finditer(text, a, b)]
    found += [m for p, held in zip(_FIGURES, _HELD, strict=True) for m in tried(p, text, note.figures(*held))]
    for match in found:
        if not _is_word(match[0]) and read_date(match[0]):
            yield Found(match.start(), match.end(), Category.DATE, 0.97, "date")
    if not _FOREIGN_HINT.isdisjoint(note.words):
        for match in tried(_ABROAD[0].compiled, text, note.figure_starts):
            yield Found(match.start(), match.end(), Category.DATE, 0.95, "date")
    for match in tried(_ABROAD[1], text, note.figures(1, 1, "-/.")):
        yield Found(match.start(), match.end(), Category.DATE, 0.95, "date")
    for match in tried(_GROUP, text, note.figures(6)):
        yield Found(match.start(), match.end(), Category.DATE, 0.97, "date")
    if not _WEEK_WORDS.isdisjoint(note.words):
        for match in _WEEK.compiled.finditer(text):
            yield Found(match.start(), match.end(), Category.DATE, 0.9, "week")
    for start, end in note.around(_DATE_CUES, 16, 48):
        for match in _COMPACT.finditer(text, start, end):
            yield Found(match.start(1), match.end(1), Category.DATE, 0.97, "date-cue")
    yield from _loose(note, windows)


_BEFORE_MONTH, _BEHIND_MONTH = 32, 40
_ORDINALS = frozenset(("st", "nd", "rd", "th"))


def _is_word(value: str) -> bool:
    """`may 5` in lower case with nothing else is rather the verb or a dose."""
    return value.startswith(("may ", "mar ", "march ")) and len(value) <= 8


_OUT_OF = re.compile(r"\d{1,2}/(?:[4-6]|10)")
_DAY_LINKS = frozenset(("from", "since", "until", "till", "dated", "on"))


def reads_as_score(note: Note, start: int, end: int) -> bool:
    """Whether the words around a pair of figures make it a score, a strength or a dose rather than a day."""
    index = note.index_at(start)
    before = {note.low(i) for i in range(index - 4, index)}
    if note.low(index - 1) in _DAY_LINKS and not _OUT_OF.fullmatch(note.text, start, end):
        before = set()
    return bool(_AFTER_SCORE.match(note.text, end) or _SCORE_WORDS & before or "over" in before)


def names_score(note: Note, start: int) -> bool:
    """Whether the word right before a pair of figures is a scale, or something that is counted: `BIMS 4/15`, `RotaTeq 1/3`."""
    index = note.index_at(start) - 1
    index -= note.low(index) in (":", "=", "score", "scored", "scores", "is", "of", "was", "at", "total")
    joined = note.low(index - 2) + "-" + note.low(index) if note.low(index - 1) == "-" else ""
    return note.low(index) in _SCORE_NAMES or joined in _SCORE_NAMES


def _loose(note: Note, windows: list[tuple[int, int]]) -> Iterator[Found]:
    for start, end in windows:
        for match in _MONTH_ALONE.finditer(note.text, start, end):
            if (
                match[1] not in ("may", "march", "mar")
                and not seasonal(note, match.start())
                and marks_event(note, note.index_at(match.start(1)))
            ):
                yield Found(match.start(1), match.end(1), Category.DATE, 0.8, "month")
    for start, end in note.around(_ORDINALS, 16, 32):
        for match in _ORDINAL.finditer(note.text, start, end):
            yield Found(match.start(1), match.end(1), Category.DATE, 0.8, "ordinal")
    if not _HOLIDAY_WORDS.isdisjoint(note.words) or ("day" in note.words and not _DAY_WORDS.isdisjoint(note.words)):
        for match in _HOLIDAY.compiled.finditer(note.text):
            yield Found(match.start(), match.end(), Category.DATE, 0.8, "holiday")
        for match in _FEAST.compiled.finditer(note.text):
            yield Found(match.start(1), match.end(1), Category.DATE, 0.8, "holiday")


def marks_event(note: Note, index: int) -> bool:
    """Whether a month alone dates what Safe Harbor names: `born in July`, `discharged in May`, or `last July`; another may stay."""
    if note.low(index - 1) in ("last", "this", "next", "past"):
        return True
    for at in range(index - 1, max(-1, index - 9), -1):
        if note.low(at) in _VITAL:
            return True
        if note.low(at) in (".", ";", ":") or "\n" in note.tokens[at].gap:
            return False
    return False


_VITAL = words("dates.vital")


def seasonal(note: Note, start: int) -> bool:
    """`worse in March` tells a course by season, not a day of this patient's life; `start` is where the month or its `in` begins."""
    index = note.index_at(start)
    index -= note.low(index - 1) in ("in", "around", "every", "each", "by")
    return not _SEASONAL.isdisjoint(note.low(i) for i in range(index - 2, index))


_SEASONAL = frozenset(("worse", "worst", "better", "best", "every", "each", "usually", "typically", "peaks", "mostly"))


_SUBJECT = frozenset(
    [
        "she",
        "he",
        "pt",
        "patient",
        "resident",
        "who",
        "mother",
        "father",
        "grandmother",
        "grandfather",
        "mom",
        "dad",
        "aunt",
        "uncle",
        "sister",
        "brother",
        "wife",
        "husband",
        "client",
        "lady",
        "man",
        "woman",
        "is",
    ]
)
_BARE_AGE = re.compile(r"(?<![\w.$/-])(9\d|1[01]\d)(?=[,.;)]|$| and\b|\n| \()(?!\.\d|,\d)")
_BORN_AGED = re.compile(
    r"(?<![\w/.-])\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3})[-/. ](19[0-4]\d)[\t ,;|(]{1,4}(9\d|1[01]\d)"
    r"(?![\d/%]|\.\d| ?(?:mg|kg|bpm|lbs?|mm|cm|%|°))"
)
_AGED_FROM, _AGED_TO = 2000, 2040
_SPACED_AGE = re.compile(r"\b(?:AGE|Age)[ :]{1,8}(9 \d)(?=\n|  |$)")
_CELL_AGE = re.compile(r"(?<=  )(9\d|1[01]\d)(?=  )")


def bare_ages(note: Note) -> Iterator[Found]:
    """Ages over 89 without a unit: `Pt is 101,`, `Trudy (92)`, `alive at 96`, `Mamie Crabtree, 99,`, `CRABTREE  99  DNR`."""
    yield from _cell_ages(note)
    yield from _told_ages(note)
    for match in tried(_BARE_AGE, note.text, [note.starts[i] for i in note.at(_OLD)]):
        index = note.index_at(match.start())
        last, before = note.low(index - 1), note.low(index - 2)
        named = index > 1 and note.tokens[index - 2].shape in "CU" and _person_like(note, index - 2)
        if (
            (last == "is" and before in _SUBJECT)
            or (last == "at" and before in ("alive", "died", "dead", "passed", "dx", "still"))
            or (last in ("age", "aged", "turned", "turning", "turns"))
            or (last == "," and named and note.low(index + 1) in (",", ".", ";"))
            or (last == "(" and named and note.low(index + 1) == ")")
        ):
            yield Found(match.start(1), match.end(1), Category.AGE, 0.85, "age")


def _cell_ages(note: Note) -> Iterator[Found]:
    """An age in a cell of its own right behind a name, as boards and lists have it."""
    for match in _CELL_AGE.finditer(note.text) if "  " in note.text else ():
        index = note.index_at(match.start())
        if index and note.tokens[index - 1].shape in "CU" and "\n" not in note.tokens[index].gap and _person_like(note, index - 1):
            yield Found(match.start(), match.end(), Category.AGE, 0.85, "age")


def _told_ages(note: Note) -> Iterator[Found]:
    """An age behind the day of birth that makes it one, as in `08/04/1931 92`, and one whose figures are spaced out behind its label."""
    for match in tried(_BORN_AGED, note.text, note.figures(1)) if note.at(_OLD) else ():
        if _AGED_FROM <= int(match[1]) + int(match[2]) <= _AGED_TO:
            yield Found(match.start(2), match.end(2), Category.AGE, 0.9, "age")
    for match in _SPACED_AGE.finditer(note.text) if "age" in note.words else ():
        yield Found(match.start(1), match.end(1), Category.AGE, 0.9, "age")


def _person_like(note: Note, index: int) -> bool:
    word = note.tokens[index].word
    return (
        not word.clinical and not word.common >= 3 and (bool(word.first or word.last) or word.unknown) and len(note.tokens[index].text) > 2
    )


_OLD = frozenset(map(str, range(90, 140))) | {"ninety", "hundred"}
_BORN_WORDS = frozenset(("born", "dob", "yob", "birth"))


def ages(note: Note) -> Iterator[Found]:
    """Ages over 89 and birth years, which would reveal one (45 CFR 164.514(b)(2)(i)(C))."""
    text = note.text
    for start, end in note.around(_OLD, 24, 64):
        for match in _AGE.finditer(text, start, end):
            group = match.lastindex or 0
            if match[group][0].isalpha() or int(match[group]) >= 90:
                yield Found(match.start(group), match.end(group), Category.AGE, 0.9, "age")
    for start, end in note.around(_BORN_WORDS, 8, 24):
        for match in _BORN.finditer(text, start, end):
            yield Found(match.start(1), match.end(1), Category.DATE, 0.9, "birth-year")
