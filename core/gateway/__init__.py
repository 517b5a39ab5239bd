"""The one way out to every model: providers as data, one deadline, retries, streaming, Stop, exact bytes.

`Gateway.complete` takes nothing but a ClearedPrompt and sends its body as it is. `FakeGateway` is the same without a network.
"""

from core.gateway.fake import FakeGateway
from core.gateway.gateway import Gateway, ModelGateway
from core.gateway.keys import check_key, fingerprint
from core.gateway.pricing import PARTIAL_COST_NOTE, cost_is_partial, cost_usd
from core.gateway.provider import Baa, Model, Price, Provider
from core.gateway.registry import Registry
from core.gateway.watch import Cancel

__all__ = [
    "PARTIAL_COST_NOTE",
    "Baa",
    "Cancel",
    "FakeGateway",
    "Gateway",
    "Model",
    "ModelGateway",
    "Price",
    "Provider",
    "Registry",
    "check_key",
    "cost_is_partial",
    "cost_usd",
    "fingerprint",
]
