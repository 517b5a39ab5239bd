"""What the words around a finding say of it: denied, past, of a relative, hypothetical, uncertain.

Rules of the NegEx/ConText family: a trigger opens a scope; a conjunction, a verb or the sentence's end closes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from core.reference.phrases import Match
from core.reference.tokens import TAG, Token, normal
from core.reference.triggers import TRIGGERS


class Said:
    """What is said of a token beyond plain presence, as bits of an int: an IntFlag costs a tenth of a case's whole time."""

    NOTHING: Final = 0
    DENIED: Final = 1
    PAST: Final = 2
    FAMILY: Final = 4
    HYPOTHETICAL: Final = 8
    UNCERTAIN: Final = 16


def _words(text: str) -> frozenset[str]:
    return frozenset(normal(word) for word in text.split())


_ABBREVIATIONS = _words("pt neg pos hx resp temp dr abd approx vs yr hr min mr mrs ms wk mo")
_REPORTS = _words(
    "reports reported states stated says said noticed noted brought denies describes gave concerned "
    "gives thinks tells told worried called found"
)
_RELATIVE_HAS = _words("had has with died suffered diagnosed have also history : , and hx dx")
_DURATION = _words("hour day week month year hr hrs d wk mo yr h night")
_FRESH = _words(
    "since started began onset worse worsening severe progressive significant for x "
    "today yesterday new now increasing sudden acute productive persistent"
)
_ANSWER_NO = _words("no none negative absent denied nil neg denies")
_PERSON = _words("he she patient pt they child")
_BOUNDARY = frozenset({".", ";", "!", "?", "\n", "•", "|"})
_NEW = _words("began started since onset")
_SECTIONS = {
    ("past", "medical", "history"): Said.PAST,
    ("pmh",): Said.PAST,
    ("pmhx",): Said.PAST,
    ("family", "history"): Said.FAMILY,
    ("fh",): Said.FAMILY,
    ("fhx",): Said.FAMILY,
    ("allergy",): Said.HYPOTHETICAL,
    ("drug", "allergy"): Said.HYPOTHETICAL,
    ("plan",): Said.HYPOTHETICAL,
    ("instruction",): Said.HYPOTHETICAL,
    ("return", "precaution"): Said.HYPOTHETICAL,
    ("differential",): Said.HYPOTHETICAL,
    ("differential", "diagnosis"): Said.HYPOTHETICAL,
}


def contexts(text: str, tokens: Sequence[Token], matches: Sequence[Match]) -> list[int]:
    """What is said of every token. Words used inside a matched phrase of several words open no scope."""
    said = [Said.NOTHING] * len(tokens)
    inside = {index for match in matches if len(match.used) > 1 for index in match.used}
    # "Urinalysis negative" is a phrase; in "urinalysis negative for nitrites" its last word opens a scope all the same.
    tails = {match.used[-1] for match in matches if all(value.startswith("-") for value in match.values)}
    for first, end in _sentences(text, tokens):
        _Sentence(tokens, said, first, end, inside, tails).mark()
    _sections(tokens, said)
    return said


