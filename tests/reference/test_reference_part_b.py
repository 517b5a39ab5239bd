"""Classic presentations of internal medicine, neurology, infections and toxicology, written for this repo."""

from __future__ import annotations

import pytest

from core.model import Demographics, Sex, age_range_of
from core.reference import ReferenceEngine

ENGINE = ReferenceEngine.load()

# id, age, sex, code, case in one text
CLASSIC = [
    (
        "b12",
        67,
        "female",
        "D51.0",
        "Tired for months, numb feet and unsteady. Pale, smooth sore tongue, loss of vibration sense, "
        "positive Romberg. MCV elevated, hypersegmented neutrophils, low B12.",
    ),
    (
        "spherocytosis",
        15,
        "male",
        "D58.0",
        "Yellow eyes and fatigue. Father had a splenectomy. Splenomegaly, pallor. Smear with spherocytes, "
        "reticulocytosis, direct Coombs test negative.",
    ),
    (
        "myeloma",
        70,
        "male",
        "C90.00",
        "Back pain and bone pain for two months, fatigue. Hb 8.9, calcium 11.8 mg/dL, creatinine 2.4, "
        "rouleaux, M spike, punched-out lesions of the skull.",
    ),
    (
        "hodgkin",
        24,
        "female",
        "C81.90",
        "Painless rubbery lump in the neck, night sweats and weight loss, itching. Mediastinal mass. Biopsy: Reed-Sternberg cells.",
    ),
    (
        "polycythemia",
        61,
        "male",
        "D45",
        "Headache and itching after a hot shower. Ruddy face, splenomegaly. Hematocrit 60 %, low erythropoietin, JAK2 V617F mutation.",
    ),
    (
        "pancreas",
        68,
        "male",
        "C25.9",
        "Painless jaundice, pale stools and weight loss. Palpable non-tender gallbladder. CA 19-9 raised, "
        "mass in the head of the pancreas.",
    ),
    (
        "pheo",
        42,
        "female",
        "D35.00",
        "Spells of headache, sweating and palpitations. BP 210/120, pale. Elevated plasma metanephrines, adrenal mass on CT.",
    ),
    (
        "cushing",
        38,
        "female",
        "E24.9",
        "Weight gain, easy bruising, irregular periods. Moon face, purple striae, proximal muscle weakness, "
        "BP 165/100. Cortisol elevated after dexamethasone suppression.",
    ),
    (
        "acromegaly",
        46,
        "male",
        "E22.0",
        "Headache and sweating, ring no longer fits and shoe size increased. Prominent jaw, large tongue. "
        "IGF-1 elevated, pituitary adenoma.",
    ),
    (
        "siadh",
        66,
        "male",
        "E22.2",
        "Confused and nauseated. Smoker with a lung mass. Sodium 118, low serum osmolality, urine osmolality "
        "elevated, urine sodium elevated.",
    ),
    (
        "lupus",
        27,
        "female",
        "M32.9",
        "Joint pain in hands, fatigue, rash on the cheeks after sun exposure, mouth ulcers, hair loss. ANA "
        "positive, anti-dsDNA, low complement.",
    ),
    (
        "dermatomyositis",
        54,
        "female",
        "M33.10",
        "Difficulty climbing stairs and combing her hair. Violaceous rash of the eyelids and papules over the"
        " knuckles. CK elevated, anti-Jo-1.",
    ),
    (
        "wegener",
        49,
        "male",
        "M31.30",
        "Nasal crusting and chronic sinusitis, coughing up blood, dark urine. Saddle nose. c-ANCA positive, "
        "red cell casts, cavitary nodules in the lungs.",
    ),
    (
        "spondylitis",
        26,
        "male",
        "M45.9",
        "Low back pain and morning stiffness for a year, better with exercise. Reduced lumbar flexion with "
        "positive Schober test. HLA-B27 positive, sacroiliitis.",
    ),
    (
        "psgn",
        8,
        "male",
        "N00.9",
        "Puffy face and cola-colored urine. Sore throat two weeks ago. BP 150/95. Red cell casts, low C3, ASO titer elevated.",
    ),
    (
        "ain",
        58,
        "female",
        "N12",
        "Fever and rash since she started taking amoxicillin. Creatinine 3.1, eosinophilia, white cell casts and sterile pyuria.",
    ),
    (
        "pkd",
        41,
        "male",
        "Q61.2",
        "Flank pain and blood in the urine. Father on dialysis. BP 160/100. Ultrasound: multiple bilateral renal cysts.",
    ),
    (
        "als",
        58,
        "male",
        "G12.21",
        "Progressive weakness over months, slurred speech. Atrophy of the hand, fasciculations, brisk "
        "reflexes, Babinski sign. Sensation normal.",
    ),
    (
        "parkinson",
        69,
        "male",
        "G20.A1",
        "Shaking of the right hand at rest, small handwriting. Pill-rolling tremor, cogwheel rigidity, bradykinesia, shuffling gait.",
    ),
    (
        "nph",
        74,
        "male",
        "G91.2",
        "Forgetful, urinary incontinence, and feet stuck to the floor when walking. Magnetic gait. MRI: ventriculomegaly.",
    ),
    (
        "medulla",
        62,
        "male",
        "G46.3",
        "Sudden vertigo, vomiting, hoarseness and trouble swallowing. Loss of pain on the left face and right"
        " body, ptosis and miosis on the left, ataxia.",
    ),
    (
        "epidural",
        21,
        "male",
        "S06.4XAA",
        "Hit on the temple, briefly lost consciousness, then talked and was fine, now drowsy with headache "
        "and vomiting. Dilated fixed pupil. CT: biconvex hematoma.",
    ),
    (
        "rmsf",
        34,
        "male",
        "A77.0",
        "Fever, severe headache and muscle aches after a camping trip with a tick bite. Rash began on the "
        "wrists and ankles and spread to the trunk, palms and soles. Platelets 80.",
    ),
    (
        "pcp",
        37,
        "male",
        "B59",
        "Dry cough, fever and shortness of breath on exertion for three weeks. HIV, CD4 count of 80. SpO2 86 "
        "%. Diffuse bilateral interstitial infiltrates, LDH elevated.",
    ),
    (
        "syphilis",
        29,
        "male",
        "A51.0",
        "Painless ulcer on the penis with indurated edge. Several male partners, condoms inconsistently. "
        "Inguinal lymphadenopathy. RPR reactive.",
    ),
    (
        "legionella",
        66,
        "male",
        "A48.1",
        "High fever, cough, diarrhea and confusion after a cruise. Sodium 127. Lobar consolidation, urinary antigen positive.",
    ),
    (
        "sarcoid",
        33,
        "female",
        "D86.0",
        "Dry cough, fatigue, painful red nodules on the shins. Bilateral hilar lymphadenopathy, noncaseating granulomas.",
    ),
    (
        "asbestos",
        71,
        "male",
        "J61",
        "Short of breath on exertion and dry cough. Worked in a shipyard with insulation. Velcro crackles, "
        "clubbing. Pleural plaques, basal fibrosis.",
    ),
    (
        "hocm",
        17,
        "male",
        "I42.1",
        "Collapsed while running. Brother died suddenly. Systolic murmur that increases with Valsalva and "
        "standing. Echo: asymmetric septal hypertrophy.",
    ),
    (
        "mitral_stenosis",
        36,
        "female",
        "I05.0",
        "Short of breath on exertion, palpitations, hemoptysis. Rheumatic fever as a child. Opening snap and "
        "diastolic rumble at the apex. Atrial fibrillation on ECG.",
    ),
    (
        "achalasia",
        44,
        "female",
        "K22.0",
        "Trouble swallowing both solids and liquids, regurgitates undigested food, weight loss. Bird's beak on barium, absent peristalsis.",
    ),
    (
        "pbc",
        51,
        "female",
        "K74.3",
        "Itching and fatigue. Xanthelasma, hepatomegaly. Alkaline phosphatase 520, antimitochondrial antibodies positive.",
    ),
    (
        "wilson",
        19,
        "male",
        "E83.01",
        "Tremor, slurred speech and personality change. Kayser-Fleischer rings, hepatomegaly. Low ceruloplasmin, ALT 140.",
    ),
    (
        "celiac",
        28,
        "female",
        "K90.0",
        "Foul-smelling greasy stools, bloating, fatigue, weight loss. Hb 9.8, ferritin 6. Anti tissue "
        "transglutaminase positive, villous atrophy.",
    ),
    (
        "organophosphate",
        45,
        "male",
        "T60.0X1A",
        "Sprayed insecticide on the farm, now vomiting and drooling. Excessive salivation and tearing, "
        "wheeze, pinpoint pupils, HR 44, muscle twitching.",
    ),
    (
        "lead",
        3,
        "male",
        "T56.0X1A",
        "Belly pain, constipation and irritability. Lives in an old house with peeling paint. Hb 9.1, basophilic stippling, microcytosis.",
    ),
    (
        "lithium",
        41,
        "female",
        "T56.891A",
        "Takes lithium for bipolar disorder, vomiting and diarrhea, now confused. Coarse tremor, ataxia. Lithium level 2.6.",
    ),
    (
        "porphyria",
        29,
        "female",
        "E80.21",
        "Severe abdominal pain after a crash diet, numb hands, agitated and hallucinating. HR 122. Urine "
        "turns dark on standing, porphobilinogen elevated.",
    ),
    (
        "angioedema",
        22,
        "female",
        "D84.1",
        "Recurrent swelling of the lips and belly cramps, no hives. Mother has similar swelling. Low C4, C1 inhibitor low.",
    ),
]


@pytest.mark.parametrize(("age", "sex", "code", "text"), [pytest.param(*case[1:], id=case[0]) for case in CLASSIC])
def test_classic_presentation_of_part_b_is_in_the_top_three(age: int, sex: str, code: str, text: str) -> None:
    """A classic presentation has its condition among the first three, and the answer isn't an abstention."""
    found = ENGINE.assess({"symptoms": text}, Demographics(age_range_of(age), Sex(sex), age))
    assert code in [d.icd10cm for d in found.differential[:3]], found.abstain_reason or [d.diagnosis for d in found.differential[:3]]
