"""The reconciliation as page, table and API: what people see, close and take away with them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from printserver.audit.queries import AuditSearch, find_entries
from printserver.organisations.permissions import Role
from printserver.printing.models import Printer
from printserver.returns.day_table import COLUMNS
from printserver.returns.printer_days import LONGEST_DAYS
from tests.http.api_client import ApiClient
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.http.scene import Scene

ADMINISTRATOR = Role.PRINTER_ADMINISTRATOR
CLOSED = "两张测试页 <b>=1+1</b>"


def rows_of(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def day_before(scene: Scene) -> str:
    return (scene.world.clock.now() - timedelta(days=1)).date().isoformat()


def test_the_api_lists_days_with_figures_and_alarms(scene_api: ApiClient, scene: Scene):
    days = scene_api.fetch("/reconciliation", ADMINISTRATOR).json()
    assert [day["day"] for day in days] == sorted((day["day"] for day in days), reverse=True)
    (told,) = [day for day in days if day["day"] == day_before(scene)]
    figures = told["figures"]
    assert (figures["finding"], figures["difference_impressions"], figures["counted_impressions"]) == ("surplus", 2, 2)
    assert figures["window_from"].endswith("Z")
    assert told["alarm"]["id"] == str(scene.count_alarm)
    assert told["alarm"]["closed_at"] is None
    one_day = scene_api.fetch(f"/reconciliation?from={day_before(scene)}&to={day_before(scene)}", ADMINISTRATOR).json()
    assert one_day == [told]


def test_too_many_days_or_days_in_the_wrong_order_are_refused_in_words(scene_api: ApiClient, scene: Scene):
    for asked in ("from=2026-11-02&to=2026-11-01", f"from=2026-01-01&to=2026-{LONGEST_DAYS // 30 + 3:02d}-01"):
        for path in ("/reconciliation", "/reconciliation.csv"):
            answer = scene_api.fetch(f"{path}?{asked}", ADMINISTRATOR)
            assert (answer.status_code, answer.json()["code"]) == (422, "reconciliation-days")
    assert scene_api.fetch("/reconciliation?from=yesterday", ADMINISTRATOR).status_code == 422


def test_an_alarm_is_closed_by_the_api_once_and_with_a_reason(scene_api: ApiClient, scene: Scene):
    path = f"/count-alarms/{scene.count_alarm}/closings"
    before = scene.world.row_counts()
    for empty in ("", "   "):
        assert scene_api.ask("POST", path, ADMINISTRATOR, json={"reason": empty}).status_code == 422
    assert scene.world.row_counts() == before
    closed = scene_api.ask("POST", path, ADMINISTRATOR, json={"reason": CLOSED})
    assert closed.status_code == 201, closed.text
    assert closed.json()["reason"] == CLOSED
    again = scene_api.ask("POST", path, ADMINISTRATOR, json={"reason": "mine"})
    assert (again.status_code, again.json()["code"]) == (409, "transition-refused")
    assert scene_api.fetch("/count-alarms?open=true", ADMINISTRATOR).json()["items"] == []
    (listed,) = scene_api.fetch("/count-alarms", Role.AUDITOR).json()["items"]
    assert listed == closed.json()
    with scene.world.database.reading() as work:
        (entry,) = find_entries(work, AuditSearch(event="CountAlarmClosed")).entries
    assert (entry.facts["reason"], entry.person_id) == (CLOSED, scene.world.person(ADMINISTRATOR).id)


def test_the_page_shows_open_alarms_first_and_the_right_person_closes_them(scene_api: ApiClient, scene: Scene):
    visitor = Visitor.of(scene_api, ADMINISTRATOR)
    assert "alarms about printers' counters are open" in visitor.page("/")
    page = visitor.page("/reconciliation")
    assert page.index("printed outside") < page.index("<table")
    assert "2 too many" in page
    path = f"/reconciliation/alarms/{scene.count_alarm}/closings"
    assert f'action="{path}"' in page
    assert f'action="{path}"' not in Visitor.of(scene_api, Role.AUDITOR).page("/reconciliation")
    before = scene.world.row_counts()
    refused = shown_again(visitor.send(path, reason=" "), 422)
    assert "what explains the difference" in refused
    after = scene.world.row_counts()
    assert {**after, "web_session": 0} == {**before, "web_session": 0}
    assert went_to(visitor.send(path, reason=CLOSED)) == "/reconciliation?said=alarm-closed"
    page = visitor.look("/reconciliation").text
    assert "No alarm is open." in page
    assert "counters are open" not in visitor.page("/")
    assert "<b>" not in page
    assert "两张测试页" in page


def test_the_page_speaks_chinese_and_shows_another_month(scene_api: ApiClient, scene: Scene):
    visitor = Visitor.of(scene_api, Role.AUDITOR, language="zh")
    page = visitor.page("/reconciliation")
    assert "系统外打印" in page
    assert "打印对账" in page
    assert "本月没有发送记录" in visitor.page("/reconciliation?month=2020-02")
    assert f'value="{scene.world.clock.now():%Y-%m}"' in visitor.page("/reconciliation?month=2020-99")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", '=1","2'])
def test_a_table_makes_no_spreadsheet_compute_what_people_wrote(scene_api: ApiClient, scene: Scene, name: str):
    with scene.world.database.work() as work:
        work.session.execute(update(Printer).where(Printer.id == scene.world.home.north.printer_id).values(name=name))
    scene_api.ask("POST", f"/count-alarms/{scene.count_alarm}/closings", ADMINISTRATOR, json={"reason": name})
    answer = scene_api.fetch("/reconciliation.csv", ADMINISTRATOR)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="reconciliation.csv"'
    rows = rows_of(answer.content)
    assert list(rows[0]) == list(COLUMNS)
    assert {row["printer"] for row in rows} == {f"'{name}"}
    assert {row["alarm_reason"] for row in rows} == {"", f"'{name.strip()}" if name.strip()[0] in "=+-@" else "x"}


def test_the_pages_table_has_its_heads_in_the_readers_language(scene_api: ApiClient, scene: Scene):
    for language, head, finding in (("zh", "核对结果", "系统外打印"), ("en", "Finding", "printed outside")):
        answer = Visitor.of(scene_api, Role.AUDITOR, language=language).look("/reconciliation.csv")
        rows: list[dict[str, Any]] = rows_of(answer.content)
        assert finding in {row[head] for row in rows}
        assert len(rows[0]) == len(COLUMNS)


def test_the_table_holds_numbers_as_numbers(scene_api: ApiClient, scene: Scene):
    (row,) = [
        row
        for row in rows_of(scene_api.fetch("/reconciliation.csv", ADMINISTRATOR).content)
        if row["day"] == day_before(scene)
    ]
    assert (row["finding"], row["difference_impressions"], row["counted_sheets"]) == ("surplus", "2", "")
    assert row["window_from"].endswith("+08:00")
    assert row["alarm"] == "open"


def test_other_branches_see_none_of_it(scene_api: ApiClient, scene: Scene):
    world = scene.world
    for office in (world.home.south, world.foreign.head):
        assert scene_api.fetch("/reconciliation", ADMINISTRATOR, office).json() == []
        assert scene_api.fetch("/count-alarms", ADMINISTRATOR, office).json()["items"] == []
        assert "No alarm is open." in Visitor.of(scene_api, ADMINISTRATOR, office).page("/reconciliation")
