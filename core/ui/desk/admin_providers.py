"""Admin, providers: whom cases may go to, with which key, under which agreement, and whether they answer.

Keys are shown as fingerprints, never themselves. A connection test sends one fixed sentence and no case.
"""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.audit import Action, Outcome
from core.auth import Permission, authorize
from core.bootstrap import Services
from core.errors import ConfigError
from core.gateway import Check, Provider, notices
from core.model import Principal, Target
from core.ui.desk import session
from core.ui.desk.case_form import model_name
from core.ui.views import banner
from core.ui.views.markup import Html, escaped, joined, pill, table, tag
from core.ui.views.markup import draw as draw_html

_CHECK_KEY = "connection_check"


def draw(services: Services, person: Principal) -> None:
    """One row a provider, from the providers file and the environment; agreements to renew; a button that tests a connection."""
    st.header("Providers", anchor=False)
    st.caption("Set in the providers file and the environment; nothing of it is changed here.")
    today = services.clock.now().date()
    for notice in notices(services.registry.providers, today):
        banner(notice.words(), "danger" if notice.days_left < 0 else "warning", lead="Agreement.")
    head = ("Provider", "Models", "Key", "Agreement (BAA)", "Region", "Keeps nothing", "TLS", "Limited data set")
    rows = [_cells(services, provider, today) for provider in services.registry.providers]
    draw_html(tag("div", table(head, rows, "cg-table cg-stack"), "cg-scroll"))
    _test(services, person)
    _estimates(services)


def _estimates(services: Services) -> None:
    """How far the estimates before a send were from what was billed, for models that have answered since the start."""
    found = services.gateway.estimate_errors()
    if not found:
        return
    st.subheader("Estimates", anchor=False)
    st.caption("Tokens of the prompt as expected before the send, against what the provider billed, since this server started.")
    head = ("Model", "Calls", "Off by, on average", "Leaning", "Characters per token")
    rows = [
        [
            escaped(model_name(services)(error.target)),
            escaped(f"{error.calls:,}"),
            escaped(f"{100 * error.mean_absolute:.1f} %"),
            escaped(f"{100 * error.mean_signed:+.1f} %".replace("-", "−")),
            escaped(f"{error.chars_per_token:.2f}"),
        ]
        for error in found
    ]
    draw_html(tag("div", table(head, rows, "cg-table cg-stack"), "cg-scroll"))


def _test(services: Services, person: Principal) -> None:
    """Choose a model, press, read in one sentence what is wrong with its key, address, certificate or name, if anything is."""
    choose, press = st.columns([3, 1], vertical_alignment="bottom")
    every = [m.target for p in services.registry.providers for m in p.models]
    target = choose.selectbox("Model to test", every, format_func=model_name(services), key="connection-target")
    press.button(
        "Test connection",
        icon=":material/network_check:",
        on_click=_run,
        args=(services, person, target),
        width="stretch",
        help="Sends one fixed sentence, and nothing of any case.",
    )
    check = st.session_state.get(_CHECK_KEY)
    if isinstance(check, Check) and check.target == target:
        shown = f" Key fingerprint {check.key_fingerprint}." if check.key_fingerprint else ""
        banner(f"{check.words}{shown}", "good" if check.ok else "danger", lead="Connected." if check.ok else "Not connected.")


def _run(services: Services, person: Principal, target: Target) -> None:
    authorize(person, Permission.ADMIN_READ)
    check = services.gateway.test_connection(target)
    session.record(
        person,
        Action.PROVIDER_TESTED,
        provider=target.provider,
        model=target.model,
        outcome=Outcome.OK if check.ok else Outcome.FAILED,
        error_class=check.error_class,
        http_status=check.status,
        latency_ms=None if check.latency_s is None else round(check.latency_s * 1000),
        simulated=services.simulated(target),
    )
    st.session_state[_CHECK_KEY] = check


def _cells(services: Services, provider: Provider, today: date) -> list[Html]:
    marks = [pill("simulated", "violet")] if provider.simulated and "simulated" not in provider.name else []
    marks += [] if provider.enabled else [pill("not enabled", "slate")]
    name = joined([tag("b", escaped(provider.name)), *(Html(f" {mark}") for mark in marks)])
    limited = all(services.may_have_limited(model.target) for model in provider.models)
    return [
        name,
        escaped(", ".join(model.name for model in provider.models)),
        _key(services, provider),
        _agreement(provider, today),
        escaped(provider.region),
        escaped(provider.zero_retention),
        escaped(f"{provider.tls_minimum} or newer"),
        pill("may have it", "green") if limited else pill("may not", "slate"),
    ]


def _key(services: Services, provider: Provider) -> Html:
    if provider.auth == "none":
        return pill("none needed")
    try:
        found = services.gateway.fingerprint_of(provider.id)
    except ConfigError:
        return pill("file unreadable", "red")
    return tag("span", escaped(found), "cg-mono") if found else pill("no key", "amber")


def _agreement(provider: Provider, today: date) -> Html:
    baa = provider.baa
    if provider.simulated or provider.on_premises:
        return pill("not required")
    if baa.state == "none":
        return pill("none", "amber")
    until = f", until {baa.until.isoformat()}" if baa.until else ""
    return pill(f"in force{until}", "green") if baa.in_force(today) else pill(f"signed, not in force{until}", "red")