def _sentences(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    first = 0
    for i, token in enumerate(tokens):
        if token.norm in _BOUNDARY and not _runs_on(text, tokens, i):
            yield first, i
            first = i + 1
    yield first, len(tokens)


def _runs_on(text: str, tokens: Sequence[Token], i: int) -> bool:
    # A wrapped line, "pt. denies" and "?fever" do not end a sentence.
    if i + 1 >= len(tokens):
        return False
    starts_lower = text[tokens[i + 1].start].islower()
    if tokens[i].norm == "\n":
        return starts_lower and i > 0 and (tokens[i - 1].word or tokens[i - 1].norm == ",")
    if tokens[i].norm == ".":
        return starts_lower and i > 0 and tokens[i - 1].norm in _ABBREVIATIONS
    return tokens[i].norm == "?" and tokens[i + 1].start == tokens[i].end


class _Sentence:
    """One sentence being marked; all positions are token indices, `end` exclusive."""

    def __init__(self, tokens: Sequence[Token], said: list[int], first: int, end: int, inside: set[int], tails: set[int]) -> None:
        self.tokens, self.said, self.first, self.end, self.inside, self.tails = tokens, said, first, end, inside, tails
        self.triggers = list(self._triggers())
        self.stops = {start for start, _, kind in self.triggers if kind == "stop"}

    def _norm(self, i: int) -> str:
        return self.tokens[i].norm if self.first <= i < self.end else ""

    def _triggers(self) -> Iterator[tuple[int, int, str]]:
        i = self.first
        while i < self.end:
            if (match := self._trigger_at(i)) is not None:
                for kind in match.values:
                    yield i, match.used[-1] + 1, kind
                i = match.used[-1] + 1
            else:
                i += 1

    def _trigger_at(self, i: int) -> Match | None:
        match = TRIGGERS.longest(self.tokens, i)
        if match is None or self._free(match):
            return match
        # The phrase "known asthma" takes "known" out of "no known", which leaves the "no".
        alone = TRIGGERS.longest((self.tokens[i],), 0)
        return Match(alone.values, (i,)) if alone is not None and i not in self.inside else None

    def _free(self, match: Match) -> bool:
        opens_behind = len(match.used) > 1 and match.used[0] in self.tails
        return match.used[-1] < self.end and (opens_behind or not self.inside.intersection(match.used))

    def mark(self) -> None:
        """Mark every token of the sentence with what the triggers say."""
        for start, after, kind in self.triggers:
            getattr(self, f"_on_{kind}", self._nothing)(start, after)
        for i in range(self.first, self.end):
            if self._norm(i) == "?" and i + 1 < self.end:
                self._paint(i + 1, min(i + 4, self.end), Said.UNCERTAIN)

    def _nothing(self, start: int, after: int) -> None:
        """A trigger that only keeps its words from opening a scope."""

    def _paint(self, start: int, end: int, what: int) -> None:
        for i in range(start, end):
            self.said[i] |= what

    def _on_no(self, start: int, after: int) -> None:
        if self._norm(start) == "(-)":
            self._on_minus(start, after)
        elif self._norm(start) in _ANSWER_NO and self._answers(start, after):
            self._paint(self._back(start), start, Said.DENIED)
        else:
            limit = self.end if self._norm(start) not in ("negative", "absent") or after - start > 1 else min(self.end, after + 5)
            self._paint(after, self._scope_end(after, limit), Said.DENIED)

    def _on_no_behind(self, start: int, _after: int) -> None:
        # "Gallstones were not seen": to the clause's beginning.
        i = start
        while i > self.first and start - i < 9 and self._norm(i - 1) not in (",", "but", "("):
            i -= 1
        self._paint(i, start, Said.DENIED)

    def _on_minus(self, start: int, after: int) -> None:
        # "rash (-)" looks back, "(-) rash" looks ahead; either way to the next comma.
        if start > self.first and self.tokens[start - 1].word:
            self._paint(self._back(start), start, Said.DENIED)
        else:
            comma = next((j for j in range(after, self.end) if self._norm(j) in (",", "(+)")), self.end)
            self._paint(after, comma, Said.DENIED)

    def _answers(self, start: int, after: int) -> bool:
        # "fever: no, cough: yes", "troponin negative", "chills absent": the denial stands behind its finding.
        closes = after >= self.end or self._norm(after) in (",", ")", "and", "for", "x", "on", "at") or not self.tokens[after].word
        before = self._norm(start - 1)
        if before in (":", "=", "(") and self._norm(start) not in ("denied", "denies"):
            return closes
        named = start > self.first and (self.tokens[start - 1].word or before == ":")
        return closes and named and (after >= self.end or self._norm(start) not in ("no", "denies"))

    def _back(self, start: int) -> int:
        i = start
        while i > self.first and start - i < 7 and self._norm(i - 1) not in (",", "and", "but"):
            i -= 1
        return i

    def _scope_end(self, start: int, limit: int) -> int:
        i = start
        while i < limit and (i in self.stops or self._norm(i) == ":"):
            i += 1
        listed = any(self._norm(j) in ("or", "nor") for j in range(i, limit))
        last_comma = 0
        while i < limit:
            word = self._norm(i)
            if i in self.stops or word == "(":
                return i
            if word == ":":
                return last_comma or i
            if word == ",":
                if not (listed and self._or_ahead(i, limit)) and self._fresh_segment(i + 1, limit):
                    return i
                last_comma = i
            i += 1
        return limit

    def _or_ahead(self, i: int, limit: int) -> bool:
        return any(self._norm(j) in ("or", "nor") for j in range(i, limit))

    def _fresh_segment(self, i: int, limit: int) -> bool:
        # After "no fever," a segment such as "severe headache since Monday" speaks of something present.
        while i < limit and self._norm(i) != ",":
            if self._norm(i) in _FRESH or i in self.stops or self.tokens[i].norm == TAG:
                return True
            i += 1
        return False

    def _on_past(self, start: int, after: int) -> None:
        if any(self._norm(j) in _DURATION for j in range(start - 4, start)) or self._norm(start - 1) == "family":
            return
        short = self._norm(start) in ("prior", "previous", "previously", "resolved")
        limit = min(self.end, after + 4) if short else self.end
        end = after
        while end < limit and end not in self.stops:
            end += 1
        self._paint(after, end, Said.PAST)

    def _on_past_before(self, start: int, _after: int) -> None:
        begin = start
        while begin > self.first and self._norm(begin - 1) not in (",", "and", "but"):
            begin -= 1
        if not any(self._norm(j) in _NEW for j in range(begin, start)):
            self._paint(begin, start, Said.PAST)

    def _on_family(self, start: int, after: int) -> None:
        if self._norm(start) == "in":
            self._paint(self._back(start), start, Said.FAMILY)
        else:
            self._paint(after, self._until_person(after), Said.FAMILY)

    def _on_relative(self, start: int, after: int) -> None:
        near = [self._norm(j) for j in range(after, min(after + 3, self.end))]
        if near and near[0] in _RELATIVE_HAS and not any(word in _REPORTS for word in near):
            self._paint(after, self._until_person(after), Said.FAMILY)

    def _until_person(self, start: int) -> int:
        return next((j for j in range(start, self.end) if self._norm(j) in _PERSON), self.end)

    def _on_if(self, _start: int, after: int) -> None:
        end = next((j for j in range(after, self.end) if self._norm(j) in ("but", "however", ")")), self.end)
        self._paint(after, end, Said.HYPOTHETICAL)

    def _on_maybe(self, _start: int, after: int) -> None:
        self._paint(
            after,
            next((j for j in range(after, min(after + 4, self.end)) if self._norm(j) == ","), min(after + 4, self.end)),
            Said.UNCERTAIN,
        )


def _sections(tokens: Sequence[Token], said: list[int]) -> None:
    """Paint what stands under a heading such as `Family history:` until the next heading."""
    current = Said.NOTHING
    for i, token in enumerate(tokens):
        heading = _heading(tokens, i)
        if heading is not None:
            current = heading
        if token.norm == "\n" and i + 1 < len(tokens) and tokens[i + 1].norm == "\n":
            current = Said.NOTHING
        if current:
            said[i] |= current


def _heading(tokens: Sequence[Token], i: int) -> int | None:
    if i > 0 and tokens[i - 1].norm not in _BOUNDARY:
        return None
    words: list[str] = []
    for token in tokens[i : i + 5]:
        if token.norm == ":" and words:
            return _SECTIONS.get(tuple(words), Said.NOTHING)
        if not token.word:
            return None
        words.append(token.norm)
    return None
