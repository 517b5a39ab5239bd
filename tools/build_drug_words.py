"""Distil the words of drug names into `core/deid/data/drugs.txt`: words that are nobody's name, town or everyday word.

Reads `drug_named_entity_recognition` (MIT), which gathers DrugBank's open vocabulary, MeSH, NHS and Wikipedia names. Run as
`python -m tools.build_drug_words` in an environment that has the package; it prints what `data/README.md` records.
"""

from __future__ import annotations

import bz2
import hashlib
import importlib.util
import pickle
import re
from pathlib import Path

from core.deid.lexicon import look_up

TARGET = Path(__file__).resolve().parent.parent / "core" / "deid" / "data" / "drugs.txt"
_WORD = re.compile(r"[a-z]{4,15}")
_MOST_WORDS = 2
_HEADER = "# Words of drug names that are no one's name, town or everyday word; made by tools/build_drug_words.py"


def variants() -> list[str]:
    """Every spelling of every drug in the package's dictionary."""
    spec = importlib.util.find_spec("drug_named_entity_recognition")
    if spec is None or spec.origin is None:
        raise SystemExit("drug-named-entity-recognition is not installed")
    raw = (Path(spec.origin).parent / "drug_ner_dictionary.pkl.bz2").read_bytes()
    return sorted(pickle.loads(bz2.decompress(raw))["drug_variant_to_canonical"])  # noqa: S301 - a package's own data


def drug_words(names: list[str]) -> list[str]:
    """Words of names of at most two words that the redactor's other lists do not hold; known names and towns are left out."""
    found = {w for name in names if len(name.split()) <= _MOST_WORDS for w in _WORD.findall(name.lower())}
    return sorted(w for w in found if not any(look_up(w)))


def main() -> None:
    """Write the list and print its size and hash."""
    listed = drug_words(variants())
    body = f"{_HEADER}\n[1]\n" + " ".join(listed) + "\n"
    TARGET.write_text(body, encoding="utf-8")
    print(f"{len(listed)} words, sha256 {hashlib.sha256(body.encode()).hexdigest()}")


if __name__ == "__main__":
    main()
