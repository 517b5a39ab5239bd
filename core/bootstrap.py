"""Settings → Services: the only place that builds real things. Clock, ids, randomness and keys are made here."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path

from core import deid
from core.audit import Action, AuditLog, Entry, Event, Outcome, Signer, anchor_at, signer_from
from core.consult import Tools
from core.errors import AuditError, ConfigError
from core.gateway import (
    AnswerForm,
    FileKey,
    Gateway,
    KeySource,
    Provider,
    Purse,
    Rates,
    Registry,
    Trust,
    check_environment,
    check_key,
    cost_is_partial,
    notices,
    open_ledger,
    parse_limits,
    trust_of,
)
from core.model import Clock, Principal, Role, Target, Tier
from core.reference import ReferenceEngine
from core.settings import Environment, Settings, keys_elsewhere, provider_keys, settings
from core.site_rules import SiteRules
from core.vault import KeyRing, KeyService, Vault

VERSION = "0.1.0"
FIGURES_BEHIND = 5_000


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class SiteLog(AuditLog):
    """The audit store of a site: every entry names the redaction policy in force, unless it tells of another."""

    rules: SiteRules | None = None

    def append(self, event: Event) -> Entry:
        """As AuditLog.append."""
        if event.policy_version is None and self.rules is not None:
            event = replace(event, policy_version=self.rules.last_known().effective.id)
        return super().append(event)


@dataclass(frozen=True, kw_only=True)
class Services(Tools):
    """Everything built for one process. `vault`, `audit` and `gateway` are the real ones."""

    settings: Settings = field(repr=False)
    audit: AuditLog
    vault: Vault
    gateway: Gateway
    registry: Registry
    rules: SiteRules
    sandbox_key: str = field(repr=False)

    @property
    def demo(self) -> bool:
        """No identity provider: see Settings.demo."""
        return self.settings.demo

    def reference(self) -> ReferenceEngine:
        """The reference engine, loaded once at its first use."""
        return _reference()

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Every model that can be asked: of providers with a key, real providers first."""
        ready = self.gateway.configured()
        return tuple(Target(p.id, m.id) for p in self.registry.providers if p.id in ready for m in p.models)

    def may_have_limited(self, target: Target) -> bool:
        """Whether a limited data set may go there: to this machine, a simulated provider, or one whose agreement is in force."""
        return _may_have_limited(self.registry, self.clock, target)

    def proposed(self, tier: Tier) -> Target:
        """The model proposed for a tier, at the default provider. Raises ConfigError when no provider has a key."""
        ready = self.gateway.configured()
        if not ready:
            raise ConfigError("No model can be asked: no provider has a key. Set one of the key variables in core/gateway/providers.toml.")
        wanted = self.settings.default_provider
        order = sorted(ready, key=lambda provider_id: provider_id != wanted)
        models = [m for provider_id in order for m in self.registry.provider(provider_id).models]
        return next((m for m in models if tier in m.tiers), models[0]).target

    def close(self) -> None:
        """Close what holds files and sockets."""
        self.gateway.close()
        self.audit.close()
        self.vault.close()


def build(config: Settings, *, port: int) -> Services:
    """Build everything. Raises ConfigError, AuditError or VaultError, each saying what to set or mend."""
    clock = SystemClock()
    registry = Registry.load(config.providers_file, port=port)
    sandbox_key = _sandbox_key(config)
    keys = _keys(registry, config, sandbox_key)
    _make_data_dir(config.data_dir)
    gateway = Gateway(
        registry,
        keys,
        clock=clock,
        sleep=time.sleep,
        random=secrets.SystemRandom().random,
        purse=_purse(config, clock),
        hedge_after_s=config.hedge_after_s or None,
    )
    vault = Vault.open(config.vault_path, keyring=_keyring(config), clock=clock)
    try:
        log = _audit_log(config, clock)
    except BaseException:
        vault.close()
        raise
    rules = log.rules = SiteRules(vault, clock, partial(_may_have_limited, registry, clock))
    return Services(
        clock=clock,
        new_id=_new_id,
        audit=log,
        vault=vault,
        gateway=gateway,
        simulated=partial(_simulated, registry),
        cost_partial=partial(_cost_partial, registry),
        deadline_s=partial(_deadline_s, registry),
        policy=rules.policy_for,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        fallbacks=partial(_fallbacks, registry, gateway),
        answer_form=partial(_answer_form, registry),
        settings=config,
        registry=registry,
        rules=rules,
        sandbox_key=sandbox_key,
    )


