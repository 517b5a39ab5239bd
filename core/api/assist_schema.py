"""The REST contract of /api/v1/diagnosis-assist: what is taken, what is answered, and what a refusal may say."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.consultation import Consultation
from core.errors import (
    AccessError,
    AllProvidersError,
    AuditError,
    BudgetError,
    CancelledError,
    CaseError,
    ConfigError,
    Error,
    GatewayError,
    PreflightError,
    ProviderRestingError,
    ProviderTimeoutError,
    RateLimitError,
    ReplyFormatError,
    TrustError,
    VaultError,
)
from core.model import AgeRange, ClinicalCase, Identity, Sex

NOTICE = "Decision support for clinicians, made by software from de-identified text. Decisions belong to the physician."
_Identifier = Annotated[str | None, Field(max_length=300, repr=False)]


class AssistRequest(BaseModel):
    """A case by REST. The identifiers are optional; they teach the redactor what to look for and never leave. Nothing else is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    chief_complaint: Annotated[str, Field(min_length=5, max_length=500, repr=False)]
    symptoms: Annotated[str, Field(min_length=10, max_length=5_000, repr=False)]
    patient_age_range: AgeRange
    patient_sex: Sex
    medical_history: Annotated[str | None, Field(max_length=3_000, repr=False)] = None
    lab_results: Annotated[str | None, Field(max_length=5_000, repr=False)] = None
    patient_name: _Identifier = None
    patient_id: _Identifier = None
    mrn: _Identifier = None
    date_of_birth: _Identifier = None
    social_security_number: _Identifier = None
    address: _Identifier = None
    phone: _Identifier = None
    email: _Identifier = None

    def case(self, encounter: date) -> ClinicalCase:
        """The case, as seen on `encounter`. Raises CaseError when a text is blank under its length limits."""
        return ClinicalCase(
            chief_complaint=self.chief_complaint,
            symptoms=self.symptoms,
            age_range=self.patient_age_range,
            sex=self.patient_sex,
            encounter=encounter,
            history=self.medical_history or "",
            labs=self.lab_results or "",
            identity=self._identity(),
        )

    def _identity(self) -> Identity:
        return Identity(
            name=self.patient_name or "",
            record_number=self.mrn or self.patient_id or "",
            date_of_birth=self.date_of_birth or "",
            phone=self.phone or "",
            email=self.email or "",
            address=self.address or "",
            ssn=self.social_security_number or "",
        )

    def further_terms(self) -> frozenset[str]:
        """Identifiers that an Identity has no place for: the patient id of a caller who also gives a record number."""
        both = self.mrn and self.patient_id and self.patient_id.strip()
        return frozenset({self.patient_id}) if both and self.patient_id else frozenset()


class Refused(Exception):  # noqa: N818 - a refusal is no fault of the server
    """A request that gets no suggestions: HTTP status, what to say, the reason's name for the audit store.

    `case_ref` is set once the case has one, so that the caller can name it and the audit trail be searched for it.
    """

    def __init__(
        self, status: int, message: str, reason: str, *, retry_after_s: int | None = None, findings: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.findings = findings
        self.case_ref: str | None = None

    def body(self) -> dict[str, Any]:
        """The contract's answer for a failure, with the preflight's findings if any: categories and offsets, never text."""
        answer: dict[str, Any] = {"case_id": self.case_ref, "success": False, "suggestions": None, "error": self.message}
        return answer if self.findings is None else {**answer, "findings": self.findings}


def read_request(body: bytes) -> AssistRequest:
    """The request in `body`. Raises Refused that names fields and rules, never values, and no field that we don't know."""
    try:
        return AssistRequest.model_validate_json(body)
    except ValidationError as error:
        problems = [_explain(e) for e in error.errors(include_input=False, include_url=False, include_context=False)]
        raise Refused(422, "; ".join(dict.fromkeys(problems)), "RequestInvalid") from None


def _explain(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if where not in AssistRequest.model_fields:
        return f"the body must be a JSON object with these fields only: {', '.join(AssistRequest.model_fields)}"
    return f"{where}: {problem['msg']}"


# First match wins, so a class stands before its parents.
_STATUS: tuple[tuple[type[Error], int], ...] = (
    (CaseError, 422),
    (PreflightError, 422),
    (AccessError, 403),
    (TrustError, 403),
    (BudgetError, 429),
    (RateLimitError, 503),
    (ProviderRestingError, 503),
    (ProviderTimeoutError, 504),
    (CancelledError, 503),
    (GatewayError, 502),
    (ReplyFormatError, 502),
    (AuditError, 503),
    (VaultError, 503),
    (ConfigError, 503),
)


def refusal_of(error: Error) -> Refused:
    """How one of our own errors is told to a REST caller."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if isinstance(error, AllProvidersError) and error.attempts and all(isinstance(a, ProviderTimeoutError) for a in error.attempts):
        status = 504
    return Refused(status, error.user_message, type(error).__name__, retry_after_s=_retry_after(error), findings=_findings(error))


def _retry_after(error: Error) -> int | None:
    wait_s = error.retry_after_s if isinstance(error, RateLimitError) else None
    return None if wait_s is None else max(1, round(wait_s))


def _findings(error: Error) -> list[dict[str, Any]] | None:
    if not isinstance(error, PreflightError):
        return None
    return [{"category": f.category, "place": f.place, "start": f.start, "end": f.end} for f in error.findings]


def success_body(done: Consultation) -> dict[str, Any]:
    """The contract's answer. Tags stay tags: originals are shown on the consultation's own screen only."""
    return {
        "case_id": done.case_ref,
        "success": True,
        "suggestions": done.checked.assessment.model_dump(mode="json"),
        "error": None,
        "simulated": done.reply.simulated,
        "request_id": done.request_id,
        "model": done.reply.target.model,
        "warnings": [{"kind": concern.kind.value, "rank": concern.rank} for concern in done.checked.concerns],
        "notice": NOTICE,
    }
