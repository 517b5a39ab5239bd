"""Classic presentations of children, women, skin, mind, injuries, eyes and ears, written for this repo: right among the first three."""

from __future__ import annotations

import pytest

from core.model import Demographics, Sex, age_range_of
from core.reference import ReferenceEngine

ENGINE = ReferenceEngine.load()

CLASSIC = [
    ("fallot", 1, "female", "Q21.3", "Turns blue when crying and squats to recover. Harsh ejection murmur. X-ray: boot-shaped heart."),
    (
        "duodenal-atresia",
        0,
        "male",
        "Q41.0",
        "Newborn with bilious vomiting since the first feed, polyhydramnios. X-ray: double bubble, no distal gas.",
    ),
    (
        "hirschsprung",
        0,
        "male",
        "Q43.1",
        "Three-day-old who has not passed meconium, distended abdomen, empty rectum and a gush of stool on rectal examination.",
    ),
    (
        "surfactant",
        0,
        "male",
        "P22.0",
        "Born at 29 weeks, grunting and nasal flaring soon after birth. X-ray ground glass with air bronchograms.",
    ),
    (
        "atresia-bile",
        0,
        "female",
        "Q44.2",
        "Five weeks old, jaundiced infant with pale stools and dark urine, liver enlarged. Direct bilirubin elevated.",
    ),
    (
        "cystic-fibrosis",
        5,
        "female",
        "E84.9",
        "Recurrent pneumonia, greasy stools, poor weight gain and nasal polyps. Sweat chloride elevated.",
    ),
    (
        "wilms",
        3,
        "male",
        "C64.2",
        "Mother felt a lump during his bath: smooth abdominal mass, hematuria, high blood pressure. Ultrasound: mass arising from kidney.",
    ),
    (
        "neuroblastoma",
        2,
        "female",
        "C74.90",
        "Abdominal mass crosses the midline, raccoon eyes, weight loss, bone pain. Urine VMA and HVA raised.",
    ),
    (
        "rickets",
        1,
        "male",
        "E55.0",
        "Bow legs, rachitic rosary, exclusively breastfed without vitamin D. Vitamin D low, alkaline phosphatase elevated.",
    ),
    (
        "fragile-x",
        9,
        "male",
        "Q99.2",
        "Intellectual disability, hand flapping, long face, large ears and enlarged testes; CGG repeat expansion.",
    ),
    ("slapped-cheek", 7, "female", "B08.3", "Bright red cheeks for two days, now a lacy rash on the arms, low fever and runny nose."),
    (
        "slipped-epiphysis",
        13,
        "male",
        "M93.003",
        "Obese boy with groin pain and limp for weeks, knee pain, limited internal rotation of the hip. No fever.",
    ),
    (
        "previa",
        33,
        "female",
        "O44.10",
        "Painless vaginal bleeding at 33 weeks of pregnancy, previous cesarean. Ultrasound: placenta covering the os.",
    ),
    (
        "mole",
        24,
        "female",
        "O01.9",
        "Vaginal bleeding at 10 weeks, severe vomiting, uterus larger than dates. Ultrasound snowstorm, hCG markedly elevated.",
    ),
    (
        "endometriosis",
        29,
        "female",
        "N80.9",
        "Painful periods for years, pain with intercourse, unable to conceive. Fixed retroverted uterus with uterosacral nodularity.",
    ),
    (
        "pcos",
        25,
        "female",
        "E28.2",
        "Irregular periods, hirsutism, acne and weight gain. Free testosterone elevated. Ultrasound: polycystic ovaries.",
    ),
    ("endometrium", 64, "female", "C54.1", "Postmenopausal bleeding for a month, obese. Ultrasound: thickened endometrium."),
    ("vaginosis", 27, "female", "N76.0", "Thin gray discharge with fishy odor. Clue cells on wet mount, whiff test positive."),
    ("psoriasis", 34, "male", "L40.0", "Itchy plaques with silvery scale on elbows and knees, pitting of the nails."),
    ("scabies", 22, "male", "B86", "Intense itching worse at night, roommate itches too. Burrows in the finger webs."),
    (
        "melanoma",
        58,
        "female",
        "C43.9",
        "A mole on the calf has grown and darkened, irregular border, several colors; many sunburns as a girl. It bleeds at times.",
    ),
    (
        "pemphigoid",
        79,
        "male",
        "L12.0",
        "Tense bullae on itchy red skin of the thighs. Biopsy: linear IgG and C3 at the basement membrane zone. Eosinophilia.",
    ),
    (
        "neuroleptic",
        31,
        "male",
        "G21.0",
        "Started haloperidol last week. Fever, lead-pipe rigidity, confused, sweating. T 40.1, HR 132. Creatine kinase elevated.",
    ),
    (
        "anorexia",
        17,
        "female",
        "F50.00",
        "Fear of gaining weight, restricts food, exercises for hours, periods stopped. BMI of 15, lanugo, HR 44.",
    ),
    ("ptsd", 29, "male", "F43.10", "Veteran with flashbacks and nightmares for a year, avoids crowds, easily startled, sleeps badly."),
    (
        "frozen-shoulder",
        54,
        "female",
        "M75.00",
        "Stiff, painful shoulder for five months, diabetes. Active and passive range of motion both restricted.",
    ),
    (
        "cruciate",
        20,
        "female",
        "S83.519A",
        "Heard a pop in the knee while pivoting at soccer, swollen at once, gives way. Lachman positive.",
    ),
    (
        "fat-embolism",
        23,
        "male",
        "T79.1XXA",
        "Two days after femur fracture: short of breath, confused, petechiae on the chest. SpO2 86%, HR 124.",
    ),
    (
        "retinal-artery",
        71,
        "male",
        "H34.10",
        "Sudden painless loss of vision in the right eye. Pale retina with cherry-red spot. Atrial fibrillation.",
    ),
    (
        "contact-lens",
        26,
        "female",
        "H16.9",
        "Sleeps in contact lenses; painful red eye, photophobia, blurred vision. Corneal infiltrate with fluorescein uptake.",
    ),
    (
        "testis-tumor",
        28,
        "male",
        "C62.90",
        "Painless lump in the left testicle, heaviness, does not transilluminate. Beta-hCG and alpha-fetoprotein elevated.",
    ),
    (
        "bladder-tumor",
        69,
        "male",
        "C67.9",
        "Painless gross hematuria twice this month, smokes 40 cigarettes. No fever, no dysuria. Cystoscopy shows a mass.",
    ),
]


@pytest.mark.parametrize(("age", "sex", "code", "text"), [pytest.param(*case[1:], id=case[0]) for case in CLASSIC])
def test_classic_presentation_of_a_specialty(age: int, sex: str, code: str, text: str) -> None:
    """A classic presentation has its condition among the first three, and the answer isn't an abstention."""
    found = ENGINE.assess({"symptoms": text}, Demographics(age_range_of(age), Sex(sex), age))
    assert code in [d.icd10cm for d in found.differential[:3]], found.abstain_reason or [d.diagnosis for d in found.differential[:3]]
