"""Roles, permissions and principals. Front door: `authorize`."""

from core.auth.claims import DEMO_ROLES, demo_principal, principal_of
from core.auth.roles import Permission, allowed, authorize

__all__ = ["DEMO_ROLES", "Permission", "allowed", "authorize", "demo_principal", "principal_of"]
