"""What this site redacts by: the policy, and its own lists of terms. Every version is kept, encrypted, in the vault.

Each change is an entry. A version is a record that only its first writer can put, so of two changes made at once one is
refused, never lost.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from core import auth, deid
from core.audit import Action, Event, Outcome
from core.auth import Permission
from core.errors import ConfigError, DeidError, Error, VaultError
from core.model import Clock, Principal, Target

KIND = "term_list"
MAX_TERMS = 500
MAX_TERM_CHARS = 100
_PREFIX = "site/v"
_UNREADABLE = "This site's redaction rules can't be read, so nothing can be sent. Tell your administrator."
_RACE = "Somebody else has changed the rules meanwhile. Reload the page and make your change again."


class Versions(Protocol):
    """What the rules need of the vault."""

    def put(self, kind: str, record_id: str, owner: str, payload: Mapping[str, Any]) -> None:
        """Encrypt and store. Raises VaultError when the record is another owner's."""
        ...

    def get(self, kind: str, record_id: str) -> dict[str, Any] | None:
        """Decrypt, or None."""
        ...

    def list(self, kind: str, owner: str | None) -> Sequence[Any]:
        """What is known of the records without opening them."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """One version: the policy, the lists, and who made it when. Version 0 is how Casegate comes."""

    version: int = 0
    policy: deid.Policy = deid.SAFE_HARBOR
    always: frozenset[str] = field(default=frozenset(), repr=False)
    never: frozenset[str] = field(default=frozenset(), repr=False)
    by: str = ""
    at: datetime | None = None

    @property
    def effective(self) -> deid.Policy:
        """The policy with the lists, as the redactor takes it. Lists count up with the version, so that an entry names both."""
        return self.policy.with_terms(deid.TermLists(self.version, self.always, self.never))


class SiteRules:
    """The rules in force. `covered` tells whether a limited data set may go to a target."""

    def __init__(self, vault: Versions, clock: Clock, covered: Callable[[Target], bool]) -> None:
        self._vault = vault
        self._clock = clock
        self._covered = covered
        self._lock = threading.Lock()
        self._held = Rules()

    def current(self) -> Rules:
        """The newest version; read from the vault only when it is not the one held. Raises DeidError when it can't be read."""
        try:
            newest = max(self.versions(), default=0)
            with self._lock:
                if newest != self._held.version:
                    self._held = self._read(newest)
                return self._held
        except (VaultError, KeyError, TypeError, ValueError):
            raise DeidError(_UNREADABLE) from None

    def last_known(self) -> Rules:
        """The newest version if it can be read, else the one read last."""
        try:
            return self.current()
        except DeidError:
            return self._held

    def versions(self) -> list[int]:
        """The numbers of all versions, newest first. Raises VaultError."""
        ids = (info.record_id for info in self._vault.list(KIND, None))
        return sorted((int(i.removeprefix(_PREFIX)) for i in ids if i.startswith(_PREFIX)), reverse=True)

    def earlier(self, version: int) -> Rules:
        """One version of the past. Raises DeidError when it can't be read."""
        try:
            return self._read(version)
        except (VaultError, KeyError, TypeError, ValueError):
            raise DeidError(_UNREADABLE) from None

    def policy_for(self, principal: Principal, target: Target) -> deid.Policy:
        """What a case of this person to this model is redacted by.

        A limited data set is for those who hold its permission, to models that may have it; everybody else redacts by the default.
        Raises DeidError when the rules can't be read.
        """
        rules = self.current()
        if rules.policy is not deid.LIMITED_DATA_SET or (auth.allowed(principal, Permission.LIMITED_DATA_SET) and self._covered(target)):
            return rules.effective
        return replace(rules, policy=deid.SAFE_HARBOR).effective

    def change(
        self,
        append: Callable[[Event], object],
        principal: Principal,
        *,
        seen: int,
        policy: deid.Policy | None = None,
        always: Iterable[str] | None = None,
        never: Iterable[str] | None = None,
    ) -> Rules:
        """Make the next version with what is given changed, an entry first. The same rules again change nothing.

        `seen` is the version that the person had before their eyes. Raises AccessError without the permission (a limited data set
        needs one more), ConfigError for a list that is not fit, AuditError when no entry can be made, VaultError when the version
        can't be stored or somebody else was quicker.
        """
        auth.authorize(principal, Permission.PRIVACY_RULES)
        if policy is deid.LIMITED_DATA_SET:
            auth.authorize(principal, Permission.LIMITED_DATA_SET)
        now = self.current()
        if now.version != seen:
            raise VaultError(_RACE)
        wanted = replace(
            now,
            policy=policy or now.policy,
            always=now.always if always is None else fit_terms(always),
            never=now.never if never is None else fit_terms(never),
        )
        if wanted == now:
            return now
        made = replace(wanted, version=now.version + 1, by=principal.user_id, at=self._clock.now())
        self._store(append, principal, now, made)
        return made

    def _store(self, append: Callable[[Event], object], principal: Principal, before: Rules, made: Rules) -> None:
        events = [_event(principal, made, subject, count) for subject, count in _changes(before, made)]
        for event in events:
            append(event)
        try:
            # An owner of its own for every write: the vault then lets nobody else put the same version.
            self._vault.put(KIND, f"{_PREFIX}{made.version}", f"site:{secrets.token_hex(12)}", _payload(made))
        except Error as error:
            for event in events:
                append(replace(event, outcome=Outcome.FAILED, error_class=type(error).__name__))
            raise VaultError(_RACE if made.version in self.versions() else error.user_message) from None

    def _read(self, version: int) -> Rules:
        if version == 0:
            return Rules()
        found = self._vault.get(KIND, f"{_PREFIX}{version}")
        if found is None:
            raise KeyError(version)
        policy = next(p for p in (*deid.POLICIES, None) if p is None or p.id == found["policy"])
        if policy is None:
            raise ValueError("a policy that this version of Casegate does not know")
        always, never = frozenset(found["always"]), frozenset(found["never"])
        return Rules(version, policy, always, never, str(found["by"]), datetime.fromisoformat(found["at"]))


