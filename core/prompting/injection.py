"""Finding orders to a model in a case's text, to show them to the clinician; nothing is removed for it.

The text is compared in folded form, so capitals, full-width letters and invisible characters don't hide a
phrase. What patients ignore, forget or answer is history taking: an order counts only where a clause begins.
"""

from __future__ import annotations

import re

from core.prompting.quotes import Folded

_MODELS = "ai|llm|assistant|model|language model|large language model|chatbot|chatgpt|gpt|claude|gemini|deepseek"
_MODAL = "must|should|will|shall|can|need to|have to|are to"
_LEAD_IN = (
    f"please|kindly|now|just|then|so|and|also|instead|always|first|important|urgent|{_MODELS}|you (?:{_MODAL})|i (?:want|need) you to"
)
_CLAUSE = rf"(?:^|[\n.!?:;,\"'()\[\]{{}}<>*#/|-])\s{{0,3}}(?:(?:{_LEAD_IN})[\s,:!-]{{1,3}}){{0,3}}"

_EARLIER = (
    "(?:all|any|every|the|these|those|your|my|of|previous|previously|prior|earlier|above|preceding|foregoing"
    r"|existing|original|initial|system|given|other|safety)\s"
)
_RULES = "(?:instructions?|prompts?|rules|guidelines|directions|directives|commands|messages|context|constraints|restrictions)"
_FEW = r"(?:[\w'%-]{1,20}\s){0,4}"
_SPEAK = "(?:respond|reply|answer|output|return|print|write|say)"
_SUIT = "(?:are|act|answer|respond|reply|(?:will|must) (?:act|answer|respond|reply|ignore|only))"

_ORDERS = (
    rf"(?:do not|don't) (?:follow|obey|use)\s(?:{_EARLIER}){{1,5}}{_RULES}\b",
    rf"(?:ignore|disregard|forget|override|bypass|skip|drop)\s(?:{_EARLIER}){{1,5}}{_RULES}\b",
    rf"(?:ignore|disregard|forget)\s(?:everything|all|anything|what)\s{_FEW}(?:above|before|said|told|previously|so far)\b",
    rf"{_SPEAK}\s(?:only|just|exclusively|nothing but|solely)\s(?:with|in|the|json|yes|this|by)\b",
    r"(?:respond|reply|answer|output)\swith\s(?:only|just|nothing|exactly)\b",
    rf"(?:act|behave|respond|answer)\sas\s(?:if you|though you|an?\s{_FEW}(?:{_MODELS}|expert|bot|doctor|physician|hacker))\b",
    r"pretend\s(?:to be|you|that you)\b",
    rf"(?:reveal|print|repeat|show|output|disclose|leak)\s{_FEW}(?:system prompt|prompt|instructions|initial message|api key)\b",
    rf"(?:set|make|assign|give|rank|list|put|return)\s{_FEW}(?:probability|confidence|differential|(?:first|top|only) diagnosis)\b",
    rf"(?:do not|don't|never)\s(?:mention|report|reveal|disclose|recommend|suggest|consult)\s{_FEW}"
    r"(?:instructions?|prompt|note|physician|doctor|clinician|review|injection)\b",
)
_ANYWHERE = (
    r"\byou are (?:now|no longer)\s(?:a|an|the|my|in|acting|bound|restricted|required to|subject to|free (?:of|from))\b",
    rf"\bfrom now on,? you {_SUIT}\b",
    r"\b(?:system|developer) prompts?\b|\bprompt injection\b|\bjail ?break\b|\bdeveloper mode\b|\bnew instructions?\s?:",
    r"\b(?:attention|dear|note to|hey|hello|instructions? (?:to|for)|message (?:to|for))[\s,:]{1,2}(?:the\s|any\s|all\s)?"
    rf"(?:{_MODELS})\b",
    r"\bas an? (?:ai|llm|language model|large language model)\b",
    r"\b(?:ignor(?:a|e|ez|iere|ieren sie)|vergiss|oublie[zs]?|olvida)\s(?:\w{1,10}\s){0,2}"
    r"(?:instrucciones|instructions|anweisungen|consignes|istruzioni)\b",
    r"<\s?/\s?case\b|<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>|\[/?inst\]|<</?sys>>",
    r"#{2,4}\s?(?:instructions?|system|assistant|response)\b",
)
_PATTERN = re.compile(rf"{_CLAUSE}(?P<order>{'|'.join(_ORDERS)})|(?P<plain>{'|'.join(_ANYWHERE)})")


def injection_phrases(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of every phrase that reads like an order to a model, sorted and disjoint."""
    folded = Folded.of(text, keep_lines=True)
    spans = (found.span(found.lastgroup or 0) for found in _PATTERN.finditer(folded.text))
    return tuple(folded.span(start, end) for start, end in spans)
