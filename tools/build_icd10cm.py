"""Distil the ICD-10-CM tabular list into `core/prompting/data/icd10cm.tsv.gz`.

Reads the dev dependency `simple_icd_10_cm`, which carries the public-domain files of CMS and the CDC's
NCHS. Three sections with an empty line between: the word stems that occur in the list, one per line; the
blocks; the codes, sorted. Blocks and codes are lines of key without dot, description, and inclusion terms
joined by `; `. Run as `python -m tools.build_icd10cm`; it prints what `data/README.md` records.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import warnings
from pathlib import Path

from core.prompting.codes import stem, telling_words

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it reads its data through an old importlib call
    import simple_icd_10_cm as icd

TARGET = Path(__file__).resolve().parent.parent / "core" / "prompting" / "data" / "icd10cm.tsv.gz"


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _line(key: str) -> str:
    terms = [*icd.get_inclusion_term(key), *icd.get_includes(key)] if len(key) < 8 else []
    description = _squeezed(icd.get_description(key))
    return "\t".join((key.replace(".", ""), description, "; ".join(map(_squeezed, terms))))


def table() -> bytes:
    """The whole table, uncompressed: the same release always gives the same bytes. Chapters are left out."""
    keys = {key for key in icd.get_all_codes(True) if not key.isdigit()}
    blocks = sorted(_line(key) for key in keys if "-" in key)
    codes = sorted(_line(key) for key in keys if "-" not in key)
    stems = sorted({stem(word) for word in telling_words(" ".join(dict.fromkeys(" ".join((*blocks, *codes)).split())))})
    return ("\n\n".join("\n".join(section) for section in (stems, blocks, codes)) + "\n").encode()


def main() -> None:
    """Write the file and report what is in it."""
    plain = table()
    packed = gzip.compress(plain, 9, mtime=0)
    TARGET.write_bytes(packed)
    sizes = ", ".join(str(section.count(b"\n") + 1) for section in plain.strip().split(b"\n\n"))
    sys.stdout.write(
        f"stems, blocks, codes: {sizes}\nbytes: {len(plain)} plain, {len(packed)} packed\n"
        f"sha256 plain: {hashlib.sha256(plain).hexdigest()}\nsha256 packed: {hashlib.sha256(packed).hexdigest()}\n"
    )


if __name__ == "__main__":
    main()