def fit_terms(terms: Iterable[str]) -> frozenset[str]:
    """Terms as decisions compare them, blank ones left out. Raises ConfigError, without any of them, for too many or unfit ones."""
    keys = {key for term in terms if (key := deid.term_key(term))}
    if len(keys) > MAX_TERMS:
        raise ConfigError(f"A list takes {MAX_TERMS} terms at the most; this one has {len(keys)}.")
    for number, key in enumerate(sorted(keys), 1):
        if len(key) > MAX_TERM_CHARS or sum(c.isalnum() for c in key) < 2:
            raise ConfigError(
                f"Term {number} of the list, in order of the alphabet, needs 2 letters or digits and at most {MAX_TERM_CHARS}."
            )
    return frozenset(keys)


def _changes(before: Rules, made: Rules) -> list[tuple[str, int]]:
    """What an entry says of a change: which rule, and how many terms it has now."""
    found = []
    if made.policy is not before.policy:
        found.append((f"policy:{made.policy.id.partition('/')[0]}", 1))
    if made.always != before.always:
        found.append(("terms:always-mask", len(made.always)))
    if made.never != before.never:
        found.append(("terms:never-mask", len(made.never)))
    return found


def _event(principal: Principal, made: Rules, subject: str, count: int) -> Event:
    return Event(
        actor_id=principal.user_id,
        actor_role=principal.role,
        action=Action.CONFIGURATION_CHANGED,
        subject=subject,
        count=count,
        policy_version=made.effective.id,
    )


def _payload(rules: Rules) -> dict[str, Any]:
    return {
        "policy": rules.policy.id,
        "always": sorted(rules.always),
        "never": sorted(rules.never),
        "by": rules.by,
        "at": rules.at.isoformat() if rules.at else "",
    }