def _audit_log(config: Settings, clock: SystemClock) -> SiteLog:
    log = SiteLog.open(config.audit_path, clock=clock, signing_key=_signing_key(config), anchor=anchor_at(config.audit_anchor_place))
    log.start_sealing()
    if log.figures.behind() > FIGURES_BEHIND:  # a store from before there were usage rows: figures are exact, but slow until then
        threading.Thread(target=_catch_up, args=(log,), name="usage-rows", daemon=True).start()
    return log


def _catch_up(log: AuditLog) -> None:
    with suppress(AuditError):  # closed meanwhile, or out of reach: the writer goes on with it
        log.figures.catch_up()


def _make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"CASEGATE_DATA_DIR: {path} can't be used as a folder ({error.strerror}). Set another, or mend this one."
        ) from None


def _keys(registry: Registry, config: Settings, sandbox_key: str) -> dict[str, str | KeySource]:
    found = provider_keys({p.id: p.key_variables for p in registry.providers if not p.simulated}, config.env)
    keys: dict[str, str | KeySource] = {name: FileKey(key) if isinstance(key, Path) else key for name, key in found.items()}
    for provider in registry.providers:
        if provider.id in keys:
            _check_key(provider, keys[provider.id], config.env)
    if config.demo:
        keys |= {p.id: sandbox_key for p in registry.providers if p.simulated}
    elif not keys and config.env is not Environment.DEVELOPMENT and not any(p.enabled and p.auth == "none" for p in registry.providers):
        names = ", ".join(v for p in registry.providers if p.enabled and not p.simulated for v in p.key_variables)
        raise ConfigError(f"No provider key is set for {config.env.value}: set one of {names}.")
    return keys


def _check_key(provider: Provider, source: str | KeySource, env: Environment) -> None:
    key = source if isinstance(source, str) else source.read()
    check_key(provider, key)
    check_environment(provider, key, env.value, keys_elsewhere(provider.key_variables, env))


def _purse(config: Settings, clock: SystemClock) -> Purse:
    """Spending limits and rates. SQLAlchemy's store is opened only when there are limits."""
    limits = parse_limits(config.budgets)
    ledger = open_ledger(config.budget_path, clock=clock) if limits else None
    return Purse(clock, limits=limits, ledger=ledger, rates=Rates(config.user_rate, "CASEGATE_USER_RATE") if config.user_rate else None)


def _fallbacks(registry: Registry, gateway: Gateway, tier: Tier, target: Target) -> tuple[Target, ...]:
    """The tier's route behind the target, as far as it can be asked; the gateway looks again at each call."""
    ready = gateway.configured()
    return tuple(t for t in registry.fallbacks(tier, target) if t.provider in ready and gateway.may_follow(target, t))


def _answer_form(registry: Registry, target: Target) -> AnswerForm:
    return registry.find(target)[1].answers


def _sandbox_key(config: Settings) -> str:
    """The one that was set for independent clients, else a random one that only this process knows."""
    return config.sandbox_key.get_secret_value() or f"sandbox-{secrets.token_urlsafe(24)}"


def _keyring(config: Settings) -> KeyService:
    given = [name for name in ("vault_keys", "vault_key_file", "vault_kms") if getattr(config, name)]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(f'CASEGATE_{name.upper()}' for name in given)} are both set. The vault takes its keys from one.")
    if config.vault_keys is not None:
        return KeyRing.from_base64(config.vault_keys.get_secret_value())
    if config.vault_key_file is not None:
        return KeyRing.from_file(config.vault_key_file)
    if config.vault_kms:
        return _key_service(config.vault_kms)
    if config.demo:
        return KeyRing.demo(Path(config.data_dir) / "vault.key")
    raise ConfigError(
        "Set CASEGATE_VAULT_KEYS to `id:base64-of-32-bytes`, or CASEGATE_VAULT_KEY_FILE or CASEGATE_VAULT_KMS: "
        "outside demo mode the vault's key is never made for you."
    )


