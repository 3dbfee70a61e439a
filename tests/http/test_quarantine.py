"""Many scans at once by API, and what no gate let in, by API and in the pages."""

from __future__ import annotations

from printserver.organisations.permissions import Role
from printserver.returns.intake_channels import Channel, IntakeTools, take_in
from printserver.returns.intake_status import ChannelNotes
from tests.http.api_client import ApiClient, code_of
from tests.http.page_visitor import Visitor, shown_again, went_to
from tests.unit.returns.channel_books import scan
from tests.world import World

CUT = scan(9)[:-9]


def kept(world: World, name: str, data: bytes = CUT) -> str:
    login = world.person(Role.CLERK).login
    notes = ChannelNotes(IntakeTools(world.database, world.adapters.objects), Channel.FOLDER, "/srv/scans/north", login)
    taken = take_in(notes.tools, Channel.FOLDER, login, filename=name, data=data)
    notes.taken(taken)
    notes.note("the share is away")
    return str(taken.id)


def test_many_files_come_in_each_with_its_own_answer(api: ApiClient):
    files = [("scans", (name, data, "image/png")) for name, data in (("1", scan(1)), ("bad", CUT), ("1", scan(1)))]
    answer = api.submit("/return-uploads", Role.CLERK, files=files)
    assert answer.status_code == 201
    first, bad, again = answer.json()
    assert (first["fate"], again["fate"], first["return_id"]) == ("handed-in", "known", again["return_id"])
    assert (bad["fate"], bad["return_id"], bad["problem"]["code"]) == ("refused", None, "scan-incomplete")
    assert api.fetch(f"/returns/{first['return_id']}", Role.CLERK).json()["state"] == "received"


def test_a_scan_in_quarantine_is_downloaded_as_nothing_but_bytes_and_discarded_once(api: ApiClient):
    scan_id = kept(api.world, "cut.png")
    address = f"/quarantined-scans/{scan_id}"
    (listed,) = api.fetch("/quarantined-scans", Role.ARCHIVIST).json()["items"]
    assert listed == api.fetch(address, Role.ARCHIVIST).json()
    assert (listed["problem"], listed["channel"], listed["branch"]) == ("scan-incomplete", "watched-folder", "north")
    file = api.fetch(f"{address}/file", Role.ARCHIVIST)
    assert (file.content, file.headers["content-type"]) == (CUT, "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment")
    assert code_of(api.submit(f"{address}/tries", Role.ARCHIVIST)) == "scan-incomplete"
    assert (
        api.submit(f"{address}/discards", Role.ARCHIVIST, json={"reason": "sent again"}).json()["outcome"]
        == "discarded"
    )
    assert code_of(api.submit(f"{address}/tries", Role.ARCHIVIST)) == "quarantined-scan-settled"
    (channel,) = api.fetch("/intake-channels", Role.ARCHIVIST).json()
    assert (channel["name"], channel["trouble"], channel["quarantined"]) == ("/srv/scans/north", "the share is away", 1)


def test_an_archivist_settles_quarantine_in_the_pages_and_hostile_names_stay_text(api: ApiClient):
    scan_id = kept(api.world, "<img src=x onerror=alert(1)>.png")
    archivist = Visitor.of(api, Role.ARCHIVIST)
    listed = archivist.look("/quarantine").text
    assert "&lt;img src=x" in listed
    assert "<img src=x" not in listed
    assert "the share is away" in listed
    assert "隔离的扫描件" in Visitor.of(api, Role.ARCHIVIST, language="zh").page("/quarantine")
    assert f"/quarantine/{scan_id}/file" in archivist.page(f"/quarantine/{scan_id}")
    assert "damaged" in shown_again(archivist.send(f"/quarantine/{scan_id}/tries"), 422)
    assert 'id="reason"' in shown_again(archivist.send(f"/quarantine/{scan_id}/discards", reason=" "), 422)
    assert went_to(archivist.send(f"/quarantine/{scan_id}/discards", reason="sent again")).startswith("/quarantine")
    assert scan_id not in archivist.page("/quarantine")
    assert "sent again" in archivist.page(f"/quarantine/{scan_id}")
    assert scan_id in archivist.page("/quarantine?settled=1")
