"""Clinical phrases that look like identifiers and must stay untouched."""

import pytest

from core.deid import detect

PHRASES = """
Parkinson disease with tremor
History of Graves disease, treated
Bell's palsy on the left
Wells score 4, Geneva score 6
Glasgow Coma Scale 15
Crohn's disease in remission
Hodgkin lymphoma stage III
Cushing syndrome was excluded
Murphy sign negative, McBurney point tender
Babinski reflex absent, Romberg negative
Apgar scores 8/9
Foley catheter in place
Wernicke encephalopathy
Guillain-Barré syndrome
Marfan syndrome and Ehlers-Danlos syndrome
Hashimoto thyroiditis
Addison disease on hydrocortisone
Tourette syndrome
Epstein-Barr virus positive
Lyme disease after a tick bite
Child-Pugh class B
Mallampati class II
Killip class III
Glucose 5.2 mmol/L, Na 139, K 4.2
with Ca 9.2 and Mg 0.8
Stevens-Johnson syndrome
Raynaud phenomenon in both hands
Dupuytren contracture
Whipple procedure without complications
Trendelenburg position
Lachman test positive, McMurray test negative
Barrett esophagus
Takotsubo cardiomyopathy
Kaposi sarcoma
Ringer's lactate 1 L
Down syndrome
Alzheimer's dementia
BP 130/85, pulse 72
pain 3/10 at rest
strength 4/5 in the right arm
2/6 systolic murmur
Norco 10/325 every 6 hours
Percocet 5/325 mg as needed
will need CT of the chest
worse in March than before
symptoms may worsen
mark the site with a pen
a 55-year-old man
a 78 yo woman with COPD
diagnosed in 2019
temperature 38.5, SpO2 97 %
WBC 12.4, Hgb 9.8, Plt 210
Na 138, K 4.1, Cr 1.2
INR 2.5 on Coumadin
HbA1c 7.8 %, LDL 131
troponin 0.04 ng/mL
Lasix 40 mg IV, Toprol XL 50 mg
Lantus 20 units at bedtime
Metoprolol 25 mg twice daily
vitamin B12 and vitamin D
Hepatitis B and Hepatitis C negative
HLA-B27 positive
COVID-19 test negative
C5-C6 disc herniation
T2-weighted images
trial NCT01234567 showed benefit
EF 35-40 %
ejection fraction 55 %
L4-L5 laminectomy
Staphylococcus aureus bacteremia
Clostridium difficile colitis
Helicobacter pylori gastritis
chest X-ray shows infiltrate
CT of the abdomen and pelvis
Past Medical History: hypertension
Review of Systems: negative
Chief complaint: chest pain
NYHA class II heart failure
CHA2DS2-VASc score 4
ABCD2 score 5
MELD 18
no drug allergies
pain for 5-7 days
1-2 tablets every 4-6 hours
weight 70 kg, height 175 cm
1,000 mL of saline
Q waves in II, III and aVF
Caucasian male, right-handed
90 mg once daily
98 % on room air
she is on 95 mg
""".strip().splitlines()


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda p: p[:30].replace(" ", "-"))
def test_clinical_phrase_stays(phrase: str) -> None:
    """Neither masked nor flagged."""
    assert [(phrase[s.start : s.end], s.detector) for s in detect(phrase)] == []


def test_a_title_beats_the_veto_and_the_disease_stays() -> None:
    """`Mr. Graves` is a man, `Graves disease` is a disease, in one sentence."""
    text = "Mr. Graves was told that he has Graves disease."
    assert [(s.start, text[s.start : s.end]) for s in detect(text)] == [(4, "Graves")]
