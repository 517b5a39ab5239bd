"""The spine: the one way out of the building. The page, the REST API and the study runner all come through here.

`prepare` (steps 1–5) turns a case into the exact bytes that would be sent; nothing leaves.
`submit` (steps 6–12) sends them, if they are the bytes that were reviewed.

1. `prepare` is entered with a case and who brings it
2. `auth.authorize`: may this role submit a case?
3. `deid.deidentify`: texts → redacted texts, spans, the map back
4. `prompting.build_prompt`: redacted texts → messages
5. `deid.clear`, the preflight: prompt → ClearedPrompt, or the reason why not
6. `submit` is entered with what was prepared and the hash of what was reviewed
7. `audit.append` *before* egress: no entry, no call
8. `gateway.complete`: ClearedPrompt → Reply; every attempt beyond the first is an entry before it is sent, every one that fails after
9. `prompting.parse_assessment`: Reply → Assessment; one repair round, itself cleared and audited
10. `audit.append`: hashes, model, tokens, cost, latency; no text
11. `vault.put`: consultation and map, encrypted
12. `deid.restore`, through `reveal`: tags → originals, for this viewer only
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from core import audit, auth, deid, prompting
from core.assessment import CheckedAssessment
from core.audit import Action, Event
from core.auth import Permission
from core.call import Call, OnText, Tools, event_of, reply_facts, sha256_of
from core.consultation import Consultation, Prepared
from core.errors import AccessError, PreflightError, ReplyFormatError, VaultError
from core.gateway import Cancel
from core.model import ClearedPrompt, ClinicalCase, Decisions, Deidentified, Identity, Principal, Prompt, Reply, Target

__all__ = ["OnText", "Tools", "note_opening", "note_review", "open_consultation", "prepare", "reveal", "stored", "submit"]


def prepare(
    tools: Tools,
    case: ClinicalCase,
    principal: Principal,
    *,
    target: Target,
    case_ref: str,
    decisions: Decisions = Decisions(),
    permission: Permission = Permission.CASE_SUBMIT,
    fall_back: bool = True,
) -> Prepared:
    """Steps 1–5. Raises AccessError or DeidError; a refusal by preflight is returned in `blocked`, not raised.

    Without `fall_back` the target alone is asked, as a comparison of models or a study's arm needs it.
    """
    auth.authorize(principal, permission)
    redacted = deid.deidentify(
        case.texts(), identity=case.identity, encounter=case.encounter, decisions=decisions, policy=tools.policy(principal, target)
    )
    prompt = prompting.build_prompt(redacted, case.demographics(), target, temperature=tools.temperature, max_tokens=tools.max_tokens)
    prompt = _for(tools, prompt, target)
    cleared, blocked = _preflight(prompt, redacted, case.identity)
    behind = tools.fallbacks(case.tier, target) if fall_back else ()
    lengths = {name: len(text) for name, text in case.texts().items()}
    return Prepared(case_ref, principal, case.tier, lengths, redacted, prompt, tools.gateway.estimate(prompt), cleared, blocked, behind)


def _for(tools: Tools, prompt: Prompt, target: Target) -> Prompt:
    """The same messages for that target, with the surest form of answer it offers."""
    form = tools.answer_form(target)
    return replace(
        prompt, target=target, json_mode=form != "text", answer_schema=prompting.answer_schema() if form == "json-schema" else ""
    )


def _preflight(prompt: Prompt, redacted: Deidentified, identity: Identity) -> tuple[ClearedPrompt | None, PreflightError | None]:
    try:
        return deid.clear(prompt, redacted, identity=identity), None
    except PreflightError as refusal:
        return None, refusal


def note_review(tools: Tools, prepared: Prepared, principal: Principal) -> str:
    """Record that the clinician has reviewed exactly this payload, and return its hash, which `submit` wants. Raises AuditError."""
    simulated = tools.simulated(prepared.prompt.target)
    tools.audit.append(event_of(prepared, principal, Action.PREVIEW_REVIEWED, simulated=simulated))
    return prepared.sha256


def submit(
    tools: Tools,
    prepared: Prepared,
    principal: Principal,
    *,
    identity: Identity,
    reviewed_sha256: str,
    on_text: OnText | None = None,
    cancel: Cancel | None = None,
    study: str = "",
) -> Consultation:
    """Steps 6–12. Sends only what was reviewed, and only for whom it was prepared: who `prepare` let in, in that role.

    A fallback gets the reviewed messages under its own model's name, cleared anew. `study`: on whose budget the call is made.

    Raises AccessError for anybody else, PreflightError when it was not cleared or not reviewed, AuditError when the store can't be written
    (then no call is made), GatewayError when no reply came, ReplyFormatError when two replies made no sense.
    """
    if principal != prepared.principal:
        raise AccessError(wanted="send a case that somebody else prepared", held=principal.role.value)
    cleared = _reviewed(prepared, reviewed_sha256)
    call = Call(tools, prepared, principal, tools.new_id(), on_text, cancel, study)
    call.note(Action.DIAGNOSIS_REQUEST_INITIATED)
    try:
        reply = call.ask(cleared, _fallbacks(tools, prepared, cleared, identity))
        checked, reply, repaired = _understand(call, reply, identity)
    except BaseException as error:  # whatever ends the call, its end is an entry
        call.note_failure(error)
        raise
    call.note(
        Action.DIAGNOSIS_RESPONSE_RECEIVED,
        **(reply_facts(reply, tools) | call.asked_last(reply.target)),
        outcome=audit.Outcome.OK,
        concern_count=len(checked.concerns),
        estimate_nano_usd=audit.nano_usd(prepared.estimate.cost_usd),
    )
    return _keep(call, checked, reply, repaired)


def _fallbacks(tools: Tools, prepared: Prepared, cleared: ClearedPrompt, identity: Identity) -> list[ClearedPrompt]:
    """The reviewed messages for each fallback. Raises PreflightError."""
    prompts = [_for(tools, cleared.prompt, target) for target in prepared.fallbacks]
    return [deid.clear(prompt, prepared.deidentified, identity=identity) for prompt in prompts]


def _reviewed(prepared: Prepared, reviewed_sha256: str) -> ClearedPrompt:
    if prepared.cleared is None:
        raise prepared.blocked or PreflightError(())
    if reviewed_sha256 != prepared.cleared.sha256:
        raise PreflightError(())
    return prepared.cleared


def _understand(call: Call, reply: Reply, identity: Identity) -> tuple[CheckedAssessment, Reply, bool]:
    """Step 9. Raises ReplyFormatError after the second try; the text of the last reply is then in the vault."""
    sent = _for(call.tools, call.prepared.prompt, reply.target)  # whoever answered is asked to repair
    case_text = sent.messages[-1].content
    try:
        return prompting.parse_assessment(reply.text, case_text=case_text), call.total(), False
    except ReplyFormatError as error:
        repair = deid.clear(prompting.repair_prompt(sent, reply.text, error), call.prepared.deidentified, identity=identity)
        call.note(Action.REPAIR_REQUESTED, reply_sha256=sha256_of(reply.text), payload_sha256=repair.sha256)
        second = call.ask(repair)
    try:
        return prompting.parse_assessment(second.text, case_text=case_text), call.total(), True
    except ReplyFormatError:
        with suppress(VaultError):  # the reply's own fault is what the clinician must hear of
            call.tools.vault.put(
                "reply", call.request_id, call.principal.user_id, {"text": second.text, "case_ref": call.prepared.case_ref}
            )
        raise


def _keep(call: Call, checked: CheckedAssessment, reply: Reply, repaired: bool) -> Consultation:
    """Step 11. A consultation that could not be stored says why in `not_stored`."""
    prepared, tools, owner = call.prepared, call.tools, call.principal.user_id
    done = Consultation(
        case_ref=prepared.case_ref,
        request_id=call.request_id,
        owner=owner,
        at=tools.clock.now(),
        tier=prepared.tier,
        sent_case=prepared.prompt.messages[-1].content,
        originals=dict(prepared.deidentified.originals),
        checked=checked,
        reply=reply,
        repaired=repaired,
        payload_sha256=prepared.sha256,
        policy_version=prepared.deidentified.policy,
        prompt_version=prepared.prompt.version,
        asked_first=None if reply.target == prepared.prompt.target else prepared.prompt.target,
    )
    try:
        tools.vault.put("consultation", call.request_id, owner, done.to_payload())
        tools.vault.put("reidentification_map", call.request_id, owner, dict(done.originals))
    except VaultError as error:  # the answer is here and paid for: a vault that fails must not take it from the clinician
        return replace(done, not_stored=error.user_message)
    return done


def open_consultation(tools: Tools, request_id: str, principal: Principal) -> Consultation | None:
    """An earlier consultation of the principal's own, from the vault; None when there is none. Audited. Raises VaultError, AuditError."""
    done = stored(tools, request_id)
    if done is None or done.owner != principal.user_id:
        return None
    note_opening(tools, done, principal)
    return done


