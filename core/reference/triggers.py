"""The words that open and close a context, by the kind of context; data of `core.reference.context`."""

from __future__ import annotations

from core.reference.phrases import Trie

_NO = """no; neither; (-); denies; denied; denying; deny; without; w/o; negative for; neg for; neg; absence of; never; not; none of;
nor; no evidence of; no sign of; no history of; free of; lack of; lacks; lacking; doesn't; didn't; don't; isn't; wasn't;
hasn't; haven't; aren't; weren't; hadn't; does not have; did not have; no complaint of; no reported; no report of; nil; non;
no recent; no associated; negative; absent; no h/o; no hx of; no prior; no previous; no past; no known; not associated with;
unremarkable for; free from; rather than; resolution of; no longer; unlikely; fails to reveal; zero; ruled out for; none"""
_NO_BEHIND = """has been ruled out; was ruled out; were ruled out; is ruled out; have been ruled out; has been excluded; was excluded;
were excluded; never present; not present; not seen; not found; not observed; not noted; not detected; not identified; not elicited;
not palpable; not palpated; not heard; not visualized; not demonstrated; not evident; never occurred; not reported; not endorsed; not
raised"""
_PSEUDO = """no change in; no increase in; not only; no doubt; gram negative; no relief; not relieved; no improvement; not improve; not
improving; not improved; not responding; not respond; no better; without relief; without improvement; no difference in; not
sure; not resolve; not resolved; not resolving; no medication; not helped; without difficulty; not well controlled; no further;
not certain; not limited to; family reports; family states; unable; not previously; not yet; first episode; not taking; not
taken; history obtained; history provided; history taking"""
_PAST = """history of; h/o; hx of; hx; past medical history; pmh; pmhx; past history; prior; previous; previously; s/p; status post; past
surgical history; medical history; background of; resolved; psh; pshx"""
_PAST_BEFORE = """years ago; as a child; in childhood; last year; when he was; when she was; in the past; years before; decades ago; years
earlier; years prior; years previously"""
_FAMILY = "family history; fh; fhx; family hx; in mother; in father; in brother; in sister; runs in family"
_RELATIVE = """mother; father; brother; sister; mom; mum; dad; grandmother; grandfather; aunt; uncle; cousin; sibling; grandparent; son;
daughter; wife; husband"""
_IF = """if; return for; r/o; rule out; ruling out; evaluate for; concern for; to exclude; risk of; in case of; watch for; watch out for;
monitor for; should; return precautions; counseled about; advised about; educated about; precautions for; screen for; screening
for; in event of; unless; to prevent; warned about; instructed to return; prn; as needed for; at risk for; call if; check for;
look for; fear of developing; counselled about; counseled regarding"""
_MAYBE = """possible; possibly; probable; probably; may have; might have; questionable; suspected; maybe; perhaps; unsure; uncertain;
equivocal; suspicious for; could be; query; may be; might be; borderline; cannot exclude; unclear whether"""
_STOP = """but; (+); however; although; though; except; aside from; apart from; other than; presents; presenting; presented; reports;
complains; states; endorses; admits; which; who; because; yet; still; positive for; has; have; had; having; is; are; was;
were; now; currently; today; secondary to; due to; developed; noted; noticed; instead; remains; appears; became; began;
started; came; brought; describes; complaining; feels; felt; found; revealed; shows; showed; whereas; while; significant for;
notable for; remarkable for; since; until; after; experiencing; experienced; he; she; then; c/o; patient; reporting; positive"""

KINDS = {
    "no": _NO,
    "no_behind": _NO_BEHIND,
    "pseudo": _PSEUDO,
    "past": _PAST,
    "past_before": _PAST_BEFORE,
    "family": _FAMILY,
    "relative": _RELATIVE,
    "if": _IF,
    "maybe": _MAYBE,
    "stop": _STOP,
}


def _build() -> Trie:
    trie = Trie()
    for kind, phrases in KINDS.items():
        trie.add(kind, (" ".join(phrase.split()) for phrase in phrases.split(";")))
    return trie


TRIGGERS = _build()
