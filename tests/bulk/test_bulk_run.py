"""Files and folders: what comes out, what is left out, stopping and going on."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core import deid
from core.bulk import Job, run_bulk
from core.deid.__main__ import main
from core.errors import ConfigError

JOB = Job(date(2026, 11, 27))
CANARIES = ("Whitcombe", "Augustin", "448812", "010-4477", "Okafor", "33612", "Zelenko")
NOTE = "Mr. Augustin Whitcombe, MRN 448812, seen 03/04/2026.\r\nCrushing chest pain.\r\n"
TABLE = (
    "MRN,PatientName,DOB,Age,Drug name,Notes,Zip,Case\n"
    '448812,"Whitcombe, Augustin",1950-03-04,93,aspirin,"Whitcombe, MRN 448812, has pain\nand sweats",33612,C-17\n'
    'A-1,Okafor,1961-05-04,61,heparin,"okafor is well, troponin 0.4",00501,C-18\n'
)
LINES = (
    '{"id": "448812", "text": "Mr. Zelenko has pain", "n": 4}\n\n'
    '{"patient": {"lastName": "Okafor", "mrn": 448812}, "note": "okafor better"}\n'
)
Running = Callable[..., tuple[Any, list[str]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good file of each kind."""
    made = tmp_path / "in"
    (made / "ward").mkdir(parents=True)
    (made / "note.txt").write_bytes(NOTE.encode())
    (made / "table.csv").write_text(TABLE)
    (made / "ward" / "records.jsonl").write_text(LINES)
    (made / "bundle.json").write_text(json.dumps({"resourceType": "Patient", "name": [{"family": "Whitcombe"}]}))
    return made


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Running:
    """Redacts the folder into `out`; the outcome, and what was left out."""

    def go(job: Job = JOB, **more: Any) -> tuple[Any, list[str]]:
        problems: list[str] = []
        more = {"workers": 1, "on_problem": problems.append} | more
        return run_bulk([folder], tmp_path / "out", job, **more), problems

    return go


def outputs(tmp_path: Path) -> dict[str, str]:
    """Every file of the output folder, hidden ones too."""
    return {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes().decode() for p in (tmp_path / "out").rglob("*") if p.is_file()}


def test_every_kind_comes_out_redacted(run: Running, tmp_path: Path) -> None:
    """No identifier in any file, state and report included; what is clinical stays, and so do shapes; line ends become plain."""
    outcome, problems = run()
    found = outputs(tmp_path)
    assert (outcome.done, outcome.failed, problems) == (4, 0, [])
    assert not [(c, name) for name, text in found.items() for c in CANARIES if c.lower() in text.lower()]
    assert found["note.txt"].endswith("Crushing chest pain.\n")
    first, second = csv.DictReader(found["table.csv"].splitlines(keepends=True))
    assert (first["MRN"], first["PatientName"], first["Age"], first["Drug name"], first["Zip"]) == (
        "[MRN]",
        "[PATIENT]",
        "90 or older",
        "aspirin",
        "[ZIP 336**]",
    )
    assert first["Notes"].startswith("[PATIENT], ")
    assert first["Notes"].endswith(" [MRN], has pain\nand sweats")
    assert (second["Age"], second["Zip"], second["Notes"]) == ("61", "[ZIP 000**]", "[PATIENT] is well, troponin 0.4")
    rows = [json.loads(line) for line in found["ward/records.jsonl"].splitlines()]
    assert rows[0]["n"] == 4
    assert rows[1]["note"] == "[PATIENT] better"
    report = json.loads(found["report.json"])
    assert report["files"] == 4
    assert report["counts"] == {c.value: n for c, n in sorted(outcome.counts.items())}


def test_kept_columns_stay(run: Running, tmp_path: Path) -> None:
    """What the operator names is left as it is, and only that."""
    run(Job(JOB.encounter, keep=frozenset({"Case", "n"})))
    assert [row["Case"] for row in csv.DictReader(outputs(tmp_path)["table.csv"].splitlines(keepends=True))] == ["C-17", "C-18"]


