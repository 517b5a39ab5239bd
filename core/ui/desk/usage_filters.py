"""What the usage page is asked for: the filters on screen, and the questions to the audit store that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.analytics import Period, Span, Unit, period
from core.audit import Question, UsageFilter, hour_of
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.model import Principal, Role, Tier

REAL, SIMULATED = "Real calls", "Simulated calls"
EVERYONE, ME = "Everyone", "Me"


@dataclass(frozen=True, slots=True)
class Choice:
    """Period and facts chosen. `actor` is one person; times are then UTC days, for a person's figures are kept by those alone."""

    period: Period
    where: UsageFilter
    zone: ZoneInfo

    @property
    def simulated(self) -> bool:
        """Which kind of calls is looked at."""
        return bool(self.where.simulated)

    @property
    def edges(self) -> tuple[int, ...]:
        """The period's edges in hours since 1970."""
        return tuple(hour_of(edge) for edge in self.period.edges)

    def sums(self) -> Question:
        """Everything that the charts are made of."""
        if self.where.actor is not None:
            return Question(self.edges, ("outcome",), self.where)
        by = ("provider", "model", "outcome")
        unit = {"tier", "role", "department"} & self.where.given().keys()
        return Question(self.edges, by if unit else (*by, "error_class"), self.where)

    def times(self) -> Question:
        """How long calls took, over the whole period."""
        return Question((self.edges[0], self.edges[-1]), ("provider", "model"), self.where)

    def breakdown(self, name: str) -> Question:
        """The whole period by tier, role, department or person."""
        return Question((self.edges[0], self.edges[-1]), (name, "outcome"), self.where)


def viewer_zone() -> ZoneInfo:
    """The time zone of the viewer's browser; UTC when it says none that is known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def draw_filters(services: Services, person: Principal) -> Choice:
    """The filters, and what is chosen. Nobody sees another person's figures by name without the permission for it."""
    zone, now = viewer_zone(), services.clock.now()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = Span(st.segmented_control("Period", list(Span), default=Span.WEEK, required=True, key="usage-span") or Span.WEEK)
        first = None if "usage-kind" in st.session_state else _kind_at_first(services, span, now, zone)
        simulated = st.segmented_control("Calls", [REAL, SIMULATED], default=first, required=True, key="usage-kind") == SIMULATED
    columns = st.columns(6)
    with columns[0]:
        actor = _draw_actor(services, person, span, now)
    narrow = actor is not None
    provider, model = _draw_target(services, columns[1:3], simulated, disabled=narrow)
    tier = _pick(columns[3], "Tier", {t.value: t.value for t in Tier}, disabled=narrow)
    role = _pick(columns[4], "Role", {r.value: r.value for r in Role})
    department = _pick(columns[5], "Department", {name: name for name in services.audit.figures.departments()})
    facts = {"provider": provider, "model": model, "tier": tier} if not narrow else {}
    where = UsageFilter(**facts, role=role, department=department, actor=actor, simulated=simulated)
    zone = ZoneInfo("UTC") if narrow else zone
    return Choice(_period(span, now, zone, days=narrow), where, zone)


def _draw_target(
    services: Services, columns: Sequence[DeltaGenerator], simulated: bool, *, disabled: bool
) -> tuple[str | None, str | None]:
    offered = [p for p in services.registry.providers if p.simulated == simulated]
    provider = _pick(columns[0], "Provider", {p.id: p.name for p in offered}, disabled=disabled)
    models = {m.id: m.name for p in offered if provider in (None, p.id) for m in p.models}
    return provider, _pick(columns[1], "Model", models, disabled=disabled)


def _pick(column: DeltaGenerator, label: str, options: Mapping[str, str], *, disabled: bool = False) -> str | None:
    """One of the options, or None for all of them."""
    chosen: str | None = column.selectbox(
        label,
        list(options),
        index=None,
        format_func=options.__getitem__,
        placeholder="All",
        disabled=disabled or not options,
        key=f"usage-{label.lower()}",
    )
    return chosen


def _period(span: Span, now: datetime, zone: ZoneInfo, *, days: bool) -> Period:
    found = period(span, now, zone)
    return Period(Unit.DAY, (found.since, found.until)) if days and span is Span.TODAY else found


def _kind_at_first(services: Services, span: Span, now: datetime, zone: ZoneInfo) -> str:
    """Real calls, unless there are only simulated ones."""
    found = period(span, now, zone)
    asked = Question((hour_of(found.since), hour_of(found.until)), ("simulated",), UsageFilter())
    (table,), _ = services.audit.figures.ask([asked])
    kinds = {row[1] for row in table.rows}
    return SIMULATED if kinds == {True} or (not kinds and services.demo) else REAL


def _draw_actor(services: Services, person: Principal, span: Span, now: datetime) -> str | None:
    if not allowed(person, Permission.USAGE_BY_USER):
        whose = st.selectbox("Calls of", [EVERYONE, ME], key="usage-actor")
        return person.user_id if whose == ME else None
    found = period(span, now, ZoneInfo("UTC"))
    until = found.until + timedelta(days=1)
    (table,), _ = services.audit.figures.ask([Question((hour_of(found.since), hour_of(until)), ("actor",), UsageFilter())])
    calls = {row[1]: row[table.columns.index("calls")] for row in table.rows}
    people = sorted((who for who, number in calls.items() if number), key=lambda who: -calls[who])
    chosen: str | None = st.selectbox(
        "User", people, index=None, placeholder=EVERYONE, key="usage-actor", help="One person's totals, by UTC day"
    )
    return chosen
