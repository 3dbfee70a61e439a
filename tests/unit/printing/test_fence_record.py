"""Reading the fence's files: every prefix of a record is a state of its own, and damage is an alarm."""

from __future__ import annotations

import fcntl
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.fence_record import FenceRecordDamaged, parse_fence_record, read_fence_record
from printserver.printing.ports import JobState

WHOLE = (
    "claimed cups-job=12 pid=345\nprinter-job=7\nsubmitting\n"
    "printer-state=processing impressions=0\nprinter-state=completed impressions=2\nended rc=0\n"
)


def test_a_whole_record_tells_everything():
    fence = parse_fence_record(WHOLE, running=False)
    assert (fence.cups_job, fence.printer_job, fence.submitting, fence.ended, fence.refused) == (12, 7, True, 0, 0)
    assert (fence.printer_state, fence.impressions) == (JobState.COMPLETED, 2)


def test_a_refusal_is_counted_and_a_kill_is_a_negative_exit():
    fence = parse_fence_record("claimed cups-job=1 pid=2\nsubmitting\nended rc=-9\nrefused\nrefused\n", running=False)
    assert (fence.ended, fence.refused) == (-9, 2)


def test_a_start_refused_because_of_its_bytes_is_told():
    fence = parse_fence_record("claimed cups-job=1 pid=2\nstarted-before\n", running=False)
    assert (fence.started_before, fence.submitting) == (True, False)


def test_a_printer_that_does_not_count_is_told_from_one_that_printed_nothing():
    fence = parse_fence_record("claimed cups-job=1 pid=2\nprinter-state=completed impressions=unknown\n", running=False)
    assert fence.impressions is None


@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_record_cut_off_anywhere_never_claims_more_than_was_written(length):
    fence = parse_fence_record(WHOLE[:length], running=False)
    assert fence.submitting == ("submitting\n" in WHOLE[:length])
    assert (fence.ended == 0) == (length == len(WHOLE))


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80))
def test_foreign_text_is_damage_or_an_empty_claim(text):
    try:
        fence = parse_fence_record(text, running=False)
    except FenceRecordDamaged:
        return
    assert fence.printer_state is None or "printer-state=" in text


@pytest.mark.parametrize(
    "line",
    [
        *("submitted", "ended rc=", "printer-state=done impressions=1", "claimed cups-job=1"),
        *(f"printer-job={2**31}", f"printer-job={2**70}", f"printer-job={'9' * 5000}", f"ended rc=-{2**31}"),
        f"printer-state=completed impressions={2**31}",
    ],
    ids=lambda line: line[:40],
)
def test_an_unknown_line_is_damage(line):
    with pytest.raises(FenceRecordDamaged):
        parse_fence_record(f"{line}\n", running=False)


def test_octets_that_no_fence_writes_are_damage(tmp_path):
    copy = uuid4()
    (tmp_path / str(copy)).write_bytes(b"claimed cups-job=1 pid=2\n\xff\xfe\n")
    with pytest.raises(FenceRecordDamaged):
        read_fence_record(tmp_path, copy)


def test_no_file_is_no_claim(tmp_path):
    assert read_fence_record(tmp_path, uuid4()) is None


def test_the_backend_lives_as_long_as_the_file_is_locked(tmp_path):
    copy = uuid4()
    path = tmp_path / str(copy)
    path.write_text("claimed cups-job=1 pid=2\n", encoding="ascii")
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        while_locked = read_fence_record(tmp_path, copy)
    afterwards = read_fence_record(tmp_path, copy)
    assert while_locked is not None
    assert while_locked.running
    assert afterwards is not None
    assert not afterwards.running


def test_the_printers_last_reasons_are_read_and_odd_ones_are_damage():
    lines = "claimed cups-job=1 pid=2\nprinter-reasons=media-empty-error\n"
    assert parse_fence_record(lines, running=True).printer_reasons == ("media-empty-error",)
    more = f"{lines}printer-reasons=door-open,toner-low\n"
    assert parse_fence_record(more, running=True).printer_reasons == ("door-open", "toner-low")
    assert parse_fence_record(f"{more}printer-reasons=none\n", running=True).printer_reasons == ()
    for odd in ("", "a,,b", "A", "a b", ","):
        with pytest.raises(FenceRecordDamaged):
            parse_fence_record(f"{lines}printer-reasons={odd}\n", running=True)


def test_of_two_jobs_at_the_printer_the_later_one_counts():
    text = "claimed cups-job=1 pid=2\nprinter-job=3\nprinter-job=4\nsubmitting\n"
    assert parse_fence_record(text, running=True).printer_job == 4
