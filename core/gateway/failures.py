"""What the clinician reads when a call fails. Pure; made of names, codes and advice, never of what was sent or received."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.errors import (
    CancelledError,
    GatewayError,
    ProviderError,
    ProviderRestingError,
    ProviderTimeoutError,
    RateLimitError,
    RefusalError,
)
from core.gateway.answer import Fault
from core.gateway.keys import key_name
from core.gateway.provider import Model, Provider
from core.gateway.retry import RETRYABLE_STATUSES
from core.gateway.wire import Trouble

KEPT = "The case is kept."
ILL_STATUSES = RETRYABLE_STATUSES | {408}
_OF_THE_ACCOUNT = frozenset({401, 402})
_OF_THE_MODEL = frozenset({403, 404, 408, 429})


_ILL_FAULTS = frozenset({Fault.NOT_JSON, Fault.NOT_COMPLETION, Fault.REPORTED, Fault.TRUNCATED, Fault.EMPTY, Fault.WEB_PAGE, Fault.ENCODED})


class Elsewhere(Enum):
    """Where else the request may still be answered."""

    NOWHERE = "nowhere"  # the request itself is at fault, was declined, or has begun to be answered
    ANOTHER_MODEL = "another model"
    ANOTHER_PROVIDER = "another provider"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed. `retryable`: another attempt may succeed and does no harm. `elsewhere`: where else one may.

    `charged`: the provider may have begun to work, so that the attempt has a cost. `ill`: it speaks against the provider's health.
    """

    message: str
    status: int | None = None
    retryable: bool = False
    retry_after_s: float | None = None
    timed_out: bool = False
    cancelled: bool = False
    refused: bool = False
    resting: bool = False
    charged: bool = True
    ill: bool = False
    elsewhere: Elsewhere = Elsewhere.NOWHERE

    @property
    def error_class(self) -> str:
        """The name of the error it would be."""
        return self._kind().__name__

    def _kind(self) -> type[GatewayError]:
        if self.cancelled:
            return CancelledError
        if self.refused:
            return RefusalError
        if self.status == 429:
            return RateLimitError
        if self.resting:
            return ProviderRestingError
        return ProviderTimeoutError if self.timed_out else ProviderError

    def error(self, provider: Provider, attempts: int) -> GatewayError:
        """The exception that ends the whole request."""
        if self.cancelled:
            return CancelledError(self.message)
        said = self.message if attempts <= 1 else f"{self.message} Tried {attempts} times."
        kind = self._kind()
        if kind is RateLimitError:
            return RateLimitError(said, provider=provider.id, retry_after_s=self.retry_after_s, attempts=attempts)
        assert issubclass(kind, ProviderError)  # noqa: S101 - for the type checker: the cancelled one has been returned
        return kind(said, provider=provider.id, status=self.status, retryable=self.retryable, attempts=attempts)


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The messages for one call: whom it went to, with which key (as a fingerprint), under which deadline."""

    provider: Provider
    model: Model
    key_fingerprint: str
    deadline_s: float

    def refused(self, status: int, retry_after_s: float | None = None) -> Failure:
        """The provider answered with an HTTP status other than success."""
        return Failure(
            f"{self.provider.name} {self._status_words(status, retry_after_s)} {KEPT}",
            status=status,
            retryable=status in RETRYABLE_STATUSES,
            retry_after_s=retry_after_s,
            charged=False,
            ill=status in ILL_STATUSES,
            elsewhere=_elsewhere(status),
        )

    def _status_words(self, status: int, retry_after_s: float | None) -> str:
        key = f"{key_name(self.provider)} (fingerprint {self.key_fingerprint})"
        wait = "a minute" if retry_after_s is None else f"{max(1, round(retry_after_s))} s"
        words = {
            400: f"could not accept the request (400). The model {self.model.id} may not offer a JSON answer; choose another model.",
            401: f"refused the key (401). Check {key}: it may be mistyped, expired or revoked.",
            402: "asks for payment (402). Ask an administrator to top up the account.",
            403: f"does not allow this (403). The key may lack access to {self.model.id}: check {key}, or choose another model.",
            404: f"does not know {self.model.id} or its address (404). Check the model and the base URL {self.provider.base_url}.",
            408: "gave up waiting for the request (408). Check the network, then send again.",
            413: "found the case too long (413). Shorten it, then review and send again.",
            422: f"understood the request but refused its values (422). Choose another model than {self.model.id}.",
            429: f"is limiting requests (429). Wait {wait}, then send again, or choose another model.",
        }
        if status in words:
            return words[status]
        if 300 <= status <= 399:
            return f"answered with a redirect ({status}), which is never followed. Check the base URL {self.provider.base_url}."
        if status >= 500:
            return f"has a fault on its side ({status}). Send again in a minute, or choose another model."
        return f"refused the request ({status}). Ask an administrator to check the provider's settings."

    def no_connection(self, trouble: Trouble) -> Failure:
        """There was no connection, so nothing was sent."""
        name, url = self.provider.name, self.provider.base_url
        words = {
            Trouble.NAME: f"The address of {name} was not found. Check the network, its DNS and the base URL {url}.",
            Trouble.REFUSED: f"{name} refused the connection. Check that {url} is running and reachable from here.",
            Trouble.UNREACHABLE: f"{name} can't be reached. Check the network and the firewall for {url}.",
            Trouble.CERTIFICATE: f"The certificate of {name} could not be verified; nothing sent. Check {url} and any proxy on the way.",
            Trouble.TLS_VERSION: f"{name} does not offer TLS {self.provider.tls_minimum}, so nothing was sent. Ask the provider for it.",
            Trouble.TLS: f"A secure connection to {name} could not be made. Check the network and {url}.",
        }
        final = trouble in (Trouble.CERTIFICATE, Trouble.TLS_VERSION)
        said = f"{words[trouble]} {KEPT}"
        return Failure(said, retryable=not final, charged=False, ill=True, elsewhere=Elsewhere.ANOTHER_PROVIDER)

    def bad_answer(self, fault: Fault, status: int | None = None, *, begun: bool = True, shown: bool = True) -> Failure:
        """An answer came that can't be used; `shown`: some of it was."""
        name = self.provider.name
        words = {
            Fault.NOT_JSON: f"{name} sent an answer that is not valid JSON. Send again; if it repeats, choose another model.",
            Fault.NOT_COMPLETION: f"{name} sent an answer that is not a chat completion. Check the base URL {self.provider.base_url}.",
            Fault.REPORTED: f"{name} reported an error instead of an answer. Send again in a minute, or choose another model.",
            Fault.TRUNCATED: f"The answer of {name} broke off before its end and was not used. Send again.",
            Fault.TOO_LARGE: f"The answer of {name} was larger than any assessment and was cut off unused. Choose another model.",
            Fault.EMPTY: f"{name} sent an empty answer. Send again, or choose another model.",
            Fault.WEB_PAGE: f"{name} sent no API answer but a web page. Check the base URL {self.provider.base_url} and any proxy.",
            Fault.ENCODED: f"{name} sent a compressed answer that was not asked for. Check for a proxy on the way.",
            Fault.REFUSED: f"{self.model.name} declined to answer this case. Choose another model, or reword the case.",
            Fault.FILTERED: f"A content filter of {name} held the answer back. Choose another model, or reword the case.",
        }
        again = not begun and status in RETRYABLE_STATUSES
        return Failure(
            f"{words[fault]} {KEPT}",
            status=status,
            retryable=again,
            refused=fault in (Fault.REFUSED, Fault.FILTERED),
            ill=fault in _ILL_FAULTS,
            elsewhere=Elsewhere.ANOTHER_MODEL if fault in _ILL_FAULTS and not shown else Elsewhere.NOWHERE,
        )

    def broken(self) -> Failure:
        """The connection ended before any of the answer had arrived."""
        words = f"{self.provider.name} closed the connection without an answer. Send again. {KEPT}"
        return Failure(words, retryable=True, ill=True, elsewhere=Elsewhere.ANOTHER_MODEL)

    def late(self, *, begun: bool) -> Failure:
        """Time ran out, before the answer began or in the middle of it."""
        what = "began an answer but did not finish it" if begun else "did not answer"
        words = f"{self.provider.name} {what} within {self.deadline_s:g} s. Send again, or choose a faster tier. {KEPT}"
        return Failure(words, retryable=not begun, timed_out=True, ill=True)

    def unresponsive(self) -> Failure:
        """No connection or no start of an answer in the time one attempt may wait for it."""
        words = f"{self.provider.name} does not react. Check the network, then send again, or choose another model. {KEPT}"
        return Failure(words, retryable=True, timed_out=True, ill=True, elsewhere=Elsewhere.ANOTHER_MODEL)

    def resting(self, seconds: float) -> Failure:
        """The breaker is open: nothing was sent."""
        words = (
            f"{self.model.name} at {self.provider.name} failed again and again, so it is left alone for now. Send again in "
            f"{max(1, round(seconds))} s, or choose another model. {KEPT}"
        )
        return Failure(words, retryable=True, resting=True, charged=False, elsewhere=Elsewhere.ANOTHER_MODEL)

    def stopped(self) -> Failure:
        """The caller cancelled."""
        return Failure(f"Stopped. The call to {self.provider.name} was ended; nothing of its answer was used.", cancelled=True)


def _elsewhere(status: int) -> Elsewhere:
    if status in _OF_THE_ACCOUNT or 300 <= status <= 399:
        return Elsewhere.ANOTHER_PROVIDER
    return Elsewhere.ANOTHER_MODEL if status in _OF_THE_MODEL or status >= 500 else Elsewhere.NOWHERE
