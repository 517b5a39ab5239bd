"""Whom a case may go to: trust classes, the site's policy over them, and agreements that end. Pure.

45 CFR 164.502(e) and 164.504(e): a business associate gets protected health information only under an agreement in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from core.errors import TrustError
from core.gateway.provider import Provider

WARN_DAYS = 60


class Trust(StrEnum):
    """What stands between the site and a provider."""

    ON_PREMISES = "on-premises"
    BAA = "baa"
    NONE = "none"
    SIMULATED = "simulated"


WORDS: Mapping[Trust, str] = MappingProxyType(
    {
        Trust.ON_PREMISES: "on the site's own premises",
        Trust.BAA: "agreement in force",
        Trust.NONE: "no agreement in force",
        Trust.SIMULATED: "simulated on this machine",
    }
)
_WIDTH = {Trust.ON_PREMISES: 0, Trust.BAA: 1, Trust.NONE: 2}


def trust_of(provider: Provider, on: date) -> Trust:
    """The provider's class on that day; an agreement that is not in force on it counts for nothing."""
    if provider.simulated:
        return Trust.SIMULATED
    if provider.on_premises:
        return Trust.ON_PREMISES
    return Trust.BAA if provider.baa.in_force(on) else Trust.NONE


def no_wider(chosen: Trust, other: Trust) -> bool:
    """Whether a request for a provider of class `chosen` may go on to one of class `other`.

    Never to a wider class; and a simulated answer never takes a real one's place, nor the other way round.
    """
    if Trust.SIMULATED in (chosen, other):
        return chosen is other
    return _WIDTH[other] <= _WIDTH[chosen]


@dataclass(frozen=True)
class SitePolicy:
    """Which classes may get the output of which de-identification policy (by name, without version); an unlisted one goes nowhere."""

    classes: Mapping[str, frozenset[Trust]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", MappingProxyType({name: frozenset(found) for name, found in self.classes.items()}))

    def admits(self, trust: Trust, policy: str) -> bool:
        """Whether output of the policy (`SAFE_HARBOR/1`) may go to a provider of that class."""
        return trust in self.classes.get(policy.partition("/")[0], frozenset())

    def check(self, provider: Provider, policy: str, on: date) -> Trust:
        """The provider's class on that day. Raises TrustError when the policy's output may not go there."""
        trust = trust_of(provider, on)
        if not self.admits(trust, policy):
            name = policy.partition("/")[0]
            raise TrustError(
                f"Not sent: the site's policy keeps {name} output from {provider.name} ({WORDS[trust]}). "
                "Choose another model, or ask an administrator."
            )
        return trust


_EVERYONE = frozenset(Trust)
_UNDER_CONTRACT = frozenset({Trust.BAA, Trust.ON_PREMISES})
# Without an agreement a provider gets what 164.514(b)(2) no longer counts as protected; a limited data set (164.514(e)) still is.
# A simulated provider is this very server (the file's reader sees to that), so that nothing leaves the site.
# Flags that nobody has decided stop every case at preflight, so output with one reaches no provider at all.
DEFAULT_SITE_POLICY = SitePolicy(
    {
        "SAFE_HARBOR": _EVERYONE,
        "BLANK_ALL": _EVERYONE,
        "SAFE_HARBOR_KEEP_FACILITIES": _UNDER_CONTRACT | {Trust.SIMULATED},
        "LIMITED_DATA_SET": _UNDER_CONTRACT | {Trust.SIMULATED},
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """An agreement that has ended or will within WARN_DAYS; `days_left` is negative once it has."""

    provider: str
    name: str
    until: date
    days_left: int

    def words(self) -> str:
        """One sentence for a person."""
        when = f"ended on {self.until.isoformat()}" if self.days_left < 0 else f"ends on {self.until.isoformat()}, in {self.days_left} days"
        return f"The business associate agreement with {self.name} {when}. Renew it, then set `until` in the providers file."


def notices(providers: Iterable[Provider], on: date) -> tuple[Notice, ...]:
    """Agreements to renew, soonest first."""
    found = [
        Notice(p.id, p.name, p.baa.until, days)
        for p in providers
        if p.baa.state == "signed" and p.baa.until is not None and (days := (p.baa.until - on).days) <= WARN_DAYS
    ]
    return tuple(sorted(found, key=lambda n: (n.until, n.provider)))
