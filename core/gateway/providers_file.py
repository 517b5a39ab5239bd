"""Reads providers.toml into values, and refuses a file that breaks a rule.

Rules: https except on loopback; no user, query or fragment in a URL; known tiers, each proposed once per provider;
ids unique; prices exact decimals with a source and a date; TLS 1.2 only with a reason; a key's header named where it has one of its
own; no unknown names. Besides the providers a file may hold `[[route]]`s, which say what a tier falls back on, and a `[site_policy]`.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

from core.errors import ConfigError
from core.gateway.provider import Baa, Model, Price, Provider
from core.gateway.trust import DEFAULT_SITE_POLICY, SitePolicy, Trust
from core.model import Target, Tier

SHIPPED = Path(__file__).with_name("providers.toml")
ID = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,63}")
MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
PATH = re.compile(r"/[A-Za-z0-9._~/{}-]{1,200}")
POLICY = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
ENVIRONMENTS = ("development", "staging", "production")
T = TypeVar("T")
_REQUIRED = object()


class Entry:
    """One table of the file; every complaint says where. Names are taken one by one, then `done` refuses the rest."""

    def __init__(self, where: str, values: object) -> None:
        self.where = where
        if not isinstance(values, dict):
            self.refuse("must be a table")
        self._rest = dict(values)

    def refuse(self, rule: str) -> NoReturn:
        """Raise ConfigError: file, entry, rule."""
        raise ConfigError(f"{self.where}: {rule}")

    def take(self, name: str, kind: type[T], default: object = _REQUIRED) -> T:
        """The value of that name, of exactly that kind."""
        value = self._rest.pop(name, default)
        if value is _REQUIRED:
            self.refuse(f"{name} is missing")
        if value is not default and type(value) is not kind:
            self.refuse(f"{name} must be a {kind.__name__}")
        return value  # type: ignore[return-value]

    def number(self, name: str, default: object = _REQUIRED) -> Decimal | None:
        """A finite number of at least 0, exactly as written; None when absent and allowed to be."""
        value = self._rest.pop(name, default)
        if value is None:
            return None
        if value is _REQUIRED:
            self.refuse(f"{name} is missing")
        if type(value) not in (int, Decimal) or not Decimal(value).is_finite() or value < 0:
            self.refuse(f"{name} must be a number of at least 0")
        return Decimal(value)

    def positive(self, name: str, default: object = _REQUIRED) -> Decimal:
        """A number above 0."""
        value = self.number(name, default)
        if not value:
            self.refuse(f"{name} must be a number above 0")
        return value

    def chosen(self, name: str, allowed: Iterable[str], default: str) -> str:
        """One of a few words."""
        value = self.take(name, str, default)
        if value not in (words := tuple(allowed)):
            self.refuse(f"{name} must be one of {', '.join(words)}")
        return value

    def strings(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        values = self.take(name, list, [])
        if not all(isinstance(v, str) and v for v in values):
            self.refuse(f"{name} must be a list of texts")
        return tuple(values)

    def texts(self, name: str, keys: Iterable[str] | None = None) -> dict[str, str]:
        """A table of texts, empty when absent; `keys` are the names it may hold."""
        values = self.take(name, dict, {})
        if not all(isinstance(v, str) and v for v in values.values()):
            self.refuse(f"{name} must be a table of texts")
        if keys is not None and (unknown := values.keys() - set(keys)):
            self.refuse(f"{name} knows no {sorted(unknown)[0]!r}")
        return dict(values)

    def formed(self, name: str, pattern: re.Pattern[str], default: object, rule: str) -> str:
        """A text of that form, or the default as it is."""
        value = self.take(name, str, default)
        if value != default and not pattern.fullmatch(value):
            self.refuse(f"{name} {rule}")
        return value

    def identifier(self, pattern: re.Pattern[str] = ID) -> str:
        """The entry's id."""
        value = self.take("id", str)
        if not pattern.fullmatch(value):
            case = "lower-case letters, digits and . _ : / -, 64" if pattern is ID else "letters, digits and . _ : / -, 80"
            self.refuse(f"id must be {case} at the most")
        return value

    def done(self) -> None:
        """Refuse whatever was not taken: a misspelt name must not become a silent default."""
        if self._rest:
            self.refuse(f"unknown: {', '.join(sorted(self._rest))}")


Routes = dict[Tier, tuple[Target, ...]]


