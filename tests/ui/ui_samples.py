"""Invented values for the views' tests and the gallery."""

from __future__ import annotations

from decimal import Decimal

from core import analytics
from core.analytics.usage import SUMS
from core.assessment import (
    Assessment,
    CheckedAssessment,
    Concern,
    ConcernKind,
    Diagnosis,
    EvidenceItem,
    MissingInformation,
    NextStep,
)
from core.model import Category, Estimate, Message, Prompt, PromptMark, Target, Usage
from core.ui.views import ComparisonColumn, Provenance
from core.ui.views.usage import UsageReport

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ![x](http://evil.example/p.png) **bold**"
SENT_CASE = """=== CASE ===
Age: 58 years. Sex: male.

Chief complaint
Crushing chest pain for two hours

Symptoms
[PATIENT] woke on [DATE: day 0] with crushing substernal chest pain radiating to the left arm, with nausea and diaphoresis. \
No pleuritic component. Temperature 98.6 °F, no cough.

History
Hypertension, type 2 diabetes, 30 pack-years. Last seen by [CLINICIAN-1] at [FACILITY-1].

Lab results
Troponin I 0.9 ng/mL (ref < 0.04). ECG: ST elevation in II, III, aVF.
=== END OF CASE ==="""
ORIGINALS = {
    "[PATIENT]": "Mr. Arlo Quimby",
    "[CLINICIAN-1]": "Dr. Vesna Okafor",
    "[FACILITY-1]": "Larkhill Clinic",
    "[DATE: day 0]": "03/04/2026",
}
CODES = {
    "I21.19": "ST elevation (STEMI) myocardial infarction involving other coronary artery of inferior wall",
    "I71.010": "Dissection of ascending aorta",
    "I26.99": "Other pulmonary embolism without acute cor pulmonale",
    "K21.9": "Gastro-esophageal reflux disease without esophagitis",
}
USAGE = Usage(1_284, 1_633)


def restore(text: str) -> str:
    """Tags back to the invented originals."""
    for tag, original in ORIGINALS.items():
        text = text.replace(tag, original)
    return text


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Plain search, enough for these samples."""
    at = text.lower().find(quote.lower())
    return (at, at + len(quote)) if at >= 0 else None


def diagnosis(rank: int, name: str, code: str | None, share: float, *, cannot_miss: bool = False, urgency: str = "urgent") -> Diagnosis:
    """A diagnosis with evidence of every kind."""
    return Diagnosis(
        rank=rank,
        diagnosis=name,
        icd10cm=code,
        probability=share,
        cannot_miss=cannot_miss,
        urgency=urgency,
        supporting_findings=(
            EvidenceItem(
                finding="Typical ischaemic pain", quote="crushing substernal chest pain radiating to the left arm", strength="strong"
            ),
            EvidenceItem(finding="Raised troponin", quote="Troponin I 0.9 ng/mL", strength="strong"),
            EvidenceItem(finding="Vascular risk in [PATIENT]", quote="Hypertension, type 2 diabetes, 30 pack-years", strength="moderate"),
        )[: 4 - min(rank, 3)],
        opposing_findings=(EvidenceItem(finding="No pleuritic pain", quote="No pleuritic component", strength="weak"),),
        expected_but_absent=("Bradycardia from right coronary involvement",),
        discriminating_next_steps=(
            NextStep(
                action="Repeat 12-lead ECG with right-sided leads",
                kind="exam",
                would_raise_if="ST elevation in V4R",
                would_lower_if="Normal tracing",
            ),
            NextStep(action="Serial troponin at 1 and 3 hours", kind="lab", would_raise_if="Rise over 20 %", would_lower_if="Flat course"),
        ),
        rationale="Inferior ST elevation with a raised troponin and a typical history makes this by far the likeliest cause.",
    )


def assessment(*names: str) -> Assessment:
    """A differential of five, the first ones renamed when names are given."""
    ranked = (
        diagnosis(1, "Acute inferior ST-elevation myocardial infarction", "I21.19", 0.62, cannot_miss=True, urgency="emergent"),
        diagnosis(2, "Aortic dissection, Stanford type A", "I71.010", 0.11, cannot_miss=True, urgency="emergent"),
        diagnosis(3, "Acute pulmonary embolism", "I26.99", 0.07, cannot_miss=True, urgency="emergent"),
        diagnosis(4, "Acute pericarditis", "I30.99X", 0.06),
        diagnosis(5, "Gastro-oesophageal reflux disease", "K21.9", 0.05, urgency="routine"),
    )
    ranked = (*(d.model_copy(update={"diagnosis": name}) for d, name in zip(ranked, names, strict=False)), *ranked[len(names) :])
    return Assessment(
        case_summary="A 58-year-old man, [PATIENT], with two hours of typical chest pain, inferior ST elevation and a raised troponin.",
        differential=ranked,
        residual_probability=0.09,
        missing_information=(
            MissingInformation(
                item="Blood pressure in both arms", why_it_matters="a difference over 20 mmHg would raise aortic dissection"
            ),
            MissingInformation(item="Time of the last antiplatelet dose", why_it_matters="it changes the loading strategy"),
        ),
        abstained=False,
        abstain_reason=None,
        limitations=("De-identified text only; no image or tracing was seen.", "Physician review is required before any decision."),
    )


def hostile_assessment() -> Assessment:
    """Hostile text wherever the schema takes text."""
    plain = assessment(HOSTILE, HOSTILE, HOSTILE)
    texts = {"rationale": HOSTILE, "expected_but_absent": (HOSTILE, "x" * 300)}
    ranked = tuple(d.model_copy(update=texts) for d in plain.differential)
    return plain.model_copy(
        update={"differential": ranked, "case_summary": HOSTILE, "limitations": (HOSTILE,), "abstained": True, "abstain_reason": HOSTILE}
    )


def checked() -> CheckedAssessment:
    """The sample answer with two concerns."""
    concerns = (
        Concern(ConcernKind.CODE_UNKNOWN, "I30.99X", 4),
        Concern(ConcernKind.PROBABILITY_SUM, "they sum to 1.00 with rounding left out"),
    )
    return CheckedAssessment(assessment(), concerns)


def provenance(*, simulated: bool = True) -> Provenance:
    """Where the sample answer comes from."""
    return Provenance(
        provider="HolySheep AI (sandbox)",
        model="deepseek-v3.2",
        simulated=simulated,
        prompt_version="workup/1",
        policy="SAFE_HARBOR/1",
        usage=USAGE,
        cost_usd=Decimal("0.00069"),
        latency_s=4.3,
        ttft_s=0.42,
        attempts=1,
        request_id="req_5f0c1c7e9a4b",
        payload_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        finish_reason="stop",
    )


def prompt() -> Prompt:
    """The outgoing request of the sample case."""
    tags = [
        (t, c)
        for t, c in (
            ("[PATIENT]", Category.NAME),
            ("[DATE: day 0]", Category.DATE),
            ("[CLINICIAN-1]", Category.NAME),
            ("[FACILITY-1]", Category.FACILITY),
        )
    ]
    marks = tuple(PromptMark(1, SENT_CASE.index(t), SENT_CASE.index(t) + len(t), c) for t, c in tags)
    system = Message(
        "system", "You are a clinical decision-support system. You see anonymised data only. Always recommend physician consultation."
    )
    return Prompt(Target("holysheep", "deepseek-v3.2"), (system, Message("user", SENT_CASE)), "workup/1", marks)


COUNTS = {Category.NAME: 2, Category.DATE: 1, Category.FACILITY: 1, Category.PHONE: 1, Category.MRN: 1}
ESTIMATE = Estimate(1_284, 1_600, Decimal("0.0007"), 4.5)


def _swapped(ranked: tuple[Diagnosis, ...]) -> tuple[Diagnosis, ...]:
    """The second and third change places, the last is left out."""
    return (ranked[0], ranked[2].model_copy(update={"probability": 0.16}), ranked[1], ranked[3])


def columns() -> list[ComparisonColumn]:
    """Three answers to one case, the third failed."""
    other = assessment().model_copy(update={"differential": _swapped(assessment().differential)})
    reranked = tuple(d.model_copy(update={"rank": i + 1}) for i, d in enumerate(other.differential))
    second = CheckedAssessment(other.model_copy(update={"differential": reranked}))
    return [
        ComparisonColumn("DeepSeek V3.2", checked(), 4.3, Decimal("0.00069"), True),
        ComparisonColumn("GPT-4.1", second, 7.9, Decimal("0.0131"), True, partial=True),
        ComparisonColumn("Claude Sonnet 4.5", None, 30.0, None, True, error="No answer within 30 s."),
    ]


def usage_report(*, simulated: bool = False, only_failures: bool = False, calls: int = 60) -> UsageReport:
    """Calls over ten days: three models, some failures; each its own row of sums."""
    rows = [_sums(i) for i in range(calls) if not only_failures or i % 17 == 0]
    columns = ("bucket", "provider", "model", "outcome", "error_class", *SUMS)
    answered = [] if only_failures or not calls else [("holysheep", "gpt-4.1", 20, 1_900, 5_400, 6_300, 410, 800, 990)]
    return UsageReport(
        labels=tuple(f"{day} Jan" for day in range(5, 15)),
        sums=analytics.usage_frame(columns, rows),
        times=analytics.times_frame(answered),
        together=(1_900, 5_400, 6_300) if answered else (None, None, None),
        simulated=simulated,
    )


def _sums(i: int) -> tuple[object, ...]:
    model, nano = (("deepseek-v3.2", 610_000), ("gpt-4.1", 12_400_000), ("gemini-2.5-flash", 3_100_000))[i % 3]
    failed = i % 17 == 0
    told = dict.fromkeys(SUMS, 0) | {"calls": 1, "prompt_tokens": 1_200, "cases": i % 2, "model_cases": 1}
    told |= {} if failed else {"completion_tokens": 1_500, "cost_nano_usd": nano}
    ending = ("failed", "ProviderTimeoutError") if failed else ("ok", "")
    return (i % 10, "holysheep", model, *ending, *(told[name] for name in SUMS))
