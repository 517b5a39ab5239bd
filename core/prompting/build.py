"""From a de-identified case to the exact messages, and from a bad reply to the one repair round."""

from __future__ import annotations

from dataclasses import replace

from core.errors import ReplyFormatError
from core.model import Deidentified, Demographics, Message, Prompt, PromptMark, Redacted, Target
from core.prompting.canary import with_canary
from core.prompting.layout import SECTION_LABELS, age_line, neutralised
from core.prompting.template import PROMPT_VERSION, system_prompt, template

_USER = 1
MAX_REPAIR_REPLY_CHARS = 8_000
MAX_REPAIR_DETAIL_CHARS = 1_000


def build_prompt(
    deidentified: Deidentified,
    demographics: Demographics,
    target: Target,
    *,
    temperature: float = 0.3,
    max_tokens: int = 2000,
    stream: bool = True,
    json_mode: bool = True,
) -> Prompt:
    """System and user message for one case; `marks` cover the tags in the user message.

    Only the fields in SECTION_LABELS are sent, whatever else `deidentified.fields` holds; blank ones are
    left out. Raises ValueError when no text is left to send.
    """
    before, _, after = template("user").partition("{{case}}")
    case = _case(deidentified, demographics)
    marks = tuple(PromptMark(_USER, m.start + len(before), m.end + len(before), m.category) for m in case.marks)
    messages = (Message("system", system_prompt()), Message("user", before + case.text + with_canary(after, case.text)))
    return Prompt(target, messages, PROMPT_VERSION, marks, temperature, max_tokens, stream, json_mode)


def _case(deidentified: Deidentified, demographics: Demographics) -> Redacted:
    own = {"age": Redacted(age_line(demographics)), "sex": Redacted(demographics.sex.value)}
    typed = {name: neutralised(text) for name, text in deidentified.fields.items() if text.text.strip() and name not in own}
    if not typed.keys() & SECTION_LABELS.keys():
        raise ValueError("the case holds no text to send")
    parts = own | typed
    return _joined([(label, parts[name]) for name, label in SECTION_LABELS.items() if name in parts])


def _joined(parts: list[tuple[str, Redacted]]) -> Redacted:
    text, marks = "", []
    for label, part in parts:
        text += f"\n## {label}\n" if text else f"## {label}\n"
        marks += [replace(m, start=m.start + len(text), end=m.end + len(text)) for m in part.marks]
        text += part.text
    return Redacted(text, tuple(marks))


def repair_prompt(prompt: Prompt, reply_text: str, error: ReplyFormatError) -> Prompt:
    """The same conversation, the reply (cut to MAX_REPAIR_REPLY_CHARS) and a request to repair its form.

    Target, parameters and marks stay as they were. What is sent must be cleared like any other prompt.
    """
    request = template("repair").replace("{{detail}}", error.detail[:MAX_REPAIR_DETAIL_CHARS])
    reply = Message("assistant", reply_text[:MAX_REPAIR_REPLY_CHARS] or "(empty)")
    return replace(prompt, messages=(*prompt.messages, reply, Message("user", request)))
