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
    API_ASSIST = "ask through the API"


_GRANTS: MappingProxyType[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.CLINICIAN: frozenset({Permission.CASE_SUBMIT, Permission.CASE_COMPARE, Permission.USAGE_READ}),
        Role.RESEARCHER: frozenset({Permission.CASE_SUBMIT, Permission.CASE_COMPARE, Permission.USAGE_READ}),
        Role.PRIVACY_OFFICER: frozenset({Permission.USAGE_READ, Permission.USAGE_BY_USER, Permission.AUDIT_READ, Permission.AUDIT_VERIFY}),
        Role.ADMIN: frozenset({Permission.USAGE_READ, Permission.USAGE_BY_USER, Permission.AUDIT_READ, Permission.AUDIT_VERIFY}),
        Role.VIEWER: frozenset({Permission.USAGE_READ}),
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
