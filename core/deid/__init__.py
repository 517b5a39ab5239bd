"""De-identification: find what identifies, replace it by tags, turn tags back for the viewer, and clear what leaves.

Pure: no network, no files but its own word lists and model, no clock. Offsets count code points of the input. Every function
raises DeidError, without text, rather than let anything pass.
"""

from core.deid.engine import deidentify, detect, term_key, warm_up
from core.deid.policy import (
    BLANK_ALL,
    LIMITED_DATA_SET,
    POLICIES,
    SAFE_HARBOR,
    SAFE_HARBOR_KEEP_FACILITIES,
    Policy,
    TermLists,
    policy_named,
    zip3,
)
from core.deid.preflight import clear
from core.deid.restore import restore

clear_followup = clear

__all__ = [
    "BLANK_ALL",
    "LIMITED_DATA_SET",
    "POLICIES",
    "SAFE_HARBOR",
    "SAFE_HARBOR_KEEP_FACILITIES",
    "Policy",
    "TermLists",
    "clear",
    "clear_followup",
    "deidentify",
    "detect",
    "policy_named",
    "restore",
    "term_key",
    "warm_up",
    "zip3",
]
