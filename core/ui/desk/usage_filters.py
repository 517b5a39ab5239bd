"""What the usage page is asked for: the filters on screen, and the questions to the audit store that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

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
        kind = st.segmented_control(
            "Calls", [REAL, SIMULATED], default=_kind_at_first(services, span, now, zone), required=True, key="usage-kind"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = _draw_actor(services, person, span, now)
        narrow = actor is not None
        models = {
            (p.id, m.id): f"{m.name} · {p.name}"
            for p in services.registry.providers
            for m in p.models
            if p.simulated == (kind == SIMULATED)
        }
        providers = {p.id: p.name for p in services.registry.providers if p.simulated == (kind == SIMULATED)}
        provider = st.selectbox(
            "Provider",
            list(providers),
            index=None,
            format_func=providers.__getitem__,
            placeholder="Every provider",
            disabled=narrow,
            key="usage-provider",
            width=190,
        )
        of_provider = {key: name for key, name in models.items() if provider in (None, key[0])}
        model = st.selectbox(
            "Model",
            list(of_provider),
            index=None,
            format_func=of_provider.__getitem__,
            placeholder="Every model",
            disabled=narrow,
            key="usage-model",
            width=230,
        )
        tier = st.selectbox(
            "Tier", [t.value for t in Tier], index=None, placeholder="Every tier", disabled=narrow, key="usage-tier", width=160
        )
        role = st.selectbox("Role", [r.value for r in Role], index=None, placeholder="Every role", key="usage-role", width=160)
        departments = services.audit.figures.departments()
        department = st.selectbox(
            "Department",
            departments,
            index=None,
            placeholder="Every department",
            disabled=not departments,
            key="usage-department",
            width=180,
        )
    where = UsageFilter(
        provider=None if narrow else (model[0] if model else provider),
        model=None if narrow or not model else model[1],
        tier=None if narrow else tier,
        role=role,
        department=department,
        actor=actor,
        simulated=kind == SIMULATED,
    )
    return Choice(_period(span, now, ZoneInfo("UTC") if narrow else zone, days=narrow), where, ZoneInfo("UTC") if narrow else zone)


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
        chosen = st.selectbox("Calls of", [EVERYONE, ME], key="usage-actor", width=150)
        return person.user_id if chosen == ME else None
    found = period(span, now, ZoneInfo("UTC"))
    until = found.until + timedelta(days=1)
    (table,), _ = services.audit.figures.ask([Question((hour_of(found.since), hour_of(until)), ("actor",), UsageFilter())])
    calls = {row[1]: row[table.columns.index("calls")] for row in table.rows}
    people = sorted((who for who, number in calls.items() if number), key=lambda who: -calls[who])
    chosen: str | None = st.selectbox(
        "User", people, index=None, placeholder=EVERYONE, key="usage-actor", width=220, help="One person's totals, by UTC day"
    )
    return chosen
