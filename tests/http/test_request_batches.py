"""A table by page and by API: looked at, kept only when every row is in order, started, followed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from printserver.documents.template_store import built_in_templates
from printserver.organisations.permissions import Role
from printserver.print_requests.batch_running import make_row
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.unit.print_requests.test_batches import table, tools


def _files(data: bytes) -> dict[str, Any]:
    return {"table": ("rows.csv", data, "text/csv")}


def test_a_clerk_sees_wrong_rows_before_anything_is_kept_and_follows_the_right_ones(api: ApiClient):
    clerk, chosen = Visitor.of(api, Role.CLERK), {"code": "certificate", "language": "zh"}
    before = api.world.row_counts()
    wrong = table("R-1").replace(b"2026-11-22", b"some day")
    page = shown_again(clerk.send("/request-batches", files=_files(wrong), hand_in="true", **chosen), 422)
    assert "<code>day</code>" in page
    assert '<option value="certificate" selected>' in page
    assert '<option value="zh" selected>' in page
    assert 'name="hand_in" value="true" checked' in page
    assert api.world.row_counts() == before
    path = went_to(clerk.send("/request-batches", files=_files(table("R-1", "R-2")), **chosen))
    assert "2 rows are in order." in clerk.page(path)
    assert went_to(clerk.send(f"{path}/starts")).startswith(path)
    assert make_row(tools(api.world), _id(path), 2)
    running = clerk.page(path)
    assert f"{path}/progress?settled=1" in running
    assert clerk.look(f"{path}/progress?settled=1").status_code == 204
    assert "1 of 2 rows settled" in clerk.page(f"{path}/progress?settled=0")
    assert went_to(clerk.send(f"{path}/stops")).startswith(path)
    assert "Go on with what is left" in clerk.page(path)
    for each in ("/request-batches", path):
        assert built_in_templates()["certificate"].description.name["en"] in clerk.page(each)
    empty = clerk.look("/request-batches/tables/certificate.csv")
    assert empty.content.decode("utf-8-sig").startswith("reference,title,number,heading")


def test_the_api_says_what_is_wrong_with_each_row_and_refuses_the_same_table_twice(api: ApiClient):
    said = {"template": "certificate", "language": "zh"}
    ask: dict[str, Any] = {"data": said, "files": _files(table("R-1", "R-1"))}
    looked = api.submit("/request-batches?dry_run=true", Role.CLERK, **ask).json()
    assert [line["wrong"] for line in looked["lines"]] == [[], ["reference"]]
    assert code_of(api.submit("/request-batches", Role.CLERK, **ask)) == "batch-rows-wrong"
    right: dict[str, Any] = {"data": said, "files": _files(table("R-1"))}
    batch = api.submit("/request-batches", Role.CLERK, **right).json()["batch_id"]
    assert api.submit(f"/request-batches/{batch}/starts", Role.CLERK).status_code == 204
    assert code_of(api.submit(f"/request-batches/{batch}/starts", Role.CLERK)) == "batch-state-refused"
    assert code_of(api.submit("/request-batches", Role.CLERK, **right)) == "batch-rows-wrong"
    rows = api.fetch(f"/request-batches/{batch}/rows", Role.CLERK).json()
    assert [(row["number"], row["state"]) for row in rows] == [(2, "waiting")]
    assert api.fetch(f"/request-batches/{batch}", Role.APPROVER).status_code == 403


def _id(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])
