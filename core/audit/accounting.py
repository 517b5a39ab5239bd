"""What was done in one case or by one person: the accounting that 45 CFR 164.528 has a patient or an officer ask for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from core.audit.actions import CALL_ENDINGS, Action
from core.audit.entry import Entry


@dataclass(frozen=True)
class Account:
    """Sums over entries: what was done, by whom, in which cases, and what was sent where (model → calls begun)."""

    entries: int
    first: datetime | None
    last: datetime | None
    actions: Mapping[Action, int]
    actors: Mapping[str, int]
    cases: Mapping[str, int]
    sent_to: Mapping[str, int]
    replaced: Mapping[str, int]
    tokens: int
    cost_usd: Decimal
    simulated_only: bool


def account(entries: Iterable[Entry]) -> Account:
    """The sums. `replaced` are the identifiers removed from what was sent, by category; those of the fullest preview count, for
    each is of the whole case."""
    actions, actors, cases, sent_to = Counter[Action](), Counter[str](), Counter[str](), Counter[str]()
    replaced: dict[str, int] = {}
    times, tokens, cost, number, real = [], 0, Decimal(0), 0, False
    for entry in entries:
        event, number = entry.event, number + 1
        times.append(entry.time)
        actions[event.action] += 1
        actors[event.actor_id] += 1
        cases.update([event.case_ref] if event.case_ref else [])
        if event.action is Action.DIAGNOSIS_REQUEST_INITIATED:
            sent_to[f"{event.provider}/{event.model}"] += 1
            real = real or not event.simulated
            for category, count in event.phi_counts.items():
                replaced[category.value] = max(count, replaced.get(category.value, 0))
        if event.action in CALL_ENDINGS:
            tokens += (event.prompt_tokens or 0) + (event.completion_tokens or 0)
            cost += event.cost_usd or Decimal(0)
    frozen = [MappingProxyType(dict(c.most_common())) for c in (actors, cases, sent_to)]
    return Account(
        entries=number,
        first=min(times, default=None),
        last=max(times, default=None),
        actions=MappingProxyType(dict(actions.most_common())),
        actors=frozen[0],
        cases=frozen[1],
        sent_to=frozen[2],
        replaced=MappingProxyType(dict(sorted(replaced.items()))),
        tokens=tokens,
        cost_usd=cost,
        simulated_only=bool(sent_to) and not real,
    )
