"""What the fence writes down of a printer's words, and its packing into one file."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cups.fence.claim import LARGEST_RECORD, Claim, StartedBefore, read_lines
from drivers.cups.fence.printer_words import PrinterWords
from printserver.printing.fence_archive import fence_archive
from printserver.printing.fence_record import parse_fence_record
from printserver.printing.ports import JobState
from printserver.printing.private_cupsd import install_fence_backend

NAME = "a-copy"


@pytest.fixture
def claim(tmp_path) -> Claim:
    return Claim(tmp_path, str(uuid4()), 7, "ab" * 32)


def words_of(claim: Claim, *lines: str) -> PrinterWords:
    words = PrinterWords(NAME, claim)
    for line in lines:
        words.read(line)
    return words


def spoken(state: str, impressions: str, *, job: str = "4", name: str = NAME) -> list[str]:
    return [
        f"DEBUG: job-id integer {job}",
        f"DEBUG: job-name nameWithoutLanguage {name}",
        f"DEBUG: job-state enum {state}",
        f"DEBUG: job-impressions-completed integer {impressions}",
        "DEBUG: ---- end-of-attributes-tag ----",
    ]


def noted(claim: Claim) -> list[str]:
    return read_lines(claim.path).splitlines()[1:]


def test_the_printers_word_is_noted_once_and_never_backwards(claim):
    words = words_of(claim, "DEBUG: Print job accepted - job ID 4.", *spoken("processing", "1") * 2)
    words.note_state("processing", 3)
    words.note_state("processing", 2)
    words.note_state("completed", 4)
    for line in spoken("processing", "3"):
        words.read(line)
    assert noted(claim) == [
        "printer-job=4",
        "printer-state=processing impressions=1",
        "printer-state=processing impressions=3",
        "printer-state=completed impressions=4",
    ]


def test_the_words_about_another_job_are_not_noted(claim):
    words_of(
        claim,
        "DEBUG: Print job accepted - job ID 4.",
        *spoken("completed", "4", job="5"),
        *spoken("completed", "4", name="another"),
        *spoken("finished", "4"),
        *spoken("completed", "-4"),
        *spoken("completed", "9" * 30),
    )
    assert noted(claim) == ["printer-job=4"]


def test_reasons_are_remembered_without_the_backends_own(claim):
    words = words_of(claim, "STATE: +media-empty-error,cups-remote-pending", "STATE: +connecting-to-device")
    words.read("STATE: -media-empty-error")
    assert noted(claim) == ["printer-reasons=media-empty-error", "printer-reasons=none"]
    assert words.reasons.of_backend() == ["cups-remote-pending", "connecting-to-device"]
    record = parse_fence_record(read_lines(claim.path), running=True)
    assert record.printer_reasons == ()


@settings(max_examples=60, deadline=None)
@given(line=st.one_of(st.text(max_size=80), st.text(max_size=60).map("STATE: +{}".format)))
def test_whatever_the_stock_backend_says_the_record_stays_readable(tmp_path_factory, line):
    claim = Claim(tmp_path_factory.mktemp("fence"), str(uuid4()), 7, "ab" * 32)
    words_of(claim, line, "STATE: +a,b", "DEBUG: ---- end-of-attributes-tag ----")
    parse_fence_record(read_lines(claim.path), running=True)


def test_a_printer_that_never_stops_talking_fills_no_disk_and_its_last_word_is_still_noted(claim):
    words = words_of(claim, "DEBUG: Print job accepted - job ID 4.")
    for _ in range(2000):
        words.note_state("processing-stopped", None)
        words.note_state("processing", None)
        words.read("STATE: +" + ",".join(f"media-{'x' * 70}{number}" for number in range(16)))
        words.read(f"STATE: -media-{'x' * 70}3")
    words.note_state("completed", 4)
    claim.note("ended rc=0")
    text = claim.path.read_text("ascii")
    assert len(text) <= LARGEST_RECORD
    record = parse_fence_record(text, running=False)
    assert (record.printer_state, record.impressions, record.ended) == (JobState.COMPLETED, 4, 0)


def test_a_claim_is_taken_once_and_seen_only_when_it_is_whole(tmp_path):
    job_uuid = str(uuid4())
    first = Claim(tmp_path, job_uuid, 7, "ab" * 32)
    assert first.path.read_text("ascii").startswith("claimed cups-job=7 pid=")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileExistsError):
        Claim(tmp_path, job_uuid, 8, "cd" * 32)
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(StartedBefore):
        Claim(tmp_path, str(uuid4()), 8, "ab" * 32)
    first.give_back()
    assert not first.path.exists()


def test_the_archive_is_the_same_octets_each_time_and_runs_by_debians_own_python(tmp_path):
    program = "import sys; from printserver.printing.fence_archive import fence_archive as packed\n"
    elsewhere = program + "sys.stdout.buffer.write(packed())"
    assert subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, check=True).stdout == fence_archive()
    backend = install_fence_backend(tmp_path)
    assert backend.read_bytes().startswith(b"#!/usr/bin/python3 -I\n")
    with zipfile.ZipFile(backend) as archive:
        names = {Path(name).name for name in archive.namelist() if name.endswith(".py")}
    assert names == {path.name for path in (Path(__file__).parents[3] / "drivers" / "cups" / "fence").glob("*.py")}
    told = subprocess.run([str(backend)], capture_output=True, text=True, check=True)
    assert told.stdout == 'network printserver-fence "Unknown" "Controlled printer, each copy once"\n'
