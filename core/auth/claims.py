"""From an identity provider's claims to a Principal. Pure.

The user id in the audit store is a hash of issuer and subject: opaque, stable, and useless to anyone who
holds only the store. An unknown role claim gives the role with the fewest permissions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from core.errors import AccessError
from core.model import Principal, Role

_UNFIT = re.compile(r"[^A-Za-z0-9._]+")
DEMO_ROLES: tuple[Role, ...] = (Role.CLINICIAN, Role.PRIVACY_OFFICER, Role.ADMIN, Role.VIEWER)
_NAMES = {role.value.replace(" ", "_"): role for role in Role if role is not Role.SERVICE}


def principal_of(claims: Mapping[str, object], role_claim: str, department_claim: str = "department") -> Principal:
    """The person the claims speak of. Raises AccessError when they lack a subject."""
    subject = str(claims.get("sub") or "")
    if not subject:
        raise AccessError(wanted="a signed-in user", held="nobody")
    digest = hashlib.sha256(f"{claims.get('iss', '')}|{subject}".encode()).hexdigest()
    name = str(claims.get("name") or claims.get("email") or "signed-in user")
    return Principal(f"u-{digest[:24]}", _role(claims.get(role_claim)), name, _department(claims.get(department_claim)))


def _department(claim: object) -> str:
    """A code for figures: letters, digits, dots and dashes, the rest as dashes; "" when there is none."""
    given = claim[0] if isinstance(claim, (list, tuple)) and claim else claim
    return _UNFIT.sub("-", given.strip())[:40].strip("-") if isinstance(given, str) else ""


def _role(claim: object) -> Role:
    given = [claim] if isinstance(claim, str) else claim if isinstance(claim, (list, tuple)) else []
    names = [str(item).strip().lower().replace("casegate:", "").replace(" ", "_").replace("-", "_") for item in given]
    return next((_NAMES[name] for name in names if name in _NAMES), Role.VIEWER)


def demo_principal(role: Role) -> Principal:
    """The one demo user, in the role chosen on screen. Raises AccessError for a role that the demo does not offer."""
    if role not in DEMO_ROLES:
        raise AccessError(wanted="a demo role", held=role.value)
    return Principal(f"demo-{role.value.replace(' ', '-')}", role, f"Demo {role.value}")
