"""Structure tells what a value is: labels, tables, HL7 fields, JSON, boards, and texts set so that words come apart."""

import pytest

from core.deid import detect
from core.deid.labels import KEPT, kind_of
from core.deid.readings import readings
from core.model import Category


def covered(text: str, value: str) -> bool:
    """Whether every letter and digit of the value's first occurrence is masked."""
    start = text.index(value)
    masked = {i for s in detect(text) if s.state == "masked" for i in range(s.start, s.end)}
    return {i for i in range(start, start + len(value)) if text[i].isalnum()} <= masked


LABELS = [
    ("DOB", Category.DATE),
    ("pt_last_name", Category.NAME),
    ("birthDate", Category.DATE),
    ("Patient ID", Category.MRN),
    ("Next of kin", Category.NAME),
    ("next_visit", Category.DATE),
    ("postalCode", Category.ZIP),
    ("Emergency contact phone", Category.PHONE),
    ("Hospital name", Category.FACILITY),
    ("Lot", Category.DEVICE),
    ("Drug name", KEPT),
    ("Dx", KEPT),
    ("a1c", None),
]


@pytest.mark.parametrize(("label", "kind"), LABELS, ids=[c[0] for c in LABELS])
def test_label_tells_its_kind(label: str, kind: Category | str | None) -> None:
    """Words of a label, however joined, settle what its values are."""
    assert kind_of(label) == kind


