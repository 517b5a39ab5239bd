"""The ICD-10-CM list: complete, true to its source, quick to open, and careful in calling a code wrong."""

import gzip
import hashlib
import random
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from core.prompting import describe_code
from core.prompting.codes import _key, code_fits

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import simple_icd_10_cm as icd

    from tools.build_icd10cm import TARGET, table

ROOT = Path(__file__).parent.parent.parent


def test_the_file_is_what_the_build_makes() -> None:
    """Building again from the source release gives the committed table, byte for byte."""
    assert hashlib.sha256(gzip.decompress(TARGET.read_bytes())).digest() == hashlib.sha256(table()).digest()


def test_the_readme_records_the_file() -> None:
    """Release, and digests of the packed and the plain file, are on record beside it."""
    readme = (TARGET.parent / "README.md").read_text(encoding="utf-8")
    packed = TARGET.read_bytes()
    assert hashlib.sha256(packed).hexdigest() in readme
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() in readme
    assert "April 2026" in readme
    assert len(packed) < 1_500_000


def test_descriptions_agree_with_the_source() -> None:
    """A large sample of codes reads as in the source, with and without the dot."""
    codes = [code for code in icd.get_all_codes(True) if "-" not in code and not code.isdigit()]
    for code in random.Random(7).sample(codes, 1_000):
        assert describe_code(code) == describe_code(code.replace(".", "")) == " ".join(icd.get_description(code).split())
    assert len(set(codes)) == 98_186


def test_no_code_is_refused_for_its_shape() -> None:
    """Every code of the release is taken as one, those that begin with two letters included."""
    codes = {code for code in icd.get_all_codes(True) if "-" not in code and not code.isdigit()}
    assert [code for code in codes if _key(code) != code.replace(".", "")] == []
    assert describe_code("QA0") is not None


@pytest.mark.parametrize(
    "code", ["", "I", "I21-I22", "I20-I25", "9", "I21.", "I2.14", "I21.99", "U99.99", "I21.4\n..", "pneumonia", "~", "I21.4 I21"]
)
def test_what_is_no_code(code: str) -> None:
    """Blocks, chapters, misplaced dots and words are no codes."""
    assert describe_code(code) is None


@pytest.mark.parametrize(("code", "words"), [("I21", "Acute myocardial infarction"), (" i21.4 ", "NSTEMI"), ("s72001a", "right femur")])
def test_categories_small_letters_and_full_codes(code: str, words: str) -> None:
    """Categories count, as do small letters, spaces around and a missing dot."""
    assert words in (describe_code(code) or "")


FITTING = """I21.9 heart attack|I21.4 NSTEMI|I24.9 ACS|I26.99 PE|N20.0 kidney stone|N39.0 UTI|J44.1 COPD exacerbation|I63.9 ischaemic stroke
G45.9 TIA|R07.89 musculoskeletal chest pain|M94.0 costochondritis|K21.9 acid reflux|F41.0 panic attack|E10.10 DKA|K22.3 Boerhaave syndrome
I60.9 subarachnoid haemorrhage|S06.5X0A subdural haematoma|I82.409 DVT|M31.6 temporal arteritis|E05.00 Graves disease|K92.2 GI bleed
K56.609 bowel obstruction|B02.9 shingles|J11.1 flu|J00 common cold|J02.0 strep throat|H81.10 BPPV|I47.10 SVT|M51.26 herniated disc
O14.90 preeclampsia|S22.39XA broken rib|G51.0 Bell's palsy|K64.9 piles|M32.9 SLE|G35 MS|C18.9 colon cancer|K76.0 NAFLD|G61.0 Guillain-Barré
I51.81 takotsubo cardiomyopathy|D50.9 iron deficiency anaemia|A09 viral gastroenteritis|E87.5 hyperkalaemia|H66.90 ear infection|Z99 QZXJ"""
FOREIGN = (
    "I21.9 pneumonia|J18.9 pulmonary embolism|S72.001A pneumonia|K35.80 migraine|G43.909 appendicitis|E11.9 costochondritis|N20.0 stroke"
)


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(pair.split(" ", 1)[0], pair.split(" ", 1)[1]) for pair in re.split(r"[|\n]", text)]


@pytest.mark.parametrize(("code", "diagnosis"), _pairs(FITTING))
def test_lay_words_abbreviations_and_eponyms_fit(code: str, diagnosis: str) -> None:
    """A right code is not called wrong because the diagnosis is worded otherwise, or in unknown words."""
    assert code_fits(code, diagnosis)


@pytest.mark.parametrize(("code", "diagnosis"), _pairs(FOREIGN))
def test_a_code_about_something_else_does_not_fit(code: str, diagnosis: str) -> None:
    """A code for another organ or another kind of disease is found out."""
    assert not code_fits(code, diagnosis)


def test_nothing_is_said_about_a_code_that_does_not_exist() -> None:
    """Unknown codes are another concern, not a mismatch."""
    assert code_fits("I21.99", "gout")


def test_first_lookup_is_quick_and_import_light() -> None:
    """A fresh process looks up its first code in under 150 ms and loads no heavy library on the way."""
    script = (
        "import sys, time, core.prompting as p\n"
        "heavy = {'pandas', 'numpy', 'streamlit', 'httpx', 'sqlalchemy', 'simple_icd_10_cm'} & set(sys.modules)\n"
        "start = time.process_time(); found = p.describe_code('I21.4'); took = time.process_time() - start\n"
        "sys.stdout.write(f'{sorted(heavy)} {bool(found)} {took < 0.15}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[] True True"
