"""Words about diagnoses: what abbreviations and lay words stand for, and which words tell nothing.

Only what the inclusion terms of ICD-10-CM lack. Written by this project's authors; used to avoid false
alarms when a code is compared with a diagnosis, and to see that two lines name the same diagnosis.
"""

from __future__ import annotations

import re

_EMPTY = """
acute chronic subacute recurrent severe moderate mild unspecified specified other others disease diseases disorder disorders
syndrome condition conditions type due with without and the for not nos nec elsewhere classified initial subsequent encounter
sequela primary secondary possible probable likely suspected early late onset left right bilateral upper lower left-sided single
multiple first second stage grade new episode status involving related associated following from unknown cause causes certain
classifiable process complication complications complicated uncomplicated exacerbation decompensated state states symptoms signs
findings abnormal mention site sites part parts body system attack induced
"""
EMPTY_WORDS = frozenset(_EMPTY.split())

MEANINGS: dict[str, str] = {
    "aaa": "abdominal aortic aneurysm",
    "acs": "coronary ischemic heart angina myocardial infarction",
    "acute coronary syndrome": "ischemic heart angina myocardial infarction",
    "adhd": "attention-deficit hyperactivity",
    "af": "atrial fibrillation",
    "aki": "acute kidney failure injury",
    "kidney injury": "kidney failure",
    "als": "amyotrophic lateral sclerosis",
    "ards": "acute respiratory distress",
    "asthma attack": "asthma",
    "bed bugs": "insect bite",
    "biliary colic": "gallbladder calculus cholelithiasis",
    "boerhaave": "esophagus perforation rupture",
    "bph": "benign prostatic hyperplasia",
    "bppv": "benign paroxysmal vertigo",
    "cad": "coronary artery atherosclerotic heart",
    "cancer": "malignant neoplasm carcinoma",
    "cap": "pneumonia",
    "carcinoma": "malignant neoplasm",
    "chf": "heart failure",
    "ckd": "chronic kidney",
    "clot": "thrombosis embolism",
    "cold": "nasopharyngitis",
    "concussion": "intracranial injury",
    "copd": "obstructive pulmonary",
    "covid": "covid coronavirus",
    "crps": "regional pain",
    "cva": "cerebral infarction cerebrovascular stroke",
    "dic": "disseminated intravascular coagulation",
    "dissection": "dissection aorta artery",
    "dka": "diabetic ketoacidosis",
    "dvt": "deep vein thrombosis embolism phlebitis",
    "flu": "influenza",
    "gad": "generalized anxiety",
    "gallstone": "calculus gallbladder cholelithiasis",
    "gastric flu": "gastroenteritis",
    "gca": "giant cell arteritis",
    "gbs": "guillain-barre polyneuropathy",
    "gerd": "gastro-esophageal reflux",
    "gord": "gastro-esophageal reflux",
    "gi bleed": "gastrointestinal hemorrhage",
    "bleed": "hemorrhage",
    "bleeding": "hemorrhage",
    "haemorrhoids": "hemorrhoids",
    "heart attack": "myocardial infarction",
    "heartburn": "reflux",
    "hernia": "hernia",
    "hfpef": "diastolic heart failure",
    "hfref": "systolic heart failure",
    "hhs": "hyperosmolarity diabetes",
    "high blood pressure": "hypertension hypertensive",
    "hiv": "human immunodeficiency virus",
    "hsp": "allergic purpura vasculitis",
    "hus": "hemolytic uremic",
    "ibd": "crohn ulcerative colitis",
    "ibs": "irritable bowel",
    "ich": "intracerebral hemorrhage",
    "iih": "intracranial hypertension",
    "itp": "immune thrombocytopenic purpura",
    "kidney stone": "calculus kidney renal",
    "leukaemia": "leukemia",
    "lymphoma": "lymphoma neoplasm",
    "mi": "myocardial infarction",
    "mono": "mononucleosis",
    "ms": "multiple sclerosis",
    "muscle strain": "strain injury",
    "nafld": "fatty liver",
    "nec": "necrotizing enterocolitis",
    "nph": "hydrocephalus",
    "nstemi": "myocardial infarction",
    "osa": "sleep apnea",
    "palsy": "palsy paralysis paralytic",
    "pcos": "polycystic ovarian",
    "pe": "pulmonary embolism",
    "pid": "pelvic inflammatory salpingitis",
    "piles": "hemorrhoids",
    "pmr": "polymyalgia",
    "pneumothorax": "pneumothorax air leak",
    "pud": "peptic ulcer",
    "ra": "rheumatoid arthritis",
    "renal colic": "colic calculus kidney ureter",
    "rib fracture": "fracture rib",
    "rsv": "respiratory syncytial",
    "sah": "subarachnoid hemorrhage",
    "sbo": "intestinal obstruction",
    "bowel obstruction": "intestinal obstruction ileus",
    "bowel": "intestine intestinal",
    "sdh": "subdural hemorrhage",
    "hematoma": "hemorrhage",
    "siadh": "antidiuretic hormone secretion",
    "sle": "systemic lupus erythematosus",
    "slipped disc": "intervertebral disc displacement",
    "dermoid": "teratoma benign neoplasm",
    "food poisoning": "foodborne gastroenteritis",
    "cholesterol": "hyperlipidemia hypercholesterolemia",
    "disc herniation": "intervertebral disc displacement",
    "stemi": "myocardial infarction",
    "stroke": "cerebral infarction cerebrovascular",
    "svt": "supraventricular tachycardia",
    "tb": "tuberculosis",
    "tear": "tear rupture laceration",
    "tia": "transient cerebral ischemic",
    "ttp": "thrombotic microangiopathy purpura",
    "tumor": "neoplasm",
    "tumour": "neoplasm",
    "underactive thyroid": "hypothyroidism",
    "overactive thyroid": "thyrotoxicosis hyperthyroidism",
    "hyperthyroidism": "thyrotoxicosis",
    "uri": "upper respiratory infection",
    "uti": "urinary tract infection cystitis pyelonephritis",
    "vte": "embolism thrombosis",
    "whooping cough": "pertussis",
}
_KNOWN = re.compile(rf"\b({'|'.join(sorted(map(re.escape, MEANINGS), key=len, reverse=True))})s?\b")


def spelled_out(text: str) -> str:
    """The text in lower case with what its abbreviations and lay words stand for behind it."""
    text = text.casefold()
    found = dict.fromkeys(m[1] for m in _KNOWN.finditer(text))
    return " ".join((text, *(MEANINGS[word] for word in found)))
