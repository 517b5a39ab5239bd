"""The reference engine: a transparent Bayesian differential over a hand-written knowledge base. Not an AI model.

`ReferenceEngine.load().assess(texts, demographics)` answers in the same schema as the models; `read` and `weigh` lay the same
calculation open, for "what if". The knowledge base in `data` is written by the authors, not clinically reviewed and not for patient care.
"""

from core.reference.chips import Aside, CaseReading, Chip, Value
from core.reference.engine import EngineCard, Known, ReferenceEngine
from core.reference.entries import BANDS, Condition
from core.reference.figures import Figure, Measurement, recorded_figures
from core.reference.weighing import Line, Pull, Question, Separator, Weighed

__all__ = [
    "BANDS",
    "Aside",
    "CaseReading",
    "Chip",
    "Condition",
    "EngineCard",
    "Figure",
    "Known",
    "Line",
    "Measurement",
    "Pull",
    "Question",
    "ReferenceEngine",
    "Separator",
    "Value",
    "Weighed",
    "recorded_figures",
]
