"""Admin, redaction rules: the policy, the site's own term lists, and every version there was."""

from __future__ import annotations

import streamlit as st

from core import deid
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.deid import Policy
from core.errors import Error
from core.model import Principal
from core.site_rules import MAX_TERMS, Rules
from core.ui.views import banner
from core.ui.views.figures import counted
from core.ui.views.markup import Html, escaped, table, tag
from core.ui.views.markup import draw as draw_markup

_NOTICE_KEY = "rules_notice"
_NAMES: tuple[tuple[Policy, str, str], ...] = (
    (deid.SAFE_HARBOR, "Safe Harbor", "All eighteen identifiers of 45 CFR 164.514(b)(2), clinicians' names and facilities. The default."),
    (deid.SAFE_HARBOR_KEEP_FACILITIES, "Safe Harbor, facilities stay", "The same, but names of hospitals and practices are sent."),
    (
        deid.LIMITED_DATA_SET,
        "Limited data set",
        "Dates, ages, cities and ZIP codes are sent (164.514(e)): under a data use agreement, by researchers, to models that may have it. "
        "All other cases redact by Safe Harbor.",
    ),
    (deid.BLANK_ALL, "Blank everything", "No word of a case is sent: a stop for the whole site."),
)
_TITLES = {policy.id: title for policy, title, _ in _NAMES}
_HEAD = ("Version", "Time (UTC)", "By", "Policy", "Always mask", "Never mask")
_ALWAYS_HELP = "One term per line. Masked wherever it stands, under every policy; a clinician can't keep it."
_NEVER_HELP = "One term per line. Stays where a find is exactly this term, unless the identity panel or a clinician says otherwise."


def draw(services: Services, person: Principal) -> None:
    """Show the rules in force; who may change them gets a form."""
    st.header("Redaction rules", anchor=False)
    try:
        rules = services.rules.current()
    except Error as error:
        st.error(error.user_message, icon=":material/gpp_bad:")
        return
    st.caption(_in_force(rules))
    _notice()
    if allowed(person, Permission.PRIVACY_RULES):
        _form(services, person, rules)
    else:
        st.markdown(f"**{_TITLES[rules.policy.id]}**")
    _history(services)


def _in_force(rules: Rules) -> str:
    name = _TITLES[rules.policy.id]
    if rules.at is None:
        return f"In force: {name} ({rules.effective.id}), as Casegate comes. No list has been written yet."
    return f"In force: {name} ({rules.effective.id}), version {rules.version}, by {rules.by} on {rules.at:%Y-%m-%d %H:%M} UTC."


def _notice() -> None:
    kind, words = st.session_state.pop(_NOTICE_KEY, ("", ""))
    if kind == "good":
        banner(words, "good", lead="Saved.")
    elif kind:
        banner(words, "danger", lead="Not saved.")


def _form(services: Services, person: Principal, rules: Rules) -> None:
    offered = [p for p, *_ in _NAMES if p is not deid.LIMITED_DATA_SET or p is rules.policy or allowed(person, Permission.LIMITED_DATA_SET)]
    with st.form(f"rules-{rules.version}", border=True):
        st.radio(
            "Policy",
            offered,
            index=offered.index(rules.policy),
            format_func=lambda policy: _TITLES[policy.id],
            captions=[words for policy, _, words in _NAMES if policy in offered],
            key=_key("policy", rules),
        )
        always, never = st.columns(2)
        always.text_area("Always mask", "\n".join(sorted(rules.always)), height=150, help=_ALWAYS_HELP, key=_key("always", rules))
        never.text_area("Never mask", "\n".join(sorted(rules.never)), height=150, help=_NEVER_HELP, key=_key("never", rules))
        st.caption(f"At most {MAX_TERMS} terms per list. Lists are stored encrypted; entries hold their version and length, never a term.")
        st.form_submit_button(
            f"Save as version {rules.version + 1}", type="primary", icon=":material/save:", on_click=_save, args=(services, person, rules)
        )
    if deid.LIMITED_DATA_SET not in offered:
        st.caption("A limited data set can be chosen by the privacy officer alone.")


def _key(name: str, rules: Rules) -> str:
    """Another key for another version, so that the form shows what is in force and not what was typed over an older one."""
    return f"rules-{name}-{rules.version}"


def _save(services: Services, person: Principal, seen: Rules) -> None:
    policy, always, never = (st.session_state[_key(name, seen)] for name in ("policy", "always", "never"))
    try:
        made = services.rules.change(
            services.audit.append, person, seen=seen.version, policy=policy, always=always.splitlines(), never=never.splitlines()
        )
    except Error as error:
        st.session_state[_NOTICE_KEY] = ("danger", error.user_message)
        return
    same = made.version == seen.version
    st.session_state[_NOTICE_KEY] = ("good", "Nothing was different." if same else f"Version {made.version} is in force from now on.")


def _history(services: Services) -> None:
    with st.expander("Every version", icon=":material/history:"):
        try:
            rows = [_row(services.rules.earlier(number)) for number in services.rules.versions()]
        except Error as error:
            st.error(error.user_message, icon=":material/error:")
            return
        if rows:
            draw_markup(tag("div", table(_HEAD, rows, "cg-table cg-stack"), "cg-scroll"))
        else:
            st.caption("There is none yet.")


def _row(rules: Rules) -> list[Html]:
    at = f"{rules.at:%Y-%m-%d %H:%M:%S}" if rules.at else ""
    facts = (rules.version, at, rules.by, _TITLES[rules.policy.id], counted(len(rules.always), "term"), counted(len(rules.never), "term"))
    return [escaped(str(fact)) for fact in facts]
