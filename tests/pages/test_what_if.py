"""What if, on the answer screen: off until asked for, every computation an entry with counts alone, nothing sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import bootstrap, prompting
from core.assessment import Assessment, CheckedAssessment
from core.audit import Action
from core.consultation import Consultation
from core.deid import deidentify
from core.library import cases
from core.model import Reply, Role, Target, Tier, Usage
from core.ui.desk.drafts import Draft
from core.ui.desk.what_if import OPEN

ROOT = Path(__file__).parents[2]
CASE = next(case for case in cases("demo") if case.identity.values())


def answered() -> AppTest:
    """The work-up page with the answer to a library case on it."""
    target = Target("sandbox", "gpt-4.1")
    safe = deidentify(CASE.texts, identity=CASE.identity, encounter=datetime(2026, 11, 27, tzinfo=UTC).date())
    sent = prompting.build_prompt(safe, CASE.demographics(), target).messages[-1].content
    answer: Assessment = bootstrap.services().reference().assess(CASE.texts, CASE.demographics())
    owner = "demo-clinician"
    run = AppTest.from_file(str(ROOT / "pages" / "workup.py"), default_timeout=120)
    run.session_state["demo_role"] = Role.CLINICIAN.value
    run.run()
    draft = run.session_state["draft"]
    assert isinstance(draft, Draft)
    owner = draft.owner
    draft.consultation = "req-1"
    run.session_state["consultation"] = Consultation(
        case_ref=draft.case_ref,
        request_id="req-1",
        owner=owner,
        at=datetime(2026, 11, 27, tzinfo=UTC),
        tier=Tier.ROUTINE,
        sent_case=sent,
        originals=dict(safe.originals),
        checked=CheckedAssessment(answer),
        reply=Reply("", target, Usage(1, 1), 1.0, 0.5, 1, "stop", None, True),
        repaired=False,
        payload_sha256="0" * 64,
        policy_version=safe.policy,
        prompt_version="ddx/1",
    )
    run.session_state["show_answer"] = True
    return run.run()


def entries() -> list[int | None]:
    """The counts of what was computed, oldest first."""
    return [e.event.count for e in bootstrap.services().audit.entries(action=Action.WHAT_IF_COMPUTED)][::-1]


def shown(run: AppTest) -> str:
    """Everything drawn as our own markup."""
    return " ".join(str(element.proto.body) for element in run.get("html"))


def test_what_if_follows_the_chips_and_every_computation_is_an_entry() -> None:
    """Nothing is computed until the switch is on; off, flip and add change the differential, and the entries hold counts alone."""
    run = answered()
    assert not run.exception
    assert entries() == []
    assert "Differential with these findings" not in shown(run)
    next(t for t in run.toggle if t.label == OPEN).set_value(True).run()
    assert not run.exception
    before = shown(run)
    assert all(words in before for words in ("Differential with these findings", "not an AI model", "not clinically reviewed", "cg-pulls"))
    assert entries() == [0]
    present = next(group for group in run.get("button_group") if group.label == "Present")
    present.set_value(present.value[1:]).run()
    next(box for box in run.multiselect if box.label == "Add as present").select("hemoptysis").run()
    assert not run.exception
    assert entries() == [0, 1, 2]
    assert shown(run) != before
    assert CASE.identity.name not in str(bootstrap.services().audit.entries(action=Action.WHAT_IF_COMPUTED))


def test_without_an_entry_nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit store that refuses leaves a sentence and no differential."""
    from core.audit import AuditLog
    from core.errors import AuditError

    run = answered()
    append = AuditLog.append

    def refuse(self: AuditLog, event: object) -> object:
        if getattr(event, "action", None) is Action.WHAT_IF_COMPUTED:
            raise AuditError("The audit store can't be written.")
        return append(self, event)  # type: ignore[arg-type]

    monkeypatch.setattr(AuditLog, "append", refuse)
    next(t for t in run.toggle if t.label == OPEN).set_value(True).run()
    assert "The audit store can't be written." in [e.value for e in run.error]
    assert "Differential with these findings" not in shown(run)
