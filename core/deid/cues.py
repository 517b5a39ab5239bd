"""Words that announce a person, and words that say a capitalised neighbour is none. Roles as in `core.model.Span`."""

from __future__ import annotations

from core.deid.lexicon import words

CLINICIAN, PATIENT, PERSON = "clinician", "patient", "person"

TITLES: dict[str, str] = {**dict.fromkeys(words("cues.clinician_titles"), CLINICIAN), **dict.fromkeys(words("cues.person_titles"), PERSON)}
SOFT_TITLES = words("cues.soft_titles")
KIN = words("cues.kin")
LABELS: dict[str, str] = {word: role for role in (PATIENT, CLINICIAN, PERSON) for word in words(f"cues.{role}_labels")}
ACTS = words("cues.acts")
ACT_LINKS = frozenset(("by", "with", "to", "from"))
NAMING = words("cues.naming")
PATIENT_NOUNS = words("cues.patient_nouns")
PEOPLE_NOUNS = words("cues.people_nouns")
SPEECH = words("cues.speech")
IDENTIFYING_NEXT = words("cues.identifying_next")
CREDENTIALS = words("cues.credentials")
SUFFIXES = words("cues.suffixes")
PARTICLES = words("cues.particles")
EPONYM_NOUNS = words("cues.eponym_nouns")
