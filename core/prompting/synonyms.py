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

# Abbreviation → the one name it stands for.
ABBREVIATIONS: dict[str, str] = {
    "aaa": "abdominal aortic aneurysm",
    "acs": "acute coronary syndrome",
    "af": "atrial fibrillation",
    "afib": "atrial fibrillation",
    "aki": "acute kidney injury",
    "als": "amyotrophic lateral sclerosis",
    "ards": "acute respiratory distress syndrome",
    "bph": "benign prostatic hyperplasia",
    "bppv": "benign paroxysmal positional vertigo",
    "cap": "community-acquired pneumonia",
    "chf": "congestive heart failure",
    "ckd": "chronic kidney disease",
    "copd": "chronic obstructive pulmonary disease",
    "crps": "complex regional pain syndrome",
    "dic": "disseminated intravascular coagulation",
    "dka": "diabetic ketoacidosis",
    "dvt": "deep vein thrombosis",
    "flu": "influenza",
    "gad": "generalized anxiety disorder",
    "gbs": "guillain-barre syndrome",
    "gca": "giant cell arteritis",
    "gerd": "gastroesophageal reflux disease",
    "hus": "hemolytic uremic syndrome",
    "ibs": "irritable bowel syndrome",
    "iih": "idiopathic intracranial hypertension",
    "itp": "immune thrombocytopenic purpura",
    "mi": "myocardial infarction",
    "ms": "multiple sclerosis",
    "nph": "normal pressure hydrocephalus",
    "osa": "obstructive sleep apnea",
    "pcos": "polycystic ovary syndrome",
    "pe": "pulmonary embolism",
    "pid": "pelvic inflammatory disease",
    "pmr": "polymyalgia rheumatica",
    "pud": "peptic ulcer disease",
    "ra": "rheumatoid arthritis",
    "sah": "subarachnoid hemorrhage",
    "sbo": "small bowel obstruction",
    "sle": "systemic lupus erythematosus",
    "svt": "supraventricular tachycardia",
    "tb": "tuberculosis",
    "tia": "transient ischemic attack",
    "ttp": "thrombotic thrombocytopenic purpura",
    "uti": "urinary tract infection",
}
# Word → further words that the official list uses for the same or a wider thing; not a name.
MEANINGS: dict[str, str] = {
    "acs": "ischemic heart angina myocardial infarction",
    "acute coronary syndrome": "ischemic heart angina myocardial infarction",
    "adhd": "attention-deficit hyperactivity",
    "aki": "failure",
    "asthma attack": "asthma",
    "biliary colic": "gallbladder calculus cholelithiasis",
    "bleed": "hemorrhage",
    "bleeding": "hemorrhage",
    "boerhaave": "esophagus perforation rupture",
    "bowel": "intestine intestinal",
    "bowel obstruction": "intestinal obstruction ileus",
    "cad": "coronary artery atherosclerotic heart",
    "cancer": "malignant neoplasm carcinoma",
    "carcinoma": "malignant neoplasm",
    "cholesterol": "hyperlipidemia hypercholesterolemia",
    "clot": "thrombosis embolism",
    "cold": "nasopharyngitis",
    "concussion": "intracranial injury",
    "cva": "cerebral infarction cerebrovascular stroke",
    "dermoid": "teratoma benign neoplasm",
    "disc herniation": "intervertebral disc displacement",
    "dvt": "embolism phlebitis",
    "food poisoning": "foodborne gastroenteritis",
    "gallstone": "calculus gallbladder cholelithiasis",
    "gastric flu": "gastroenteritis",
    "gbs": "polyneuropathy",
    "gerd": "gastro-esophageal",
    "gi bleed": "gastrointestinal hemorrhage",
    "gord": "gastro-esophageal reflux",
    "heart attack": "myocardial infarction",
    "heartburn": "reflux",
    "hematoma": "hemorrhage",
    "hfpef": "diastolic heart failure",
    "hfref": "systolic heart failure",
    "hhs": "hyperosmolarity diabetes",
    "high blood pressure": "hypertension hypertensive",
    "hiv": "human immunodeficiency virus",
    "hsp": "allergic purpura vasculitis",
    "hyperthyroidism": "thyrotoxicosis",
    "ibd": "crohn ulcerative colitis",
    "ich": "intracerebral hemorrhage",
    "kidney injury": "kidney failure",
    "kidney stone": "calculus kidney renal",
    "lymphoma": "lymphoma neoplasm",
    "mono": "mononucleosis",
    "muscle strain": "strain injury",
    "nafld": "fatty liver",
    "nec": "necrotizing enterocolitis",
    "nstemi": "myocardial infarction",
    "overactive thyroid": "thyrotoxicosis hyperthyroidism",
    "palsy": "palsy paralysis paralytic",
    "pcos": "ovarian",
    "pid": "salpingitis",
    "piles": "hemorrhoids",
    "renal colic": "colic calculus kidney ureter",
    "rib fracture": "fracture rib",
    "rsv": "respiratory syncytial",
    "sbo": "intestinal",
    "sdh": "subdural hemorrhage",
    "siadh": "antidiuretic hormone secretion",
    "slipped disc": "intervertebral disc displacement",
    "stemi": "myocardial infarction",
    "stroke": "cerebral infarction cerebrovascular",
    "tear": "tear rupture laceration",
    "tia": "cerebral",
    "ttp": "microangiopathy",
    "tumor": "neoplasm",
    "tumour": "neoplasm",
    "underactive thyroid": "hypothyroidism",
    "uri": "upper respiratory infection",
    "uti": "cystitis pyelonephritis",
    "vte": "embolism thrombosis",
    "whooping cough": "pertussis",
}
_WORDS = sorted(ABBREVIATIONS.keys() | MEANINGS.keys(), key=lambda word: (-len(word), word))
_KNOWN = re.compile(rf"\b({'|'.join(map(re.escape, _WORDS))})s?\b")


def spelled_out(text: str) -> str:
    """The text in lower case with what its abbreviations and lay words stand for behind it."""
    text = text.casefold()
    found = dict.fromkeys(m[1] for m in _KNOWN.finditer(text))
    return " ".join((text, *(ABBREVIATIONS.get(word, "") + " " + MEANINGS.get(word, "") for word in found)))