CSV = (
    "mrn,last,first,dob,zip,a1c,next_visit\n10460,Frost,Summer,1990-07-19,64998,11.2,2025-01-30\n"
    "10503,Banks,Rusty,1955-10-10,66012,8.8,2025-02-19"
)
TAB = "Date\tPatient\tMRN\tDrug\n6/3/22\tFontaine, E.\t118204\tKenalog\n6/7/22\tTso, H.\t120933\tToradol"
PIPE = (
    "| Case | Patient | Surgeon | Lot |\n|---|---|---|---|\n| 1 | P. Hargreave | Dunmore | LT7788A |\n| 2 | I. Castle | Dunmore | LT7791C |"
)
ALIGNED = (
    "RM    PT             AGE  DX             RES\n"
    "401   OYELARAN       44   SBO            PRATT\n"
    "405   XIONG          93   APPENDICITIS   COLE"
)
HL7 = (
    "MSH|^~\\&|ADT1|MERIDIAN BAY|LAB|X|20240517083012||ADT^A08|MSG00417722|P|2.5\n"
    "PID|1||900417722^^^MB^MR~987-65-4329^^^SSA^SS||ABERNATHY^ROSALIND^T||19440822|F||B|"
    "88 CANNERY ROW^^PORT LOREN^CA^93999||^PRN^PH^^^831^5550143\n"
    "NK1|1|MOSS^WINSLOW|SPO|5 ALDER SPIT RD|(831)555-0144\n"
    "PV1|1|I|3N^3014||||1245319599^TREMBLAY^ODETTE^^^^MD\n"
    "IN1|1|X|Y|Z|PO BOX 4410^^ELLIS^WA^98999||8005550170|GRP55120||||||||QUILL^INGA^L||19860704"
)
JSON = (
    '{"id":"pt-88f1-0417","identifier":[{"value":"0091-7718"}],"name":[{"family":"Castellanos","given":["Xiomara","Ines"]}],'
    '"birthDate":"1983-12-29","address":[{"line":["7 Calle Luna"],"city":"Rio Bermejo","postalCode":"00999"}],'
    '"generalPractitioner":[{"display":"Ulises Montanez"}],"code":{"text":"Parkinson disease"}}'
)
VALUES = [
    ("csv-number", CSV, "10503"),
    ("csv-names-that-are-words", CSV, "Banks,Rusty"),
    ("csv-date", CSV, "1990-07-19"),
    ("csv-zip", CSV, "64998"),
    ("csv-visit", CSV, "2025-02-19"),
    ("tab-name", TAB, "Tso, H"),
    ("tab-number", TAB, "120933"),
    ("pipe-surgeon", PIPE, "Dunmore"),
    ("pipe-lot", PIPE, "LT7788A"),
    ("aligned-name", ALIGNED, "OYELARAN"),
    ("aligned-resident", ALIGNED, "COLE"),
    ("aligned-age", ALIGNED, "93"),
    ("hl7-facility", HL7, "MERIDIAN BAY"),
    ("hl7-time", HL7, "20240517083012"),
    ("hl7-record", HL7, "900417722"),
    ("hl7-ssn", HL7, "987-65-4329"),
    ("hl7-name", HL7, "ABERNATHY^ROSALIND^T"),
    ("hl7-birth", HL7, "19440822"),
    ("hl7-street", HL7, "88 CANNERY ROW"),
    ("hl7-city", HL7, "PORT LOREN"),
    ("hl7-zip", HL7, "93999"),
    ("hl7-phone", HL7, "831^5550143"),
    ("hl7-kin", HL7, "MOSS^WINSLOW"),
    ("hl7-clinician", HL7, "TREMBLAY^ODETTE"),
    ("hl7-licence", HL7, "1245319599"),
    ("hl7-group", HL7, "GRP55120"),
    ("hl7-insured", HL7, "QUILL^INGA^L"),
    ("json-id", JSON, "pt-88f1-0417"),
    ("json-family", JSON, "Castellanos"),
    ("json-given", JSON, "Ines"),
    ("json-line", JSON, "7 Calle Luna"),
    ("json-city", JSON, "Rio Bermejo"),
    ("json-display", JSON, "Ulises Montanez"),
    ("xml", "<patient><LastName>Obuya</LastName><dob>1971-03-02</dob></patient>", "Obuya"),
    ("form-surname", "Surname: Obuya  Other names: Wanjiru  Village: Kambi Juu", "Obuya"),
    ("form-village", "Surname: Obuya  Other names: Wanjiru  Village: Kambi Juu", "Kambi Juu"),
    ("form-dots", "Maiden/alias ..... E. T. Birdsong\nCounty ........... Clackamore", "Birdsong"),
    ("form-county", "Maiden/alias ..... E. T. Birdsong\nCounty ........... Clackamore", "Clackamore"),
    ("board-last-first", "SURGERY\n3A  BLACK, JO   SBO    NPO\n3B  WHITE, L    APPY   HOME\n4A  REED, K     CHF    TELE", "WHITE, L"),
    ("board-age", "TELE\nBed 4 LAVAR, D 33M CHF\n", "LAVAR, D"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in VALUES], ids=[c[0] for c in VALUES])
def test_structure_gives_a_value_away(text: str, value: str) -> None:
    """Where a column, field, key or row says what stands there, it goes, be it an everyday word."""
    assert covered(text, value)


KEPT_VALUES = [
    ("csv-result", CSV, "11.2"),
    ("tab-drug", TAB, "Kenalog"),
    ("aligned-diagnosis", ALIGNED, "APPENDICITIS"),
    ("json-condition", JSON, "Parkinson disease"),
    ("hl7-sex-type", HL7, "ADT"),
    ("results-only", "test,result,units,flag\nWestergren rate,18,mm/h,H\nCoombs,neg,,", "Coombs"),
    ("lab-table", "component,value,units,range\nWestergren ESR,18,mm/h,0-20\nBartonella henselae,1:64,titer,<1:64", "Westergren ESR"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in KEPT_VALUES], ids=[c[0] for c in KEPT_VALUES])
def test_clinical_columns_stay(text: str, value: str) -> None:
    """Results, drugs and diagnoses in a table are no identifiers."""
    start = text.index(value)
    assert not any(s.start < start + len(value) and start < s.end for s in detect(text))


