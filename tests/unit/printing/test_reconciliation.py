"""The counter against the books: a model printer that counts, read now and then, must be judged rightly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.reconciliation import (
    ALARMING,
    COUNT_FOLLOWS,
    PAPER_FOLLOWS,
    Account,
    Fate,
    Finding,
    Measure,
    Print,
    Reading,
    Span,
    day_of,
    is_worth_keeping,
    reconcile,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = day_of(date(2026, 11, 22), SHANGHAI)
LATER = DAY.end + timedelta(days=3)
F = Finding


def at(hours: float) -> datetime:
    """Hours of the day; below 0 on the day before."""
    return DAY.start + timedelta(hours=hours)


def printed(pages: int, hours: float, *, two_sided: bool = False, authorised: bool = True) -> Print:
    return Print(pages, two_sided, Fate.PRINTED, at(hours), at(hours) + timedelta(minutes=1), authorised)


def doubtful(pages: int, hours: float) -> Print:
    return Print(pages, False, Fate.DOUBTFUL, at(hours), at(hours) + timedelta(minutes=1))


def on_its_way(pages: int, hours: float) -> Print:
    return Print(pages, False, Fate.ON_ITS_WAY, at(hours), None)


def readings(*counts: tuple[float, int] | tuple[float, int, int]) -> list[Reading]:
    return [Reading(at(each[0]), *each[1:]) for each in counts]


def judged(counted: Sequence[Reading], *prints: Print, now: datetime = LATER) -> Account:
    return reconcile(DAY, counted, prints, now)


def finding(counted: Sequence[Reading], *prints: Print, now: datetime = LATER) -> Finding:
    return judged(counted, *prints, now=now).finding


def test_a_day_whose_counter_moved_by_its_copies_is_agreed():
    account = judged(readings((-1, 100), (12, 103), (25, 103)), printed(3, 10))
    assert account.finding is F.AGREED
    assert account.window == (at(-1), at(12))
    assert account.impressions == Measure(Span(3, 3), 3)
    assert account.sheets.counted is None


def test_a_sheet_more_than_the_copies_is_a_surplus_on_the_running_day_at_once():
    counted = readings((-1, 100), (10.1, 104))
    account = judged(counted, printed(3, 10), now=at(10.1))
    assert account.finding is F.SURPLUS
    assert account.impressions.difference == 1


def test_a_copy_that_nobody_authorised_is_a_surplus():
    counted = readings((-1, 100), (12, 103), (25, 103))
    assert judged(counted, printed(3, 10, authorised=False)).impressions.difference == 3
    assert finding(counted, printed(3, 10, authorised=False)) is F.SURPLUS


def test_a_copy_on_its_way_leaves_the_day_open_but_hides_no_surplus():
    assert finding(readings((-1, 100), (10.1, 102)), on_its_way(3, 10), now=at(10.1)) is F.OPEN
    assert finding(readings((-1, 100), (10.1, 104)), on_its_way(3, 10), now=at(10.1)) is F.SURPLUS
    assert finding(readings((-1, 100), (9, 101), (25, 101)), on_its_way(3, 23), now=LATER) is F.SURPLUS
    assert finding(readings((-1, 100), (9, 100), (25, 100)), on_its_way(3, 23), now=LATER) is F.OPEN


def test_a_running_day_is_called_short_only_when_the_counter_had_time_and_nothing_is_on_its_way():
    copy = printed(3, 10)
    assert copy.over is not None
    for minutes, expected in ((5, F.OPEN), (11, F.SHORT)):
        moment = copy.over + timedelta(minutes=minutes)
        counted = [*readings((-1, 100)), Reading(moment, 102)]
        assert finding(counted, copy, now=moment) is expected
        assert finding(counted, copy, on_its_way(1, 9.9), now=moment) is F.OPEN
    assert finding(readings((-1, 100), (10.1, 102), (25, 102)), copy) is F.SHORT


@pytest.mark.parametrize("counted", [100, 101, 103])
def test_a_doubtful_copy_counts_from_nothing_to_all(counted: int):
    assert finding(readings((-1, 100), (12, counted), (25, counted)), doubtful(3, 10)) is F.AGREED
    assert finding(readings((-1, 100), (12, 104), (25, 104)), doubtful(3, 10)) is F.SURPLUS


@pytest.mark.parametrize(("moved", "expected"), [(4, F.SHORT), (5, F.AGREED), (6, F.AGREED), (7, F.SURPLUS)])
def test_the_blank_back_of_a_two_sided_copy_may_be_counted_or_not(moved: int, expected: Finding):
    counted = readings((-1, 100), (12, 100 + moved), (25, 100 + moved))
    assert finding(counted, printed(5, 10, two_sided=True)) is expected


def test_no_other_copy_has_a_tolerance():
    for copy in (printed(5, 10), printed(4, 10, two_sided=True)):
        assert copy.impressions == Span(copy.pages, copy.pages)


def test_the_counter_of_sheets_finds_what_the_blank_back_would_hide():
    counted = readings((-1, 100, 50), (12, 106, 54), (25, 106, 54))
    account = judged(counted, printed(5, 10, two_sided=True))
    assert account.finding is F.SURPLUS
    assert (account.impressions.difference, account.sheets.difference) == (0, 1)


@pytest.mark.parametrize(
    "counted",
    [
        readings((-1, 100), (12, 90), (25, 90)),
        readings((-1, 100), (9, 5), (12, 103), (25, 103)),
        readings((-1, 100, 50), (12, 103, 10), (25, 103, 10)),
    ],
)
def test_a_counter_that_went_back_is_said_and_never_compared(counted: list[Reading]):
    account = judged(counted, printed(3, 10))
    assert account.finding is F.COUNTER_WENT_BACK
    assert account.impressions.counted is None


def test_a_counter_that_went_back_is_found_on_one_day_and_the_next_starts_anew():
    counted = readings((-1, 100), (9, 5), (20, 5), (33, 8), (50, 8))
    following = day_of(date(2026, 11, 23), SHANGHAI)
    assert finding(counted, printed(3, 30)) is F.COUNTER_WENT_BACK
    assert reconcile(following, counted, [printed(3, 30)], LATER).finding is F.AGREED


def test_a_printer_without_readings_has_no_counter_whatever_the_day():
    assert finding([], printed(3, 10)) is F.NO_COUNTER
    assert finding(readings((25, 100)), printed(3, 10)) is F.NO_COUNTER
    assert finding([], printed(3, 10), now=at(11)) is F.NO_COUNTER


@pytest.mark.parametrize(
    ("why", "counted"),
    [
        ("no reading within the day", readings((-1, 100), (30, 103))),
        ("none before it", readings((9, 100), (12, 103), (25, 103))),
        ("none after it", readings((-1, 100), (12, 103))),
        ("it went back after the last reading", readings((-1, 100), (12, 103), (25, 1))),
        ("it moved after the last reading", readings((-1, 100), (12, 103), (25, 105))),
    ],
)
def test_a_day_that_is_not_wholly_enclosed_is_never_agreed(why: str, counted: list[Reading]):
    assert finding(counted, printed(3, 10)) is F.COVERED_IN_PART, why


def test_sparse_readings_enclose_the_day_and_the_window_says_how_much_more():
    account = judged(readings((-90, 98), (15, 103), (90, 105)), printed(2, -50), printed(3, 10), printed(2, 60))
    assert account.finding is F.AGREED
    assert account.window == (at(-90), at(15))
    assert account.impressions == Measure(Span(5, 5), 5)


def test_a_running_day_is_never_agreed():
    assert finding(readings((-1, 100), (12, 103), (13, 103)), printed(3, 10), now=at(13)) is F.OPEN


def test_a_copy_over_midnight_is_counted_with_one_day_alone():
    counted = readings((-1, 100), (23.9, 100), (24.05, 103), (30, 103), (47, 103), (50, 103))
    copy = Print(4, False, Fate.PRINTED, at(23.95), at(24.1))
    counted[2] = Reading(at(24.05), 102)
    counted[3:] = readings((30, 104), (47, 104), (50, 104))
    first, second = (reconcile(day_of(date(2026, 11, day), SHANGHAI), counted, [copy], LATER) for day in (22, 23))
    assert (first.finding, first.impressions) == (F.AGREED, Measure(Span(), 0))
    assert (second.finding, second.impressions) == (F.AGREED, Measure(Span(4, 4), 4))
    assert first.window is not None
    assert second.window is not None
    assert first.window[1] == second.window[0]


def test_a_day_is_as_long_as_the_clock_makes_it():
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 22), 24)):
        one = day_of(day, berlin)
        assert one.end.astimezone(UTC) - one.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_standing_counter_is_kept_once_when_quiet_and_once_when_it_had_its_time():
    copy = printed(3, 10)
    assert copy.over is not None
    minutes = [Reading(copy.over + timedelta(minutes=number), 103) for number in range(15)]
    kept = minutes[:1]
    for present in minutes[1:]:
        if is_worth_keeping(kept[-1], present, [copy]):
            kept.append(present)
    assert [each.taken_at - copy.over for each in kept] == [timedelta(minutes=number) for number in (0, 1, 10)]
    assert not is_worth_keeping(kept[-1], minutes[14], [copy, on_its_way(1, 10.1)])
    assert not is_worth_keeping(minutes[5], minutes[4], [copy])


@dataclass(frozen=True)
class Story:
    """What truly came out of a printer within days of the model, and what was read of its counter."""

    prints: list[Print]
    outside: list[tuple[datetime, int]]
    ticks: list[tuple[datetime, int, int]]
    moments: list[datetime]

    def readings(self) -> list[Reading]:
        return [
            Reading(
                moment,
                1_000 + sum(sides for when, sides, _ in self.ticks if when <= moment),
                500 + sum(sheets for when, _, sheets in self.ticks if when <= moment),
            )
            for moment in self.moments
        ]


DAYS = [day_of(date(2026, 11, 20 + number), SHANGHAI) for number in range(4)]
MINUTES = int((DAYS[-1].end - DAYS[0].start) / timedelta(minutes=1))
AFTERWARDS = DAYS[-1].end + timedelta(days=1)


def minute(number: int) -> datetime:
    return DAYS[0].start + timedelta(minutes=number)


@st.composite
def stories(draw: st.DrawFn, *, outside: bool = True, certain: bool = False) -> Story:
    """Copies one after the other, as a printer takes them; sheets come out between their beginning and their end."""
    prints: list[Print] = []
    ticks: list[tuple[datetime, int, int]] = []
    begins = draw(st.lists(st.integers(0, MINUTES - 1), max_size=6, unique=True).map(sorted))
    for begin, following in pairwise([*begins, MINUTES]):
        pages, two_sided = draw(st.integers(1, 5)), draw(st.booleans()) and not certain
        fate = Fate.PRINTED if certain else draw(st.sampled_from([Fate.PRINTED, Fate.DOUBTFUL]))
        lasts = draw(st.integers(0, max(min(following - begin - 1, 60), 0)))
        one = Print(pages, two_sided, fate, minute(begin), minute(begin + lasts))
        prints.append(one)
        follow = int((COUNT_FOLLOWS if fate is Fate.PRINTED else PAPER_FOLLOWS) / timedelta(minutes=1))
        whole = fate is Fate.PRINTED
        sides = draw(st.integers(one.impressions.least, one.impressions.most))
        sheets = one.sheets.most if whole else min(sides, one.sheets.most)
        for part in (sides // 2, sides - sides // 2):
            when = minute(begin + draw(st.integers(0, lasts + follow)))
            ticks.append((when, part, sheets if part == sides // 2 else 0))
            sheets = 0 if part == sides // 2 else sheets
    extra = draw(st.lists(st.tuples(st.integers(0, MINUTES - 1), st.integers(1, 3)), max_size=3)) if outside else []
    strays = [(minute(when), sides) for when, sides in extra]
    ticks += [(when, sides, sides) for when, sides in strays]
    moments = draw(st.lists(st.integers(-600, MINUTES + 600), max_size=40, unique=True).map(sorted))
    return Story(prints, strays, ticks, [minute(each) for each in moments])


@given(stories())
def test_agreed_is_never_said_of_a_counter_outside_what_was_expected(story: Story):
    for day in DAYS:
        account = reconcile(day, story.readings(), story.prints, AFTERWARDS)
        if account.finding is F.AGREED:
            for measure in (account.impressions, account.sheets):
                assert measure.counted is not None
                assert measure.expected.least <= measure.counted <= measure.expected.most
        assert (account.window is None) or account.window[0] < account.window[1]


@given(stories(outside=False), st.integers(0, MINUTES))
def test_whoever_prints_through_the_system_alone_is_never_accused(story: Story, now: int):
    moment = minute(now)
    so_far = [each for each in story.readings() if each.taken_at <= moment]
    begun = [_as_of(each, moment) for each in story.prints if each.began <= moment]
    for day in DAYS:
        if day.start <= moment:
            assert reconcile(day, so_far, begun, moment).finding not in ALARMING
        assert reconcile(day, story.readings(), story.prints, AFTERWARDS).finding not in ALARMING


def _as_of(one: Print, moment: datetime) -> Print:
    if one.over is not None and one.over <= moment:
        return one
    return Print(one.pages, one.two_sided, Fate.ON_ITS_WAY, one.began, None)


@given(stories(certain=True), st.integers(0, 3))
def test_every_sheet_printed_outside_between_quiet_readings_is_found(story: Story, extra: int):
    """Of one-sided copies that are known to be printed nothing hides a sheet."""
    counted = story.readings()
    for day in DAYS:
        account = reconcile(day, counted, story.prints, AFTERWARDS)
        if account.window is None:
            continue
        opening, closing = account.window
        strays = sum(sides for when, sides in story.outside if opening < when <= closing)
        assert account.impressions.difference == account.sheets.difference == strays
        assert (account.finding is F.SURPLUS) is (strays > 0)
        if account.finding is F.AGREED:
            assert not any(day.start <= when < day.end for when, _ in story.outside)


@given(stories())
def test_the_sums_over_days_are_those_of_the_whole(story: Story):
    """Windows follow each other without gap or overlap, and each copy is in exactly one."""
    counted = story.readings()
    accounts = [reconcile(day, counted, story.prints, AFTERWARDS) for day in DAYS]
    windows = [each.window for each in accounts if each.window is not None]
    for before, after in pairwise(windows):
        assert before[1] == after[0]
    if not windows:
        return
    known = {each.taken_at: each for each in counted}
    first, last = known[windows[0][0]], known[windows[-1][1]]
    counts = [each.impressions for each in accounts if each.window is not None]
    assert sum(each.counted or 0 for each in counts) == last.impressions - first.impressions
    whole = [each for each in story.prints if each.in_window(first.taken_at, last.taken_at)]
    assert sum((each.expected for each in counts), Span()) == sum((each.impressions for each in whole), Span())
