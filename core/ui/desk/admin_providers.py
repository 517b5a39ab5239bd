"""Admin, providers: whom cases may go to, with which key, under which agreement. Keys are shown as fingerprints, never themselves."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.bootstrap import Services
from core.gateway import Provider
from core.model import Principal
from core.ui.views.markup import Html, escaped, joined, pill, table, tag
from core.ui.views.markup import draw as draw_html


def draw(services: Services, person: Principal) -> None:
    """One row a provider, from the providers file and the environment."""
    st.header("Providers", anchor=False)
    st.caption("Set in the providers file and the environment; nothing of it is changed here.")
    today = services.clock.now().date()
    head = ("Provider", "Models", "Key", "Agreement (BAA)", "Region", "Keeps nothing", "TLS", "Limited data set")
    rows = [_cells(services, provider, today) for provider in services.registry.providers]
    draw_html(tag("div", table(head, rows, "cg-table cg-stack"), "cg-scroll"))


def _cells(services: Services, provider: Provider, today: date) -> list[Html]:
    name = joined([tag("b", escaped(provider.name)), Html(f" {pill('simulated', 'violet')}") if provider.simulated else Html("")])
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
    found = services.gateway.fingerprint_of(provider.id)
    return tag("span", escaped(found), "cg-mono") if found else pill("no key", "amber")


def _agreement(provider: Provider, today: date) -> Html:
    baa = provider.baa
    if baa.state == "not-required" or provider.simulated:
        return pill("not required")
    if baa.state == "none":
        return pill("none", "amber")
    until = f", until {baa.until.isoformat()}" if baa.until else ""
    return pill(f"in force{until}", "green") if baa.in_force(today) else pill(f"signed, not in force{until}", "red")
