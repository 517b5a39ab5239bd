"""From a model's reply to a checked assessment, strictly: nothing is coerced, nothing mended in silence."""

from __future__ import annotations

from pydantic import ValidationError

from core.assessment import Assessment, CheckedAssessment
from core.errors import ReplyFormatError
from core.prompting.answer import answers, has_repeated_key, spoken
from core.prompting.checks import concerns_about, disarmed
from core.prompting.schema import answer_keys

MAX_REPLY_CHARS = 200_000
_MAX_PROBLEMS = 12


def parse_assessment(text: str, *, case_text: str) -> CheckedAssessment:
    """The answer in a reply, with everything found wrong in its content; quotes are looked up in `case_text`.

    `case_text` is the user message that was sent. Markup is stripped from every text and reported; no other
    value is changed. Raises ReplyFormatError, whose detail holds paths and rule names only, when the reply
    holds no answer, more than one, or one that breaks the schema.
    """
    found, problems = _validated(text)
    if found is None:
        raise ReplyFormatError(_user_message(problems), detail="; ".join(problems))
    clean, changes = disarmed(found)
    return CheckedAssessment(clean, (*concerns_about(found, clean, case_text), *changes))


def _validated(reply: str) -> tuple[Assessment | None, list[str]]:
    if len(reply) > MAX_REPLY_CHARS:
        return None, ["$: reply_too_long"]
    candidates = answers(spoken(reply))
    if len(candidates) != 1:
        return None, ["$: several_answers" if candidates else "$: no_answer"]
    try:
        found = Assessment.model_validate_json(candidates[0].encode(errors="replace"), strict=True)
    except ValidationError as error:
        return None, _problems(error)
    return (None, ["$: repeated_key"]) if has_repeated_key(candidates[0]) else (found, [])


def _problems(error: ValidationError) -> list[str]:
    """Paths and rules without a word of the reply: a key that isn't in the schema shows as `*`."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join(str(p) if isinstance(p, int) or p in answer_keys() else "*" for p in problem["loc"]) or "$"
        cut = problem["type"] == "json_invalid" and "EOF" in str(problem.get("ctx", {}).get("error", ""))
        found.append(f"{path}: {'json_cut_off' if cut else problem['type']}")
    hidden = len(found) - _MAX_PROBLEMS
    return [*found[:_MAX_PROBLEMS], f"$: {hidden} more"] if hidden > 0 else found


def _user_message(problems: list[str]) -> str:
    if problems == ["$: json_cut_off"]:
        return "The model's answer was cut off before its end. Ask again, or choose a model with longer answers."
    if problems == ["$: no_answer"]:
        return "The model answered, but not with an assessment. Ask again, or choose another model."
    return "The model's answer does not follow the agreed form. Ask again, or choose another model."
