"""Who may do what: one table, deny by default. Pure."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from core.errors import AccessError
from core.model import Principal, Role


class Permission(StrEnum):
    """One kind of act."""

    CASE_SUBMIT = "submit a case"
    CASE_COMPARE = "compare models"
    USAGE_READ = "see usage figures"
    USAGE_BY_USER = "see usage figures of each user"
    AUDIT_READ = "read the audit trail"
    AUDIT_VERIFY = "verify the audit trail"
    ENGINE_READ = "see the reference engine"
    BREAK_GLASS = "open a consultation of somebody else in an emergency"
    API_ASSIST = "ask through the API"
    ADMIN_READ = "see the site's settings"
    PRIVACY_RULES = "change the redaction rules"
    LIMITED_DATA_SET = "use a limited data set"


_GRANTS: MappingProxyType[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.CLINICIAN: frozenset(
            {Permission.CASE_SUBMIT, Permission.CASE_COMPARE, Permission.BREAK_GLASS, Permission.USAGE_READ, Permission.ENGINE_READ}
        ),
        # A limited data set is for research, public health and operations alone (45 CFR 164.514(e)(3)): researchers send it,
        # the privacy officer allows it for the site.
        Role.RESEARCHER: frozenset(
            {Permission.CASE_SUBMIT, Permission.CASE_COMPARE, Permission.USAGE_READ, Permission.ENGINE_READ, Permission.LIMITED_DATA_SET}
        ),
        Role.PRIVACY_OFFICER: frozenset(
            {
                Permission.USAGE_READ,
                Permission.ENGINE_READ,
                Permission.USAGE_BY_USER,
                Permission.AUDIT_READ,
                Permission.AUDIT_VERIFY,
                Permission.ADMIN_READ,
                Permission.PRIVACY_RULES,
                Permission.LIMITED_DATA_SET,
            }
        ),
        Role.ADMIN: frozenset(
            {
                Permission.USAGE_READ,
                Permission.ENGINE_READ,
                Permission.USAGE_BY_USER,
                Permission.AUDIT_READ,
                Permission.AUDIT_VERIFY,
                Permission.ADMIN_READ,
                Permission.PRIVACY_RULES,
            }
        ),
        Role.VIEWER: frozenset({Permission.USAGE_READ, Permission.ENGINE_READ}),
        Role.SERVICE: frozenset({Permission.API_ASSIST}),
    }
)


def allowed(principal: Principal, permission: Permission) -> bool:
    """Whether the role holds the permission; an unlisted pair never does."""
    return permission in _GRANTS.get(principal.role, frozenset())


def authorize(principal: Principal, permission: Permission) -> None:
    """Return when allowed, raise AccessError naming the permission wanted and the role held."""
    if not allowed(principal, permission):
        raise AccessError(wanted=permission.value, held=principal.role.value)
