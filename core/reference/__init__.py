"""The reference engine: a transparent Bayesian differential over a hand-written knowledge base. Not an AI model.

`ReferenceEngine.load().assess(texts, demographics)` answers in the same schema as the models. The knowledge base in `data` is
written by the authors, not clinically reviewed and not for patient care.
"""

from core.reference.engine import EngineCard, Known, ReferenceEngine

__all__ = ["EngineCard", "Known", "ReferenceEngine"]
