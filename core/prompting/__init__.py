"""What is asked of a model and how its answer is read.

`build_prompt` writes the exact messages from de-identified texts; `parse_assessment` reads a reply strictly and
says what is wrong with its content; `repair_prompt` asks once more for the right form. Pure: no clock, no
network, no logging. Reads only its own templates and the ICD-10-CM list.
"""

from core.prompting.build import build_prompt, repair_prompt
from core.prompting.codes import describe_code
from core.prompting.injection import injection_phrases
from core.prompting.layout import SECTION_LABELS, SentCase, read_case
from core.prompting.parse import parse_assessment
from core.prompting.partial import PartialDiagnosis, parse_partial
from core.prompting.quotes import find_quote
from core.prompting.schema import answer_schema
from core.prompting.template import PROMPT_VERSION

__all__ = [
    "PROMPT_VERSION",
    "SECTION_LABELS",
    "PartialDiagnosis",
    "SentCase",
    "answer_schema",
    "build_prompt",
    "describe_code",
    "find_quote",
    "injection_phrases",
    "parse_assessment",
    "parse_partial",
    "read_case",
    "repair_prompt",
]