def stored(tools: Tools, request_id: str) -> Consultation | None:
    """Whosesoever it is, for those who check that and record it. Raises VaultError."""
    payload = tools.vault.get("consultation", request_id)
    if payload is None:
        return None
    originals = tools.vault.get("reidentification_map", request_id) or {}
    try:
        return Consultation.from_payload(payload, originals)
    except (KeyError, TypeError, ValueError):
        raise VaultError("The record of this consultation is not in the form that this version of Casegate reads.") from None


def note_opening(tools: Tools, done: Consultation, principal: Principal, *, subject: str | None = None) -> None:
    """The entry that a consultation is opened. Raises AuditError: then it must not be."""
    tools.audit.append(
        Event(
            actor_id=principal.user_id,
            actor_role=principal.role,
            department=principal.department or None,
            action=Action.CONSULTATION_OPENED,
            case_ref=done.case_ref,
            request_id=done.request_id,
            simulated=done.reply.simulated,
            subject=subject,
        )
    )


def reveal(consultation: Consultation, principal: Principal) -> Callable[[str], str]:
    """Step 12: a function that turns tags back, for the consultation's owner alone; for anyone else it changes nothing."""
    if consultation.owner != principal.user_id:
        return lambda text: text
    return lambda text: deid.restore(text, consultation.originals)