def read_file(path: Path | str | None, *, port: int) -> tuple[tuple[Provider, ...], Routes, SitePolicy]:
    """Every provider of a file in its order, what each tier falls back on, and the site's policy. Raises ConfigError."""
    file = SHIPPED if path is None else Path(path)
    top = Entry(file.name, _parsed(file))
    entries = top.take("provider", list)
    routes = top.take("route", list, [])
    policy = _site_policy(top)
    top.done()
    providers = _providers(file, top, entries, port)
    return providers, _routes(file, routes, providers), policy


def _providers(file: Path, top: Entry, entries: list[object], port: int) -> tuple[Provider, ...]:
    providers: list[Provider] = []
    for number, values in enumerate(entries, 1):
        providers.append(_provider(Entry(f"{file.name}, provider {_label(values, number)}", values), providers, port))
    if not providers:
        top.refuse("lists no provider")
    return tuple(providers)


def _parsed(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as exc:
        raise ConfigError(f"{file.name} can't be read ({type(exc).__name__}). Check the path of the providers file.") from None
    except ValueError as exc:
        raise ConfigError(f"{file.name} is not valid TOML: {exc}") from None


def _label(values: object, number: int) -> str:
    name = values.get("id") if isinstance(values, dict) else None
    return repr(name) if isinstance(name, str) else f"no. {number}"


def _provider(entry: Entry, before: list[Provider], port: int) -> Provider:
    provider_id = entry.identifier()
    if any(p.id == provider_id for p in before):
        entry.refuse("the id is used twice")
    provider = Provider(
        id=provider_id,
        name=entry.take("name", str),
        base_url=_base_url(entry, port),
        models=_models(entry, provider_id, before),
        key_variables=entry.strings("key_variables"),
        key_prefix=entry.take("key_prefix", str, ""),
        key_prefixes=entry.texts("key_prefixes", ENVIRONMENTS),
        auth=entry.chosen("auth", ("bearer", "header", "none"), "bearer"),  # type: ignore[arg-type]
        auth_header=entry.formed("auth_header", HEADER, "", "must be the name of a header"),
        path=entry.formed("path", PATH, "/chat/completions", "must begin with / and hold no query"),
        query=entry.texts("query"),
        enabled=entry.take("enabled", bool, True),
        on_premises=entry.take("on_premises", bool, False),
        simulated=entry.take("simulated", bool, False),
        baa=_baa(entry),
        region=entry.take("region", str, "unknown"),
        zero_retention=entry.chosen("zero_retention", ("yes", "no", "unknown"), "unknown"),  # type: ignore[arg-type]
        tls_minimum=entry.chosen("tls_minimum", ("1.3", "1.2"), "1.3"),  # type: ignore[arg-type]
        tls_reason=entry.take("tls_reason", str, ""),
        deadline_routine_s=float(entry.positive("deadline_routine_s", 30)),
        deadline_complex_s=float(entry.positive("deadline_complex_s", 60)),
    )
    entry.done()
    if provider.tls_minimum == "1.2" and not provider.tls_reason.strip():
        entry.refuse("tls_minimum 1.2 needs tls_reason, a recorded reason")
    if (provider.auth == "header") != bool(provider.auth_header):
        entry.refuse('auth_header goes with auth = "header", and that with auth_header')
    if provider.simulated and (provider.on_premises or not is_loopback(urlsplit(provider.base_url).hostname or "")):
        entry.refuse("a simulated provider is this machine's own: give it a base_url here, and not on_premises")
    return provider


def _routes(file: Path, entries: list[object], providers: tuple[Provider, ...]) -> Routes:
    known = {m.target for p in providers for m in p.models}
    routes: Routes = {}
    for number, values in enumerate(entries, 1):
        entry = Entry(f"{file.name}, route no. {number}", values)
        tier = _tier(entry, entry.take("tier", str))
        chain = tuple(_stop(entry, stop, known) for stop in entry.take("chain", list))
        entry.done()
        if tier in routes or len(set(chain)) != len(chain) or not chain:
            entry.refuse("names its tier or a model twice, or no model at all")
        routes[tier] = chain
    return routes


def _stop(route: Entry, values: object, known: set[Target]) -> Target:
    entry = Entry(f"{route.where}, chain", values)
    target = Target(entry.take("provider", str), entry.take("model", str))
    entry.done()
    if target not in known:
        entry.refuse(f"there is no model {target.model!r} at a provider {target.provider!r}")
    return target


def _site_policy(top: Entry) -> SitePolicy:
    values = top.take("site_policy", dict, None)
    if values is None:
        return DEFAULT_SITE_POLICY
    entry = Entry(f"{top.where}, site_policy", values)
    classes = {}
    for name in list(values):
        words = entry.strings(name)
        if not POLICY.fullmatch(name) or not set(words) <= set(Trust):
            entry.refuse(f"{name} must be a policy's name with a list of {', '.join(Trust)}")
        classes[name] = frozenset(Trust(word) for word in words)
    return SitePolicy(classes)


def _base_url(entry: Entry, port: int) -> str:
    text = entry.take("base_url", str).replace("{port}", str(port)).rstrip("/")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        entry.refuse("base_url is not a URL")
    if url.scheme not in ("https", "http") or not host or re.search(r"\s", text):
        entry.refuse("base_url must begin with https:// and name a host")
    if url.username or url.password or url.query or url.fragment:
        entry.refuse("base_url must hold no user, password, query or fragment")
    if url.scheme == "http" and not is_loopback(host):
        entry.refuse("base_url must be https; http is for this machine only (127.0.0.1, ::1, localhost)")
    return text


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _baa(entry: Entry) -> Baa:
    inner = Entry(f"{entry.where}, baa", entry.take("baa", dict, {}))
    baa = Baa(
        state=inner.chosen("state", ("none", "signed", "not-required"), "none"),  # type: ignore[arg-type]
        signed=inner.take("signed", date, None),
        until=inner.take("until", date, None),
    )
    inner.done()
    if baa.state == "signed" and baa.signed is None:
        inner.refuse("a signed agreement needs the date it was signed")
    if baa.signed and baa.until and baa.until < baa.signed:
        inner.refuse("until is before signed")
    return baa


def _models(entry: Entry, provider_id: str, before: list[Provider]) -> tuple[Model, ...]:
    own = entry.take("model", list, [])
    lender = entry.take("models_of", str, "")
    if bool(own) == bool(lender):
        entry.refuse("needs either its own models or models_of, not both")
    models = _lent(entry, lender, before) if lender else [_model(entry, values, n) for n, values in enumerate(own, 1)]
    _refuse_repeats(entry, "model id", [m.id for m in models])
    _refuse_repeats(entry, "tier", [t.value for m in models for t in m.tiers])
    return tuple(replace(m, provider=provider_id) for m in models)


def _lent(entry: Entry, lender: str, before: list[Provider]) -> list[Model]:
    lent = [list(p.models) for p in before if p.id == lender]
    if not lent:
        entry.refuse(f"models_of names {lender!r}, which is not a provider above it")
    return lent[0]


def _refuse_repeats(entry: Entry, what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            entry.refuse(f"{what} {name!r} is used twice")


def _model(provider: Entry, values: object, number: int) -> Model:
    entry = Entry(f"{provider.where}, model {_label(values, number)}", values)
    model = Model(
        id=entry.identifier(MODEL_ID),
        provider="",
        name=entry.take("name", str),
        tiers=tuple(_tier(entry, word) for word in entry.strings("tiers")),
        context_tokens=_whole(entry, "context_tokens"),
        typical_completion_tokens=_whole(entry, "typical_completion_tokens"),
        typical_latency_s=float(entry.positive("typical_latency_s")),
        price=_price(entry),
        answers=entry.chosen("answers", ("json-schema", "json-mode", "text"), "json-mode"),  # type: ignore[arg-type]
    )
    entry.done()
    return model


def _whole(entry: Entry, name: str) -> int:
    value = entry.take(name, int)
    if value < 1:
        entry.refuse(f"{name} must be at least 1")
    return value


def _tier(entry: Entry, word: str) -> Tier:
    try:
        return Tier(word)
    except ValueError:
        entry.refuse(f"unknown tier {word!r}; known: {', '.join(t.value for t in Tier)}")


def _price(entry: Entry) -> Price | None:
    values = entry.take("price", dict, None)
    if values is None:
        return None
    inner = Entry(f"{entry.where}, price", values)
    price = Price(
        output_usd_per_mtok=inner.number("output_usd_per_mtok", None),
        input_usd_per_mtok=inner.number("input_usd_per_mtok", None),
        source=inner.take("source", str),
        as_of=inner.take("as_of", date),
        cached_usd_per_mtok=inner.number("cached_usd_per_mtok", None),
    )
    inner.done()
    return price