SET_APART = [
    ("letters-lower", "dictating for doctor h a l l o r a n today", "h a l l o r a n"),
    ("letters-hyphened", "the name is N-A-K-A-M-U-R-A on the chart", "N-A-K-A-M-U-R-A"),
    ("capitals", "R E : S O L V E I G   T H O R S E N", "S O L V E I G   T H O R S E N"),
    ("digits", "soc sec 9 8 7 - 6 5 - 4 3 2 0 on file", "9 8 7 - 6 5 - 4 3 2 0"),
    ("record", "M R N : 4 4 7 1 9 8", "4 4 7 1 9 8"),
    ("number-over-lines", "Rec. no. AH-00-\n23841 was sent", "AH-00-\n23841"),
    ("phone-over-lines", "call (678) 555-\n0113 today", "(678) 555-\n0113"),
    ("ssn-over-lines", "SSN 987-\n65-4329 is wrong", "987-\n65-4329"),
    ("mail-over-lines", "mail a.obuya@\nexample.org please", "a.obuya@\nexample.org"),
    ("html", "seen by Dr.&nbsp;<b>Okafor</b> and Mr.<i> Feldman</i>", "Okafor"),
    ("rtf", "{\\rtf1 Patient: \\b Jane\\b0  Okafor\\par}", "Okafor"),
    ("scanned-date", "seen O3/l4/2O24 in clinic", "O3/l4/2O24"),
    ("scanned-phone", "fax 5O5-555-Ol33 today", "5O5-555-Ol33"),
    ("scanned-name", "Pat1ent: J0hn Kess1er", "J0hn Kess1er"),
    ("scanned-age", "a woman, 9l yrs, frail", "9l"),
    ("radio-name", "he is spelled papa echo tango whiskey, over", "papa echo tango whiskey"),
    ("radio-code", "callsign bravo two five kilo mike inbound", "bravo two five kilo mike"),
    ("said-number", "fax five five five oh one eight two please", "five five five oh one eight two"),
    ("said-date", "born march twelfth nineteen fifty eight", "march twelfth nineteen fifty eight"),
    ("said-day", "seen the fourteenth of June", "fourteenth of June"),
    ("said-age", "She is ninety-four and frail", "ninety-four"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in SET_APART], ids=[c[0] for c in SET_APART])
def test_setting_hides_nothing(text: str, value: str) -> None:
    """Letters set apart or scanned wrong, lines broken inside a number, markup and words for digits are read as meant."""
    assert covered(text, value)


STAYS = [
    ("pressure-set-apart", "B P  1 3 0 / 8 0"),
    ("counting", "recalled one two three four five"),
    ("scanned-stage", "Stage lll CKD, B12 1000, L5-S1, I/O 1450/2200"),
    ("gene", "JAK2 V617F, G20210A, C282Y"),
    ("codes", "CPT 99214, LOINC 2160-0, CMS-1500"),
    ("hotline", "Poison control 1-800-222-1222"),
]


@pytest.mark.parametrize("text", [c[1] for c in STAYS], ids=[c[0] for c in STAYS])
def test_what_only_looks_set_apart_stays(text: str) -> None:
    """Pressures, counting, stages and codes are no identifiers."""
    assert [text[s.start : s.end] for s in detect(text) if s.state == "masked"] == []


def test_a_long_text_is_reread_only_around_what_is_joined() -> None:
    """One broken number in a long text costs a second reading of its surroundings, not of the whole, and is found all the same."""
    line = "The patient slept well and ate a little.\n"
    text = line * 2000 + "Rec. no. AH-00-\n23841 was sent\n" + line * 2000 + "Signed N-A-K-A-M-U-R-A\n" + line * 100
    parts = list(readings(text))
    assert sum(len(part.text) for part in parts) < 20_000
    for part in parts:
        assert all(text[at] == char for at, char in zip(part.at, part.text, strict=True))
        assert all(part.text[a:b] == "NAKAMURA" for a, b in part.spelled)
    assert covered(text, "AH-00-\n23841")
    assert covered(text, "N-A-K-A-M-U-R-A")
