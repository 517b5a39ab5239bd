"""What the issue lists one by one: each kind of identifier that real notes hold, found by rule."""

import pytest

from core.deid import detect
from core.deid.detect import detectors, find_all
from core.deid.normalise import shadow
from core.deid.note import Note
from core.model import Identity

KINDS = [
    ("relative", "Her daughter Imogen drove", "Imogen"),
    ("relative-brackets", "Selvi (wife) came too", "Selvi"),
    ("relative-lower", "her son mike was told", "mike"),
    ("clinician-role", "Pathologist Ebba Strand called", "Ebba Strand"),
    ("clinician-np", "started by NP Fenwick-Ojo", "Fenwick-Ojo"),
    ("interpreter", "through the interpreter Fatoumata", "Fatoumata"),
    ("driver", "the driver Earl waits", "Earl"),
    ("handover", "report from Dinah at seven", "Dinah"),
    ("initials", "pt J.M. verbalized understanding", "J.M"),
    ("nickname", 'He goes by "Ruby" at home', "Ruby"),
    ("nickname-between", 'Winifred "Freddie" Achterberg is here', "Freddie"),
    ("last-first", "Feldman, Robert A was seen", "Feldman, Robert A"),
    ("capitals", "STARK, JOHN A\nSEEN IN CLINIC TODAY FOR A COUGH", "STARK, JOHN A"),
    ("user-name", "HEP login wlo_shoulder and so on", "wlo_shoulder"),
    ("particle", "Dr. Jürgen von der Heide wrote", "Jürgen von der Heide"),
    ("diacritics", "Patient: Šárka Dvořáková", "Šárka Dvořáková"),
    ("word-april", "Mrs. April Dawn Summers was here", "April Dawn Summers"),
    ("eponym-surname", "Mr. Parkinson has a cough", "Parkinson"),
    ("drug-surname", "Ms. Allegra Vicks is here", "Allegra Vicks"),
    ("swift", "Dr. Swift agrees", "Swift"),
    ("graves", "Mr. Graves has no goitre", "Graves"),
    ("rank-pfc", "SOAP. PFC Dontavious Kell fell", "Dontavious Kell"),
    ("rank-cmdr", "Cmdr. Ngozi Vance was seen", "Ngozi Vance"),
    ("rank-det", "notified Det. Huck Ostrander", "Huck Ostrander"),
    ("title-abroad", "Señora Peña and Mme Diallo wait", "Peña"),
    ("list", "roommates Isaac and Bartholomew", "Bartholomew"),
    ("street", "lives at 66 Tannery Hill", "66 Tannery Hill"),
    ("street-lower", "the pharmacy on hickory grove rd", "hickory grove rd"),
    ("street-no-number", "hit on Catalpa Court last night", "Catalpa Court"),
    ("corner", "found at Fulton & 9th", "Fulton & 9th"),
    ("corner-lower", "the store at alameda and 4th", "alameda and 4th"),
    ("road", "crash on I-44 WB MM 118.4", "I-44 WB MM 118.4"),
    ("po-box", "mail to PO Box 771 please", "PO Box 771"),
    ("rural", "write to R.D. 2 Box 118 please", "R.D. 2 Box 118"),
    ("county", "She lives in Shelby County", "Shelby"),
    ("zip-cue", "zip 64999 on the form", "64999"),
    ("zip-state", "moved to Denver, CO 80299", "80299"),
    ("german-street", "wohnt Lindenstraße 14 im Ort", "Lindenstraße 14"),
    ("uk-postcode", "sent to MH4 9QQ today", "MH4 9QQ"),
    ("phone-uk", "ring 01632 960871 after two", "01632 960871"),
    ("phone-int", "call +34 946 555 018 now", "+34 946 555 018"),
    ("phone-brackets", "ring (01) 555 0181 now", "(01) 555 0181"),
    ("extension", "call 01632 555 0190 ext 4417", "4417"),
    ("extension-x", "SW Baptista x2207 will call", "x2207"),
    ("pager", "pager 555-0125 tonight", "555-0125"),
    ("bleep", "bleep 2255 tonight", "2255"),
    ("ten-digits", "call 5035550106 tonight", "5035550106"),
    ("last-four", "SSN ending 4408", "4408"),
    ("record-blank", "MRN WDH 0044718 in the header", "WDH 0044718"),
    ("record-short", "chart NG-881 pulled", "NG-881"),
    ("account", "acct TR 55-1902-7 closed", "TR 55-1902-7"),
    ("claim", "Workers' comp claim WC-2024-0091827", "WC-2024-0091827"),
    ("specimen", "Specimen BM-1142-24 drawn", "BM-1142-24"),
    ("study", "Subject ADH-004-017 withdrew", "ADH-004-017"),
    ("no-cue", "the sheet says MH-24-3317 at the top", "MH-24-3317"),
    ("npi", "NPI 1234567893", "1234567893"),
    ("dea", "DEA BM1234563", "BM1234563"),
    ("licence", "Reg. No. TN/MC/58812", "TN/MC/58812"),
    ("plate", "car reg KX71 ZZQ outside", "KX71 ZZQ"),
    ("tail", "tail VH-XQD inbound", "VH-XQD"),
    ("vin", "VIN 1HGCM82633A004352", "1HGCM82633A004352"),
    ("serial", "serial 8827-110-AX noted", "8827-110-AX"),
    ("lot", "lot MNE7K2 opened", "MNE7K2"),
    ("udi", "UDI (01)00999999000017(17)290831(10)LT6610F(21)40018800", "(01)00999999000017(17)290831(10)LT6610F(21)40018800"),
    ("url", "see ftp://pacs.example.org/out/x.zip now", "ftp://pacs.example.org/out/x.zip"),
    ("handle", "on @ghostin_thru tonight", "@ghostin_thru"),
    ("email", "mail to k.tutu@example.org", "k.tutu@example.org"),
    ("ipv4", "from 203.0.113.77 at noon", "203.0.113.77"),
    ("ipv6", "IP 2001:db8:4:0:0:0:0:19f", "2001:db8:4:0:0:0:0:19f"),
    ("mac", "MAC 00:00:5E:00:53:AF", "00:00:5E:00:53:AF"),
    ("coordinates", "GPS 38.5506, -90.4118", "38.5506, -90.4118"),
    ("biometric", "fingerprint ref FP-0098-2217", "FP-0098-2217"),
    ("photo", "photos DSC_00418.NEF kept", "DSC_00418.NEF"),
    ("hospital", "seen at Tamarack Falls Hospital", "Tamarack Falls Hospital"),
    ("place-of-care", "last seen at Cedar Crest in May", "Cedar Crest"),
    ("snf", "dispo Elm Terrace SNF", "Elm Terrace SNF"),
    ("employer", "He works at Corvid Freight", "Corvid Freight"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in KINDS], ids=[c[0] for c in KINDS])
