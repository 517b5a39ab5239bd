"""Addresses that have no street: junctions by the numbers of their roads (`N4 JCT 5`, `RT 20 @ MAIN`), corners, plots and rural boxes
(`cnr Hume & Brolga`, `Erf 2207`, `Site 9 Box 14 RR 3`), quarters of towns (`Quartier Haoussa`), prisons (`HMP Scarrowfield`), places
in Nguni languages (`eMahlabeni`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.note import Note
from core.model import Category

_SAID = frozenset(("jct", "junction", "j", "rt", "rte", "hwy", "sr", "cr", "us", "fm"))
_JUNCTION = re.compile(r"(?<![\w/-])[AMN]\d{1,3},? (?:[Jj]ct|JCT|[Jj]unction|JUNCTION|J) ?\d{1,2}[A-Z]?(?![\w/])")
_CORNER = re.compile(
    r"(?<![\w/-])(?:RTE|RT|Rte|Rt|HWY|Hwy|SR|CR|FM|US)[ -]?\d{1,4} ?"
    r"(?:@|&|/|\bAT\b|\bat\b|\bAND\b|\band\b) ?(?P<other>[A-Z][A-Za-z]{2,15})\b"
)
_CORNERS = frozenset(("cnr", "corner", "crnr"))
_OF_TWO = re.compile(
    r"\b(?:[Cc]nr|CNR|[Cc]rnr|[Cc]orner|CORNER)\.? (?:of |OF )?[A-Z][\w'’-]{2,20}(?: [A-Z][\w'’-]{1,20}){0,2}"
    r" ?(?:&|and|AND|/|\+) ?[A-Z][\w'’-]{2,20}(?: (?:St|Street|Rd|Road|Ave|Avenue|Sts|Rds|ST|RD|AVE)\b\.?)?"
)
_PLOTS = words("roads.plots")
_PLOT = re.compile(
    r"(?<![\w/-])(?:(?:Erf|ERF|RMB|RSD|RMS|CMB)\.? (?:No\.? ?)?\d{2,6}[A-Z]?(?![\w/%]|[.,]\d)"
    r"|(?:Stand|STAND|Plot|PLOT|Portion)\.? (?:No\.? ?)?\d{3,6}[A-Z]?(?=,|\n|$)"
    r"|(?:(?:Site|SITE|Comp|COMP|Box|BOX|RR|R\.R\.|SS|GD|Stn|STN|Group|GRP) ?\d{1,4},? ?){2,4}(?![\w/%]))"
)
_QUARTERS = words("roads.quarters")
_QUARTER = re.compile(
    r"(?<![\w-])(?:[Qq]uartier|[Bb]arrio|[Cc]olonia|[Cc]ol\.|[Uu]rb\.|[Uu]rbanizaci[oó]n|[Kk]ampung|Kg\.|[Kk]ampong|[Mm]ohalla|[Mm]ahalla"
    r"|[Bb]arangay|[Bb]rgy\.?|[Pp]urok|[Ss]itio|[Tt]aluka?|[Tt]ehsil|[Mm]andal|[Bb]airro|[Ff]raccionamiento|[Rr]eparto|[Bb]usti|[Ww]ilayat?|[Vv]ereda)"
    r" (?:de |la |las |los |el |San |Santa )?[A-Z][\w'’-]{2,20}(?: [A-Z][\w'’-]{2,20})?"
    r"(?:,? (?:bloc|block|blk|ward|sector|phase) \w{1,4}(?!\w))?"
)


_PRISONS = frozenset(("hmp", "hmyoi", "yoi", "hmp/yoi", "irc"))
_PRISON = re.compile(r"\b(?:HMP(?:[ /&]{1,3}YOI)?|HMYOI|YOI|IRC) (?:The )?[A-Z][\w'’-]{2,20}(?: [A-Z][a-z'’-]{2,20})?")


_LOCATIVE = re.compile(r"(?<![\w.-])(?:e|kwa|o|Kwa)(?P<stem>[A-Z][a-z]{4,20})(?![\w-])")
_INNER_CAPITAL = re.compile(r"[eao](?=[A-Z][a-z]{4})")


def roads(note: Note) -> Iterator[Found]:
    """Each as one find."""
    for start, end in note.around(_SAID, 10, 32):
        for match in _JUNCTION.finditer(note.text, start, end):
            yield Found(*match.span(), Category.STREET, 0.85, "road")
        for match in _CORNER.finditer(note.text, start, end):
            if not look_up(match["other"].lower()).clinical:
                yield Found(*match.span(), Category.STREET, 0.85, "road")
    for gate, pattern, category in (
        (_CORNERS, _OF_TWO, Category.STREET),
        (_PLOTS, _PLOT, Category.STREET),
        (_QUARTERS, _QUARTER, Category.PLACE),
        (_PRISONS, _PRISON, Category.FACILITY),
    ):
        for start, end in note.around(gate, 24, 96):
            for match in pattern.finditer(note.text, start, end):
                yield Found(match.start(), match.start() + len(match[0].rstrip(" ,")), category, 0.85, "road")
    for match in _LOCATIVE.finditer(note.text) if _INNER_CAPITAL.search(note.text) else ():
        stem = look_up(match["stem"].lower())
        if stem.unknown or stem.first or stem.last:
            yield Found(*match.span(), Category.PLACE, 0.8, "road")
