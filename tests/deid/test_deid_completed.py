"""Whole words, user names, vehicles, codes that open something, sign-offs: what a part or a place in the text gives away."""

import pytest
from support.redacted import masked

from core.deid.completed import completed
from core.deid.found import Found
from core.deid.note import Note
from core.model import Category

GOES = [
    ("handle", "dispatch_ron: who has the pickup\nbigmike77: me\ndispatch_ron: ok, lift van", ["dispatch_ron", "bigmike77"]),
    ("timed-handle", "drtoor 01:13: ctx q?\nmbelanger_cnm 01:13: q2-3\ndrtoor 01:14: omw", ["drtoor", "mbelanger_cnm"]),
    ("user-of-a-surname", "Seen by J Muldrow on 3/2/24.\nchart opened by jmuldrow at 1147", ["jmuldrow"]),
    ("machine", "1911 REM morphine 2 mg x1 DESTEFANO,R for LACASSE,ARMAND", ["DESTEFANO,R", "LACASSE,ARMAND"]),
    ("medic", "Arrived 2314 by Medic 6, ESI 2.", ["6"]),
    ("van", "Transport: van 12 at 0900, driver waits.", ["12"]),
    ("crew-unit", "Harbor Ambulance, unit NT-3, two crew.", ["NT-3"]),
    ("aircraft", "Medevac: tail N0044Q, runway lights out.", ["N0044Q"]),
    ("door", "Let yourself in, door code 1608, dog is fine.", ["1608"]),
    ("key-box", "Key box on woodshed 2-5-1-8.", ["2-5-1-8"]),
    ("codeword", "No information by phone; codeword teapot, next of kin only.", ["teapot"]),
    ("watchword", 'Callers must give the word "LANTERN" before you speak.', ["LANTERN"]),
    ("plain-password", "ring him on the ward, password is custard", ["custard"]),
    ("province", "He moved here from Kettle Narrows, Manitoba, in spring.", ["Kettle Narrows", "Manitoba"]),
    ("province-of-two-words", "He moved from Kettle Narrows, Nova Scotia, to Wirrabilla.", ["Nova Scotia"]),
    ("private-bag", "Write to Private Bag 90417, Waipuna.", ["Private Bag 90417"]),
    ("password", "Camera in the nursery, password: zephyr!0630", ["zephyr!0630"]),
    ("internal", "Wound nurse paged 22-816.", ["22-816"]),
    ("option", "Call back 1-800-555-0181 opt 4 before noon.", ["opt 4"]),
    ("said-phone", "We close at nine, call five oh five one five five sixty-six ten. Thanks, Minh.", ["five oh five one five five"]),
    ("alias", "TR2 TRAUMA, XRAY-FOUR, female, GCS 6, to CT.", ["TRAUMA, XRAY-FOUR"]),
    ("rear", "Residence: rear of 16 Wall St, fl 3, with her son.", ["rear of 16 Wall St, fl 3"]),
    ("underpass", "Found at 14 Canal St underpass by a passer-by.", ["14 Canal St underpass"]),
    ("exit", "Crew passing Exit 27 at 0341, wrong lane.", ["Exit 27"]),
    ("us-route", "Took US Route 1, bridge closed.", ["US Route 1"]),
    ("firm", "Seen at Larkspur Shoals Dialysis #7, PSC, on 3/2/24.", ["#7"]),
    ("plan-letters", "Card declined: Medicaid ARK 43451943, called again.", ["ARK 43451943"]),
    ("hl7-user", "OBR|1|ORD50996|23-306|600-7^Bld Cx^LN|||202311070540|||TGAINES||||202311070612|BLD", ["TGAINES"]),
    ("hl7-authority", "PID|1||0071183^^^SVG^MR||ABUKAR^FARHIYA||19330704|F", ["SVG"]),
    ("received", "Fax from the ward. Received Jan 11 cjh", ["cjh"]),
    ("medical-assistant", "Stop Bactrim, CBC today. sg, MA", ["sg"]),
    ("said-day", "ESI on the sixth. Call her.", ["sixth"]),
    ("plural-title", "Deputies Sandstrom and Okonedo used OC.", ["Sandstrom", "Okonedo"]),
    ("call-sign", "C/S ROMEO 14 arrived 0650, patient loaded.", ["ROMEO 14"]),
    ("named-unit", "Transfer by UNIT RESCUE 63, crew B7 aboard.", ["RESCUE 63", "B7"]),
    ("motorway-junction", "Crash on the N4 JCT 5 northbound, airbag deployed.", ["N4 JCT 5"]),
    ("route-corner", "MVC RT 20 @ MAIN, extricated in nine minutes.", ["RT 20 @ MAIN"]),
    ("first-of-a-form", "Surname: Day     First: Sunday     Sex: M", ["Sunday"]),
    ("mothers-name", "PID|1||881204^^^OSB^MR||CROIX^MARIE|KEEPING|19430526|F", ["KEEPING"]),
    ("county", "Lives in county Roscommon with her son.", ["county Roscommon"]),
    ("nursing-home", "ELZINGA - SPC, FROM GALLOWS HILL NH, DRIVER WAITING", ["GALLOWS HILL NH"]),
    ("letter-ends-line", "BMI 34, K 3.1 replace. W\n> On 1/17/24, K Farrar wrote:\n> ok", ["W"]),
    ("extension", "call CM (Twyla, x55310) re infusion", ["x55310"]),
    ("whose-pager", "NBM FROM MIDNIGHT\nBLEEP DR OSULLIVAN 2071 FOR TTOS", ["2071"]),
    ("service-of-a-site", "Wattlebank Community Mental Health Service\nMedical review - 21 Oct 2024\nSeen at home.", ["Service"]),
    ("head-noun-between", "Referred to Wattlebank Community Mental Health Service today.", ["Mental Health Service"]),
    ("careful-in-quotes", 'Patient: Prudence Whitlow\nContainer labeled "Whitlow axilla", two cores.', ['"Whitlow']),
]


