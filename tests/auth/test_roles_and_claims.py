"""Roles, permissions, and what an identity provider's claims become."""

from __future__ import annotations

import pytest

from core.auth import DEMO_ROLES, Permission, allowed, authorize, demo_principal, principal_of
from core.errors import AccessError
from core.model import Principal, Role

EXPECTED = {
    Role.CLINICIAN: {
        Permission.CASE_SUBMIT,
        Permission.CASE_COMPARE,
        Permission.BREAK_GLASS,
        Permission.USAGE_READ,
        Permission.ENGINE_READ,
    },
    Role.RESEARCHER: {
        Permission.CASE_SUBMIT,
        Permission.CASE_COMPARE,
        Permission.USAGE_READ,
        Permission.ENGINE_READ,
        Permission.LIMITED_DATA_SET,
    },
    Role.PRIVACY_OFFICER: {
        Permission.USAGE_READ,
        Permission.ENGINE_READ,
        Permission.USAGE_BY_USER,
        Permission.AUDIT_READ,
        Permission.AUDIT_VERIFY,
        Permission.ADMIN_READ,
        Permission.PRIVACY_RULES,
        Permission.LIMITED_DATA_SET,
    },
    Role.ADMIN: {
        Permission.USAGE_READ,
        Permission.ENGINE_READ,
        Permission.USAGE_BY_USER,
        Permission.AUDIT_READ,
        Permission.AUDIT_VERIFY,
        Permission.ADMIN_READ,
        Permission.PRIVACY_RULES,
    },
    Role.VIEWER: {Permission.USAGE_READ, Permission.ENGINE_READ},
    Role.SERVICE: {Permission.API_ASSIST},
}


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", list(Role))
def test_every_cell_of_the_matrix(role: Role, permission: Permission) -> None:
    """A pair is allowed when it is listed here, and refused with both names otherwise."""
    person = Principal("u-1", role)
    assert allowed(person, permission) is (permission in EXPECTED[role])
    if permission in EXPECTED[role]:
        authorize(person, permission)
    else:
        with pytest.raises(AccessError) as refused:
            authorize(person, permission)
        assert (refused.value.wanted, refused.value.held) == (permission.value, role.value)


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        ("clinician", Role.CLINICIAN),
        (["staff", "privacy-officer"], Role.PRIVACY_OFFICER),
        (["casegate:administrator"], Role.ADMIN),
        ("Privacy Officer", Role.PRIVACY_OFFICER),
        ("service", Role.VIEWER),
        ("root", Role.VIEWER),
        (None, Role.VIEWER),
        (17, Role.VIEWER),
        ([], Role.VIEWER),
    ],
)
def test_a_role_claim_is_read_and_an_unknown_one_gives_least(claim: object, role: Role) -> None:
    """Nobody becomes a service or more than a viewer by an unknown claim."""
    assert principal_of({"iss": "https://idp", "sub": "1", "roles": claim}, "roles").role is role


def test_the_user_id_is_opaque_and_stable() -> None:
    """The same subject gives the same id, another issuer another, and neither holds the e-mail address."""
    claims = {"iss": "https://idp", "sub": "jane@example.org", "name": "Jane"}
    first, again = principal_of(claims, "roles"), principal_of(claims, "roles")
    assert first.user_id == again.user_id
    assert "jane" not in first.user_id
    assert principal_of(claims | {"iss": "https://other"}, "roles").user_id != first.user_id


def test_claims_without_a_subject_are_nobody() -> None:
    """A missing subject is refused."""
    with pytest.raises(AccessError):
        principal_of({"iss": "https://idp", "sub": ""}, "roles")


def test_the_demo_offers_its_roles_and_no_other() -> None:
    """Nobody can switch to the service role."""
    assert {demo_principal(role).role for role in DEMO_ROLES} == set(DEMO_ROLES)
    with pytest.raises(AccessError):
        demo_principal(Role.SERVICE)


@pytest.mark.parametrize(
    ("claim", "department"),
    [("Cardiology", "Cardiology"), (["Emergency Medicine (2)"], "Emergency-Medicine-2"), (None, ""), (7, ""), ("  ", ""), ("é", "")],
    ids=str,
)
def test_a_department_is_a_code(claim: object, department: str) -> None:
    """What the identity provider says becomes something that the audit store takes, or nothing."""
    person = principal_of({"sub": "1", "department": claim}, "roles")
    assert person.department == department
