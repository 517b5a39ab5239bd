"""What can be recorded: the acts and how they ended. The values are part of the stored format; never rename one."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One kind of act."""

    DIAGNOSIS_REQUEST_INITIATED = "diagnosis_request_initiated"
    DIAGNOSIS_RESPONSE_RECEIVED = "diagnosis_response_received"
    DIAGNOSIS_REQUEST_FAILED = "diagnosis_request_failed"
    REQUEST_CANCELLED = "request_cancelled"
    MODEL_ATTEMPT_STARTED = "model_attempt_started"
    MODEL_ATTEMPT_FAILED = "model_attempt_failed"
    PROVIDER_TESTED = "provider_tested"
    REPAIR_REQUESTED = "repair_requested"
    PREVIEW_REVIEWED = "preview_reviewed"
    PREFLIGHT_BLOCKED = "preflight_blocked"
    FLAG_KEPT = "flag_kept"
    FLAG_REDACTED = "flag_redacted"
    MASK_KEPT = "mask_kept"
    SELECTION_REDACTED = "selection_redacted"
    TERM_DECISION_UNDONE = "term_decision_undone"
    RESPONSE_REVEALED = "response_revealed"
    CONSULTATION_OPENED = "consultation_opened"
    WHAT_IF_COMPUTED = "what_if_computed"
    DECISION_RECORDED = "decision_recorded"
    DRAFT_SAVED = "draft_saved"
    DRAFT_OPENED = "draft_opened"
    DRAFT_DISCARDED = "draft_discarded"
    COMPARISON_STARTED = "comparison_started"
    COMPARISON_FINISHED = "comparison_finished"
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    ACCESS_DENIED = "access_denied"
    ROLE_SWITCHED = "role_switched"
    AUDIT_VIEWED = "audit_viewed"
    USAGE_VIEWED = "usage_viewed"
    EXPORT_MADE = "export_made"
    VERIFICATION_RUN = "verification_run"
    API_REQUEST_REFUSED = "api_request_refused"
    SERVICE_STARTED = "service_started"
    SERVICE_STOPPED = "service_stopped"
    CONFIGURATION_CHANGED = "configuration_changed"
    ENTRIES_PURGED = "entries_purged"
    RETENTION_DECIDED = "retention_decided"
    LEGAL_HOLD_SET = "legal_hold_set"
    LEGAL_HOLD_LIFTED = "legal_hold_lifted"
    STORE_MIGRATED = "store_migrated"
    STORE_RESTORED = "store_restored"
    BACKUP_MADE = "backup_made"
    SIGNING_KEY_CHANGED = "signing_key_changed"
    VAULT_REWRAPPED = "vault_rewrapped"
    REVIEW_SIGNED_OFF = "review_signed_off"
    BREAK_GLASS = "break_glass"
    FIGURES_REBUILT = "figures_rebuilt"


class Outcome(StrEnum):
    """How an act ended."""

    OK = "ok"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


# One of these, and only one, closes each diagnosis_request_initiated; the usage figures count them.
CALL_ENDINGS: tuple[Action, ...] = (
    Action.DIAGNOSIS_RESPONSE_RECEIVED,
    Action.DIAGNOSIS_REQUEST_FAILED,
    Action.REQUEST_CANCELLED,
)
CALL_ACTIONS: tuple[Action, ...] = (Action.DIAGNOSIS_REQUEST_INITIATED, *CALL_ENDINGS)
