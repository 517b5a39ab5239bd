"""What a run that ended badly leaves behind, and what the next one makes of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from support.upstream import TARGET, Building

from core import bootstrap, consult
from core.audit import Action
from core.call import Call
from core.errors import ConfigError
from core.model import AgeRange, ClinicalCase, Principal, Role, Sex
from core.settings import load_settings

DOCTOR = Principal("u-doctor", Role.CLINICIAN)
CASE = ClinicalCase(
    chief_complaint="Chest pain for two hours",
    symptoms="Crushing chest pain with sweating and nausea since this morning.",
    age_range=AgeRange.ADULT,
    age_years=58,
    sex=Sex.MALE,
    encounter=date(2026, 1, 5),
)


def test_a_call_cut_off_by_the_end_of_a_run_is_ended_at_the_next_start(build: Building) -> None:
    """A process that died in mid-call leaves a call open; the next start records that it was interrupted, once."""
    services = build()
    bootstrap.record_start(services)
    prepared = consult.prepare(services, CASE, DOCTOR, target=TARGET, case_ref="case-1")
    for number in (1, 2):
        Call(services, prepared, DOCTOR, f"req-cut-{number}", None, None).note(Action.DIAGNOSIS_REQUEST_INITIATED)
    bootstrap.record_start(services)
    bootstrap.record_start(services)
    ended = services.audit.entries(action=Action.DIAGNOSIS_REQUEST_FAILED)
    assert [(e.event.request_id, e.event.error_class) for e in ended] == [("req-cut-2", "Interrupted"), ("req-cut-1", "Interrupted")]
    assert [c.outcome for c in services.audit.calls()] == ["failed", "failed"]
    assert services.audit.verify().ok


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_data_folder_that_cannot_be_is_a_wrong_setting(tmp_path: Path, place: str) -> None:
    """The message names the setting to change."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigError, match="CASEGATE_DATA_DIR"):
        bootstrap.build(load_settings(data_dir=tmp_path / place), port=1)
