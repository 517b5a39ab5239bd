"""Who typed, signed or was spoken to; what belongs to a find beside it; more of a kind with it."""

import pytest

from core.deid import detect


def covered(text: str, value: str) -> bool:
    """Whether every letter and digit of the value's last occurrence is masked."""
    start = text.rindex(value)
    masked = {i for s in detect(text) if s.state == "masked" for i in range(s.start, s.end)}
    return {i for i in range(start, start + len(value)) if text[i].isalnum()} <= masked


GOES = [
    ("typist-label", "Dictated: BV   Transcribed: hjw   Job# 4410288", "hjw"),
    ("typist-under", "The wound is clean.\n\nBVK:pj   D: 04/02/24  T: 04/03/24", "BVK:pj"),
    ("typist-slash", "Yours sincerely\n\nMVT/kdw\ncc: file", "kdw"),
    ("typist-brackets", "Representative sections in A1-A4. (vkw/PA)", "vkw"),
    ("signer-dash", "Bed alarm on, hearing aids in drawer - kv RN", "kv"),
    ("signer-rank", "Next change Thursday - dvw, CWOCN", "dvw"),
    ("signer-stamp", "Happy to go home.\n\nVK 14/5/24 2310", "VK"),
    ("spoken-to", "Will d/w KVB and the pain team", "KVB"),
    ("tech", "leak test pass, tech WVK", "WVK"),
    ("letter-above-a-quote", "Please replace the form.\nW\n> On 1/17/24, K Farrar wrote:", "W\n"),
    ("thanks", "Bed 4 is clean. Cheers Bex", "Bex"),
    ("parting", "Can you ring him back?\nBest,\nIngrid T.", "Ingrid T"),
    ("doctor-letter", "thanks for the help - dr v", "v"),
    ("late-entry", "Seen on the ward.\n\nAddendum 12/19 8:20 AM, kvb: pharmacy rang", "kvb"),
    ("typed-last", "cc: file\nread and agreed /transcribed kvw\n\nseen later", "kvw"),
    ("last-line", "He is doing fine today and asks for you.\nkvb", "kvb"),
    ("chat", "mvance7: bed 4 ready?\nkim.o: yes\nmvance7: ty\nkim.o: np", "kim.o"),
    ("weekday", "Booked for Thurs 4/18 at noon", "Thurs 4/18"),
    ("weekday-full", "Clinic on Friday 9/20/24 with labs", "Friday 9/20/24"),
    ("baby", "BABY BOY OKORO (34 w), MRN N0033812", "BABY BOY OKORO"),
    ("county", "9 Ard Mhuire, Oranmore, Co. Galway", "Co. Galway"),
    ("casino", "found outside Juniper Wind Casino by a guard", "Juniper Wind Casino"),
    ("river-town", "lives in Freiburg i. Br. with her son", "Freiburg i. Br."),
    ("reservoir", "burnt at a picnic on Crane Prairie Reservoir in June", "Crane Prairie Reservoir"),
    ("lake", "they camp at Lake Orrin each summer", "Lake Orrin"),
    ("parents", "Parents Adaeze and Obiora are at the bedside", "Obiora"),
    ("last-first-initial", "RM3 0800 DE LA VEGA, M  HERNIA - DR PRYCE", "DE LA VEGA, M"),
    ("highway", "ejected on I-84 WB mm 52.6, silver sedan", "I-84 WB mm 52.6"),
    ("route-box", "TEL 956-555-0180  RTE 7 BX 31 SAN BENITO", "RTE 7 BX 31"),
    ("farm-road", "mail to 31 FARM RD 9, LOS FRESNOS", "31 FARM RD 9"),
    ("short-phone", "K 6.8, RN CHO CALLED 2-7715", "2-7715"),
    ("spaced-extension", "Mongolian interp x 6120, cat 2 earlier", "x 6120"),
    ("veiled", "Aadhaar xxxx xxxx 3391 on file", "3391"),
    ("half-read-plate", "grey van, partial plate KT?-82, no driver", "KT?-82"),
    ("next-of-a-list", "PATH: slides 24-S-0933, 24-S-0951 to consult", "24-S-0951"),
    ("last-part", "Specimen B24-00091 received.\nLow volume on 00091, recollect", "00091"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in GOES], ids=[c[0] for c in GOES])
def test_it_goes(text: str, value: str) -> None:
    """What stands where one signs, and what belongs to a find, is masked whole."""
    assert covered(text, value)


STAYS = """
CV: rrr
GU: wnl
HR/bp stable overnight
Follow up in clinic - prn
Plan as above - ok
CXR 4/5 views negative
Seen by PT and OT
d/w GI and IR
tech CT done
Please call. Thanks, Pharmacy
Thanks. Team
Called by EMS
Addendum 12/19 0820: bun: 14
Team at Lake of the eye level
""".strip().splitlines()


@pytest.mark.parametrize("text", STAYS)
def test_abbreviations_are_no_initials(text: str) -> None:
    """Clinical abbreviations at a place where one signs stay."""
    assert [text[s.start : s.end] for s in detect(text) if s.detector in ("signed", "land")] == []
