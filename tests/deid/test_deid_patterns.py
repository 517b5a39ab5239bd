"""What the pattern detectors mask, one identifier a row; all of it invented."""

import pytest

from core.deid import checks, detect
from core.model import Category

C = Category
CASES = [
    ("phone-dashes", "call 617-555-0142 today", "617-555-0142", C.PHONE),
    ("phone-parens", "tel (617) 555-0142", "(617) 555-0142", C.PHONE),
    ("phone-dots", "cell 617.555.0142", "617.555.0142", C.PHONE),
    ("phone-ext", "office 617-555-0142 ext. 33", "617-555-0142 ext. 33", C.PHONE),
    ("phone-intl", "reach her at +44 20 7946 0958", "+44 20 7946 0958", C.PHONE),
    ("phone-ten-digits", "mobile 6175550142 ok", "6175550142", C.PHONE),
    ("phone-seven", "call 555-0142", "555-0142", C.PHONE),
    ("phone-inner-french", "Appelez Dre Lavoie, poste 4418; merci", "4418", C.PHONE),
    ("phone-inner-czech", "blood bank kl. 4471. Checked", "4471", C.PHONE),
    ("phone-inner-dialled", "dial 2-4471 for the ward", "2-4471", C.PHONE),
    ("fax", "Fax: 617-555-0199", "617-555-0199", C.FAX),
    ("email", "mail jane.mai@example.org please", "jane.mai@example.org", C.EMAIL),
    ("url", "see https://portal.example.org/p/77 for it", "https://portal.example.org/p/77", C.URL),
    ("ip", "from 203.0.113.77 at night", "203.0.113.77", C.IP),
    ("ipv6", "from 2001:db8:0:1:2:3:4:5 at night", "2001:db8:0:1:2:3:4:5", C.IP),
    ("mac", "device at 00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5E", C.IP),
    ("ssn", "SSN 123-45-6789", "123-45-6789", C.SSN),
    ("ssn-spaces", "social 123 45 6789", "123 45 6789", C.SSN),
    ("ssn-last-four", "SSN last 4: 6789", "6789", C.SSN),
    ("ssn-starred", "ssn ***-**-6789", "***-**-6789", C.SSN),
    ("mrn", "MRN: 0766619", "0766619", C.MRN),
    ("mrn-hyphens", "MRN 998-87-77", "998-87-77", C.MRN),
    ("mrn-letters", "medical record no. SMH-00412", "SMH-00412", C.MRN),
    ("plan", "member ID 301-467-300", "301-467-300", C.HEALTH_PLAN),
    ("policy", "policy number HPB-987654", "HPB-987654", C.HEALTH_PLAN),
    ("account", "acct #15275892", "#15275892", C.ACCOUNT),
    ("card", "card 4111 1111 1111 1111", "4111 1111 1111 1111", C.ACCOUNT),
    ("licence", "driver license V0075400", "V0075400", C.LICENSE),
    ("npi", "NPI 1234567893", "1234567893", C.LICENSE),
    ("dea", "DEA AB1234563", "AB1234563", C.LICENSE),
    ("vin", "VIN 1M8GDM9AXKP042788", "1M8GDM9AXKP042788", C.VEHICLE),
    ("plate", "license plate PAS 9096", "PAS 9096", C.VEHICLE),
    ("serial", "pacemaker serial number NVA911114P", "NVA911114P", C.DEVICE),
    ("specimen", "accession #S23-4471", "#S23-4471", C.OTHER_ID),
    ("bare-number", "quoted 48151623 again", "48151623", C.OTHER_ID),
    ("biometric", "fingerprint ID: FP-88213", "FP-88213", C.BIOMETRIC),
    ("photo", "see photo jmai_face.jpg", "jmai_face.jpg", C.PHOTO),
    ("age", "a 97-year-old man", "97", C.AGE),
    ("age-words", "ninety-three years old", "ninety-three", C.AGE),
    ("age-short", "93yo F", "93", C.AGE),
    ("street", "lives at 12 Oak Street, Apt 4", "12 Oak Street, Apt 4", C.STREET),
    ("street-lower", "lives at 88 maple avenue", "88 maple avenue", C.STREET),
    ("po-box", "PO Box 4471", "PO Box 4471", C.STREET),
    ("city", "moved here from Boston", "Boston", C.PLACE),
    ("city-state", "lives in Springfield, IL", "Springfield, IL", C.PLACE),
    ("zip", "Denver, CO 80202", "80202", C.ZIP),
    ("zip-cue", "zip code 80202", "80202", C.ZIP),
    ("hospital", "seen at St. Mary's Hospital", "St. Mary's Hospital", C.FACILITY),
    ("clinic", "from Elm Clinic", "Elm Clinic", C.FACILITY),
    ("system", "care at Mayo Clinic", "Mayo Clinic", C.FACILITY),
    ("employer", "works at Gilmore LLC", "Gilmore LLC", C.FACILITY),
]


@pytest.mark.parametrize(("text", "value", "category"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_identifier_is_masked_whole_under_its_category(text: str, value: str, category: C) -> None:
    """Each identifier is covered from end to end and named rightly."""
    start = text.index(value)
    covered = [s for s in detect(text) if s.state == "masked" and s.start < start + len(value) and start < s.end]
    letters = {i for i in range(start, start + len(value)) if text[i].isalnum()}
    assert letters <= {i for s in covered for i in range(s.start, s.end)}
    assert category in {s.category for s in covered}


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.npi, "1234567893", "1234567890"),
        (checks.dea, "AB1234563", "AB1234567"),
        (checks.vin, "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
    ],
    ids=["npi", "dea", "vin"],
)
def test_check_digits_tell_valid_from_altered(check, good: str, bad: str) -> None:
    """A published valid example passes and one altered digit fails."""
    assert check(good)
    assert not check(bad)
