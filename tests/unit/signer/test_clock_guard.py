"""A clock is believed while it goes forward as fast as the seconds since the machine's start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from printserver.audit.sequencer import CLOCK_TOLERANCE, ClockSetBack
from printserver.signer.clock_guard import LARGEST_JUMP, ClockGuard, ClockJumped, seconds_since_boot

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Hands:
    wall: datetime = START
    counter: float = 100.0
    signed: datetime | None = None

    def guard(self) -> ClockGuard:
        return ClockGuard(lambda: self.wall, lambda: self.signed, counter=lambda: self.counter)

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.counter += seconds


def test_a_clock_that_goes_on_is_believed():
    hands = Hands()
    guard = hands.guard()
    for _ in range(5):
        hands.pass_by(3_600)
        assert guard.now() == hands.wall


def test_a_clock_before_what_was_signed_is_refused_until_it_is_right():
    hands = Hands(signed=START + timedelta(hours=1))
    guard = hands.guard()
    with pytest.raises(ClockSetBack):
        guard.now()
    hands.pass_by(3_601)
    assert guard.now() == hands.wall


def test_a_correction_of_seconds_is_no_alarm():
    hands = Hands()
    guard = hands.guard()
    guard.now()
    hands.wall -= CLOCK_TOLERANCE
    assert guard.now() == hands.wall


def test_small_steps_back_do_not_add_up():
    hands = Hands()
    guard = hands.guard()
    guard.now()
    hands.wall -= CLOCK_TOLERANCE
    guard.now()
    hands.wall -= timedelta(seconds=1)
    with pytest.raises(ClockSetBack):
        guard.now()


def test_a_clock_set_ahead_while_it_ran_is_refused_until_a_new_start():
    hands = Hands()
    guard = hands.guard()
    hands.wall += LARGEST_JUMP + timedelta(seconds=1)
    with pytest.raises(ClockJumped):
        guard.now()
    hands.pass_by(3_600)
    with pytest.raises(ClockJumped):
        guard.now()
    assert hands.guard().now() == hands.wall


def test_a_clock_that_stands_still_is_refused():
    hands = Hands()
    guard = hands.guard()
    hands.counter += LARGEST_JUMP.total_seconds() + 1
    with pytest.raises(ClockSetBack):
        guard.now()


@given(some.lists(some.tuples(some.integers(-600, 600), some.integers(0, 600)), max_size=30))
def test_whatever_the_clock_does_no_time_is_given_that_lies_before_another(moves: list[tuple[int, int]]):
    hands = Hands()
    guard = hands.guard()
    given_so_far: list[datetime] = []
    for wall, counter in moves:
        hands.wall += timedelta(seconds=wall)
        hands.counter += counter
        try:
            at = guard.now()
        except (ClockSetBack, ClockJumped):
            continue
        assert all(earlier - at <= CLOCK_TOLERANCE for earlier in given_so_far)
        given_so_far.append(at)


def test_the_counter_is_the_machines_own():
    assert seconds_since_boot() > 0