BAD = {
    "not-utf8.txt": (b"\xff\xfe\x00", "not UTF-8"),
    "lines.jsonl": (b'{"a": 1}\n{"b": \n', "line 2: not JSON"),
    "list.jsonl": (b"[1]\n", "line 1: not an object"),
    "ragged.csv": (b"a,b\n1,2\n1\n", "record 3: 1 values under 2 column names"),
    "quote.csv": (b'a,b\n1,"2\n', "not a CSV file"),
    "empty.csv": (b"", "no header line"),
    "list.json": (b"[]", "not a FHIR resource"),
    "broken.json": (b"{", "not JSON"),
    "deep.json": (b'{"resourceType":"X","a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "nested too deeply"),
    "notes.pdf": (b"%PDF", "not a kind of file"),
}


@pytest.mark.parametrize(("name", "content"), [(n, c) for n, (c, _) in BAD.items()], ids=BAD.keys())
def test_a_bad_file_is_named_and_the_rest_goes_on(name: str, content: bytes, run: Running, folder: Path, tmp_path: Path) -> None:
    """The message says where and why, never what; nothing half-written is left."""
    for path in list(folder.rglob("*")):
        if path.is_file() and path.name != "note.txt":
            path.unlink()
    (folder / "a").mkdir()
    (folder / "a" / name).write_bytes(content)
    outcome, problems = run()
    assert outcome.done == 1
    assert BAD[name][1] in problems[-1]
    assert problems[-1].startswith(f"a/{name}: ")
    assert not any("written as" in line for line in problems[1:])
    assert sorted(outputs(tmp_path)) == [".casegate-bulk.jsonl", "note.txt", "report.json"]


def test_a_stopped_run_goes_on(run: Running, folder: Path, tmp_path: Path) -> None:
    """Stopped after one file, the next run does the others; a file that has changed is done again, a torn state line too."""

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(on_progress=stop)
    assert not [name for name in outputs(tmp_path) if ".part-" in name]
    outcome, _ = run()
    assert (outcome.done, outcome.already) == (3, 1)
    (folder / "note.txt").write_text("Seen in clinic by Mr. Zelenko, improved.")
    state = tmp_path / "out" / ".casegate-bulk.jsonl"
    state.write_text(state.read_text()[:-20])
    again, _ = run()
    assert (again.done, again.already) == (2, 2)


def test_other_settings_want_another_folder(run: Running) -> None:
    """A folder is never half under one policy and half under another."""
    run()
    with pytest.raises(ConfigError, match="other settings"):
        run(Job(JOB.encounter, deid.LIMITED_DATA_SET.id))


def test_a_file_name_that_names_somebody_is_not_kept(run: Running, folder: Path, tmp_path: Path) -> None:
    """Names and long numbers in file names would be identifiers in clear."""
    for name in ("augustin_whitcombe.txt", "chart 4488120.txt"):
        (folder / name).write_text("well")
    _, told = run()
    assert len([line for line in told if "written as file-" in line]) == 2
    names = set(outputs(tmp_path))
    assert not [n for n in names if "whitcombe" in n or "4488120" in n]
    assert len([n for n in names if n.startswith("file-") and n.endswith(".txt")]) == 2


def test_two_workers_write_what_one_writes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces come back in order, whoever did them."""
    # A page's test leaves the page as the main module, which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    source = folder / "long.csv"
    source.write_text("\n".join(["n,notes", *(f"{n},day {n}: Mr. Zelenko has pain" for n in range(70))]) + "\n")
    for workers in (1, 2):
        outcome = run_bulk([source], tmp_path / str(workers), JOB, workers=workers, on_problem=print)
        assert outcome.done == 1
    assert (tmp_path / "2" / "long.csv").read_bytes() == (tmp_path / "1" / "long.csv").read_bytes()


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 when a file was left out, 0 when all are done, 2 when it can't run; the totals are printed."""
    (folder / "bad.json").write_text("{")
    command = [str(folder), "--out", str(tmp_path / "out"), "--jobs", "1"]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "bad.json: not JSON" in said.err
    assert "4 files redacted, 0 done before, 1 left out" in said.out
    (folder / "bad.json").unlink()
    assert main(command) == 0
    assert main([str(tmp_path / "nowhere"), "--out", str(tmp_path / "x")]) == 2
    for wrong in ([], [str(folder)], ["--jsonl", str(folder), "--out", "x"], [str(folder), "--out", "x", "--jobs", "0"]):
        with pytest.raises(SystemExit):
            main(wrong)
