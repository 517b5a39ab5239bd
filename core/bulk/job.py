"""What is to be done, as a value that goes to every process, and the one error of a file that can't be done."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from core import deid
from core.errors import DeidError
from core.model import Category, Decisions, Deidentified, Identity

_ROUNDS = 5


class BadFileError(Exception):
    """A file that can't be redacted; says where and why, never what it holds."""


@dataclass(frozen=True, slots=True)
class Job:
    """By which policy, counted from which day, and which columns or keys stay as they are."""

    encounter: date
    policy: str = deid.SAFE_HARBOR.id
    keep: frozenset[str] = frozenset()

    def fingerprint(self) -> str:
        """Another one for other settings, so that a folder is never finished by other rules than it was begun with."""
        said = [self.encounter.isoformat(), self.policy, sorted(self.keep)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """A stretch of output text with what was removed from it."""

    text: str
    counts: Counter[Category]


def redacted(texts: dict[str, str], identity: Identity, job: Job) -> Deidentified:
    """One case; what is flagged for a human is redacted. Raises DeidError, without text."""
    decisions = Decisions()
    for _ in range(_ROUNDS):
        done = deid.deidentify(texts, identity=identity, encounter=job.encounter, decisions=decisions, policy=deid.policy_named(job.policy))
        if not done.flags:
            return done
        terms = {deid.term_key(texts[name][span.start : span.end]) for name, span in done.flags}
        decisions = replace(decisions, redact=decisions.redact | terms)
    raise DeidError("What the redactor flagged could not be redacted.")
