"""Every error Casegate raises on purpose.

    Error(user_message)
    ├── ConfigError                a setting is missing or wrong; names what to set
    ├── CaseError(problems)        a field of the form is missing, short or overlong
    ├── DeidError                  the redactor failed; nothing may leave
    │   └── PreflightError(findings)   the final payload still looks identifying
    ├── GatewayError               no usable reply
    │   ├── ProviderError(provider, status, retryable)
    │   │   ├── RateLimitError(retry_after_s)
    │   │   ├── ProviderTimeoutError
    │   │   ├── ProviderRestingError   left alone after repeated faults; no attempt was made
    │   │   └── RefusalError           the model, or a content filter, declined to answer
    │   ├── AllProvidersError(attempts)
    │   ├── CancelledError         the clinician stopped the call
    │   ├── TrustError             the site's policy keeps this output from that provider
    │   └── BudgetError            a spending or rate limit would be exceeded
    ├── ReplyFormatError(detail)   the model answered, but not in the answer's schema
    ├── AuditError                 the audit store can't be written or read
    │   └── ChainError(sequence)   the store was altered; first bad entry
    ├── VaultError                 a record can't be sealed or opened
    ├── AccessError(wanted, held)  the role lacks the permission
    └── StudyError

`user_message` is shown on screen as it is. No message ever holds case text, model text or a whole key:
whoever raises one puts in names of fields, categories, counts and codes only. Our own misuse of our own
functions is ValueError or TypeError, not one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Error(Exception):
    """Root of the tree: `user_message` says what happened and what to do, without case text."""

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


class ConfigError(Error):
    """A setting is missing, malformed or contradicts another; the message names what to set."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field; `field` is its label on the form."""

    field: str
    message: str


class CaseError(Error):
    """The case can't be sent as it stands; one problem per field at the most."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class DeidError(Error):
    """Redaction failed. The text was blanked and nothing may leave."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What preflight found and where: category name, where it stands, offsets there. Never the text."""

    category: str
    place: str
    start: int
    end: int


class PreflightError(DeidError):
    """The final payload still holds something that looks like an identifier, or (no findings) is not what was reviewed."""

    def __init__(self, findings: Sequence[Finding] = ()) -> None:
        kinds = ", ".join(sorted({f.category for f in findings}))
        why = f"the outgoing text still seems to hold {kinds}. Redact it in the case" if kinds else "this is not the text that was reviewed"
        super().__init__(f"Not sent: {why}, then review again." if kinds else f"Not sent: {why}. Review it again.")
        self.findings = tuple(findings)


class GatewayError(Error):
    """No usable reply from a model."""


class ProviderError(GatewayError):
    """A provider answered with an error or did not answer; `status` is its HTTP status or None."""

    def __init__(self, user_message: str, *, provider: str, status: int | None = None, retryable: bool = False, attempts: int = 1) -> None:
        super().__init__(user_message)
        self.provider = provider
        self.status = status
        self.retryable = retryable
        self.attempts = attempts


class RateLimitError(ProviderError):
    """The provider refused for now; `retry_after_s` is its own wish in seconds, or None."""

    def __init__(self, user_message: str, *, provider: str, retry_after_s: float | None = None, attempts: int = 1) -> None:
        super().__init__(user_message, provider=provider, status=429, retryable=True, attempts=attempts)
        self.retry_after_s = retry_after_s


class ProviderTimeoutError(ProviderError):
    """The deadline for the whole request passed."""


class ProviderRestingError(ProviderError):
    """The provider failed so often that it is left alone for a while; nothing was sent."""


class RefusalError(ProviderError):
    """The model declined to answer, or a content filter held its answer back."""


class AllProvidersError(GatewayError):
    """No provider of the chain answered; `attempts` holds the last error at each, in order."""

    def __init__(self, user_message: str, attempts: Sequence[ProviderError]) -> None:
        super().__init__(user_message)
        self.attempts = tuple(attempts)


class CancelledError(GatewayError):
    """The clinician stopped the call, or left the page."""


class TrustError(GatewayError):
    """The site's policy does not let this provider have the output of this de-identification policy; nothing was sent."""


class BudgetError(GatewayError):
    """The call would exceed a spending or rate limit; it was not made."""


class ReplyFormatError(Error):
    """The reply does not follow the answer's schema. `detail` names paths and rules, never content."""

    def __init__(self, user_message: str, *, detail: str) -> None:
        super().__init__(user_message)
        self.detail = detail


class AuditError(Error):
    """The audit store can't be written or read. Whatever was about to happen does not happen."""


class ChainError(AuditError):
    """The audit store was altered; `sequence` is the first bad entry."""

    def __init__(self, user_message: str, *, sequence: int) -> None:
        super().__init__(user_message)
        self.sequence = sequence


class VaultError(Error):
    """A record can't be encrypted or decrypted; the message names the key id wanted, never a key."""


class AccessError(Error):
    """The role held lacks the permission wanted."""

    def __init__(self, *, wanted: str, held: str) -> None:
        super().__init__(f"Your role ({held}) does not allow this ({wanted}). Ask an administrator.")
        self.wanted = wanted
        self.held = held


class StudyError(Error):
    """A study's definition or data can't be used."""