@pytest.mark.parametrize(("text", "values"), [c[1:] for c in GOES], ids=[c[0] for c in GOES])
def test_goes(text: str, values: list[str]) -> None:
    """No letter or digit of it is left."""
    seen = masked(text)
    for value in values:
        at = text.rindex(value)
        assert not any(c.isalnum() for c in seen[at : at + len(value)])


STAYS = [
    ("mask", "Fit test for N95 passed, flight crew away.", ["N95"]),
    ("first-of-steps", "First: check the airway. Last: call.", ["check", "call"]),
    ("intensive-unit", "UNIT ICU 3 full, two waiting.", ["ICU 3"]),
    ("drug-code", "gabapentin,300,68180-0722-04\namoxicillin,600,00143-9981-75", ["68180-0722-04", "00143-9981-75"]),
    ("race", "PID|1||0071183||ABUKAR^FARHIYA||19330704|F||2054-5|", ["2054-5"]),
    (
        "spaced-label",
        "D I S C H A R G E   I N S T R U C T I O N S\nLow salt, walk daily.",
        ["D I S C H A R G E", "I N S T R U C T I O N S"],
    ),
    ("title-not-drive", "Still on 2 L O2. Call Dr. Okonedo with the result.", ["Call Dr"]),
    ("article", "She returns on the 14th of March for a check.", ["on the "]),
    ("alarm", "Alarm 120 bpm, pressure alarm 45 set.", ["120", "45"]),
    ("code-status", "Code status: full code. Code blue at 0410.", ["full code", "Code blue"]),
    ("ordinal", "Chose the second, and tolerated it. On the first attempt he failed.", ["second", "first"]),
    ("self", "GT1|1||SELF|", ["SELF"]),
    ("van-hours", "Drove the van 48 h straight.", ["48"]),
    ("score-labels", "bp_sys: 120\nspo2_ra: 96\nbp_sys: 118", ["bp_sys", "spo2_ra"]),
    ("hour-behind-a-name", "Call Dr. Okonedo 1830 with labs. Bleep holder 0930.", ["1830"]),
    ("first-words", "Speech: says the word mama, repeats a word list.", ["mama", "list"]),
    ("password-protected", "Sent as a password protected file; password manager in use.", ["protected", "manager"]),
    ("state", "Trained in California, USA, for a year.", ["California", "USA"]),
    ("labs-with-commas", "CBC,BMP and PT,INR sent.", ["CBC,BMP", "PT,INR"]),
]


@pytest.mark.parametrize(("text", "kept"), [c[1:] for c in STAYS], ids=[c[0] for c in STAYS])
def test_stays(text: str, kept: list[str]) -> None:
    """What only looks like it is left alone."""
    seen = masked(text)
    assert all(value in seen for value in kept)


PARTS = [
    ("name", "Mrs. MacLel1an refuses", "MacLel1", Category.NAME, "MacLel1an"),
    ("user", "by dispatch_ron today", "ron", Category.NAME, "dispatch_ron"),
    ("double-name", "seen with Reyes-Dunn at", "Reyes", Category.NAME, "Reyes-Dunn"),
    ("day", "CT from 11-2~-23 was", "11-2", Category.DATE, "11-2~-23"),
    ("code", "form DPC241109-02 sent", "241109", Category.OTHER_ID, "DPC241109-02"),
    ("dose", "MRN 441mg given", "441", Category.MRN, "441"),
    ("role", "Okonedo-led rounds", "Okonedo", Category.NAME, "Okonedo"),
    ("credential", "Okonedo-RN signs", "Okonedo", Category.NAME, "Okonedo"),
]


@pytest.mark.parametrize(("text", "part", "category", "whole"), [c[1:] for c in PARTS], ids=[c[0] for c in PARTS])
def test_the_rest_of_a_word_goes_with_it(text: str, part: str, category: Category, whole: str) -> None:
    """A find inside a word grows to what is one with it, and no farther."""
    at = text.index(part)
    (item,) = completed([Found(at, at + len(part), category, 0.9, "tagger")], Note(text))
    assert text[item.start : item.end] == whole


def test_no_find_reaches_into_another() -> None:
    """Two finds in one word keep their border; a flag does not grow."""
    text = "AB12-CD34-EF"
    first, second = (Found(0, 4, Category.OTHER_ID, 0.9, "cue"), Found(5, 9, Category.OTHER_ID, 0.9, "cue", state="flagged"))
    assert [*completed([first, second], Note(text))] == [first, second]