def _key_service(place: str) -> KeyService:
    """The hospital's own adapter to its key-management service: what `module:function` gives."""
    module, _, name = place.partition(":")
    try:
        service: KeyService = getattr(import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"CASEGATE_VAULT_KMS: {place} can't be loaded ({type(error).__name__}). Write it as module:function.") from None
    return service


def open_vault() -> Vault:
    """The configured vault, for the command line. Raises ConfigError or VaultError."""
    config = settings()
    return Vault.open(config.vault_path, keyring=_keyring(config), clock=SystemClock())


def open_audit() -> AuditLog:
    """The configured audit store, to record what the command line does. Raises ConfigError or AuditError."""
    config = settings()
    place = anchor_at(config.audit_anchor_place)
    return AuditLog.open(config.audit_path, clock=SystemClock(), signing_key=_signing_key(config), anchor=place)


def _signing_key(config: Settings) -> Signer | Path:
    return config.audit_key_path if config.audit_key is None else signer_from(config.audit_key.get_secret_value())


def _deadline_s(registry: Registry, tier: Tier, target: Target) -> float:
    return registry.deadline_s(tier, target.provider)


def _simulated(registry: Registry, target: Target) -> bool:
    return registry.find(target)[0].simulated


def _may_have_limited(registry: Registry, clock: Clock, target: Target) -> bool:
    """Whether the site's policy lets a limited data set go there today."""
    return registry.policy.admits(trust_of(registry.find(target)[0], clock.now().date()), deid.LIMITED_DATA_SET.id)


def _cost_partial(registry: Registry, target: Target) -> bool:
    return cost_is_partial(registry.find(target)[1])


def _new_id() -> str:
    return f"req-{secrets.token_hex(12)}"


@cache
def _reference() -> ReferenceEngine:
    return ReferenceEngine.load()


_lock = threading.Lock()
_held: list[Services] = []


def services(port: int = 8501) -> Services:
    """The services of this process, built at the first call that succeeds."""
    with _lock:
        if not _held:
            _held.append(build(settings(), port=port))
        return _held[0]


def warm_up(config: Settings) -> None:
    """Load what must be whole before anything is served. Raises ConfigError when the knowledge base is broken."""
    if config.demo:
        _reference()


def check(config: Settings) -> tuple[str, ...]:
    """Read the providers' file, every key and every limit; gives warnings, in sentences. Raises ConfigError; builds nothing."""
    registry = Registry.load(config.providers_file)
    registry.provider(config.default_provider or None)
    keys = _keys(registry, config, _sandbox_key(config))
    parse_limits(config.budgets)
    if not config.demo:
        _keyring(config)
    return _warnings(registry, keys, config)


def _warnings(registry: Registry, keys: Mapping[str, object], config: Settings) -> tuple[str, ...]:
    today = SystemClock().now().date()
    asked = [p for p in registry.providers if p.enabled and (p.id in keys or p.auth == "none")]
    bare = [p.name for p in asked if trust_of(p, today) is Trust.NONE and config.env is not Environment.DEVELOPMENT]
    without = (f"No business associate agreement is in force with {name}: it gets Safe Harbor output only." for name in bare)
    return (*(n.words() for n in notices(asked, today)), *without)


SYSTEM = Principal("casegate", Role.SERVICE)


def record_start(built: Services) -> None:
    """The first entry of a run, after the endings of calls that an earlier run left open. Raises AuditError."""
    for call in built.audit.unfinished_calls():
        built.audit.append(replace(call, action=Action.DIAGNOSIS_REQUEST_FAILED, outcome=Outcome.FAILED, error_class="Interrupted"))
    built.audit.append(Event(actor_id=SYSTEM.user_id, actor_role=SYSTEM.role, action=Action.SERVICE_STARTED))


def stop() -> None:
    """The last entry of a run; then everything is closed. Does nothing when nothing was built."""
    with _lock:
        built = _held.pop() if _held else None
    if built is None:
        return
    with suppress(AuditError):
        built.audit.append(Event(actor_id=SYSTEM.user_id, actor_role=SYSTEM.role, action=Action.SERVICE_STOPPED))
    built.close()
