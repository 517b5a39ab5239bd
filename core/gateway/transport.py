"""The HTTP client of one provider: pooled connections, verified TLS, no proxies, cookies or redirects."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeAlias

import httpcore
import httpx

from core.gateway.provider import Provider
from core.gateway.wire import WatchedBackend

TLS_VERSIONS = {"1.3": ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2}
KEEPALIVE_S = 30.0
SslContext: TypeAlias = Callable[[Provider], ssl.SSLContext]


def verified_context(provider: Provider) -> ssl.SSLContext:
    """Certificates checked against the shipped roots, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


def open_client(provider: Provider, ssl_context: SslContext = verified_context) -> httpx.Client:
    """A thread-safe client for a provider; its TLS minimum holds whatever context is handed in."""
    context = None
    if provider.base_url.startswith("https:"):
        context = ssl_context(provider)
        context.minimum_version = TLS_VERSIONS[provider.tls_minimum]
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.Client(transport=_PooledTransport(context), trust_env=False, follow_redirects=False, cookies=no_cookies)


class _PooledTransport(httpx.BaseTransport):
    """httpx.HTTPTransport with our own network backend, which it has no argument for."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        # No limit on connections: waiting for a free one could be neither stopped nor timed. Callers are threads, so few.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=None, keepalive_expiry=KEEPALIVE_S, network_backend=WatchedBackend()
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; httpcore's exceptions and the wire's pass through as they are."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        stream = self._response.stream
        if isinstance(stream, Iterable):
            yield from stream

    def close(self) -> None:
        self._response.close()