def test_rules_find_each_kind(text: str, value: str) -> None:
    """The value goes by rules alone, the tagger unasked."""
    seen = shadow(text)
    found = list(detectors(Note(seen.text)))
    masked = {i for f in found if f.state == "masked" for i in range(*seen.span(f.start, f.end))}
    start = text.index(value)
    assert {i for i in range(start, start + len(value)) if text[i].isalnum()} <= masked


SAID_AS_CLINICAL = [
    "Parkinson disease, Graves disease, Addison disease and Bell palsy",
    "Wells score 4, PHQ-9 11, Child-Pugh B8",
    "Norco 10/325 and Percocet 5/325",
    "BP 130/85, HR 88",
    "He will need CT. It may help. Symptoms were worse in March.",
    "Keytruda, Tagrisso, Ozempic and Eliquis",
    "Fontan and Norwood stages; Pfannenstiel incision",
    "Salmonella on culture; Epstein-Barr negative",
    "EMPTY\nPOD2 WHIPPLE, NGT, KUB AM\nAPPENDICITIS, PYELO, CYSTO",
]


@pytest.mark.parametrize("text", SAID_AS_CLINICAL, ids=range(len(SAID_AS_CLINICAL)))
def test_rules_keep_what_is_clinical(text: str) -> None:
    """Eponyms, scores, doses, drugs and abbreviations stay, and are not even flagged."""
    assert find_all(Note(text), Identity(), (), bars=None) == []


def test_the_veto_yields_to_a_person() -> None:
    """The same word stays as a disease and goes as a man."""
    text = "Mr. Graves does not have Graves disease."
    assert [s.start for s in detect(text) if s.state == "masked"] == [4]
