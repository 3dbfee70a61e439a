"""Pages around the archive: packages are ordered, damage is shown, other installations' records are looked at."""

from __future__ import annotations

from uuid import UUID

from printserver.archive.fixity import FixityRules, check_oldest
from printserver.archive.sweeping import sweep
from printserver.organisations.permissions import Role
from printserver.returns.evidence_orders import give_up
from tests.http.api_client import ApiClient
from tests.http.evidence_things import evidence_at
from tests.http.page_visitor import Visitor, first, shown_again, went_to
from tests.sealed_store import content_file


def test_a_package_of_what_a_search_finds_is_ordered_and_its_fate_is_shown(api: ApiClient):
    world = api.world
    record_id = world.archived(title="Sale of a mill")
    archivist, clerk = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.CLERK)
    assert f"/api/v1/archive/{record_id}/evidence.zip" in archivist.page(f"/archive/{record_id}")
    found = archivist.page("/evidence?query=mill")
    assert first(r'name="record_id" value="([^"]+)"', found) == str(record_id)
    assert "said=evidence-ordered" in went_to(archivist.send("/evidence", record_id=str(record_id), query="mill"))
    page = archivist.page("/evidence")
    assert ("being made" in page, 'hx-trigger="every 2s"' in page) == (True, True)
    (job,) = (each for each in world.jobs.jobs if each.workflow == "pack-evidence")
    give_up(world.database, UUID(str(job.arguments[0])), "no signer", "evidence-not-ready")
    page = archivist.page("/evidence")
    assert ("failed" in page, "The log has not taken up what was packed" in page) == (True, True)
    assert clerk.look("/evidence").status_code == 403
    assert api.fetch(f"/archive/{record_id}/evidence.zip", Role.ARCHIVIST).json()["code"] == "evidence-not-ready"
    shown_again(archivist.send("/evidence", record_id="00000000-0000-0000-0000-000000000001"), 404)


def test_damage_is_shown_to_those_who_read_the_archive_and_led_to_from_it(api: ApiClient):
    world = api.world
    record_id = world.archived(title="Sale of a mill")
    archivist, south = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.south)
    check_oldest(world.adapters.fixity_tools, FixityRules())
    assert "Every file was whole" in archivist.page("/archive-fixity")
    assert "are damaged" not in archivist.page("/archive")
    digest = api.fetch(f"/archive/{record_id}", Role.ARCHIVIST).json()["issued_sha256"]
    content_file(world.adapters.settings.objects, world.home.id, digest).unlink()
    check_oldest(world.adapters.fixity_tools, FixityRules(), everything=True)
    world.clock.advance(1)
    check_oldest(world.adapters.fixity_tools, FixityRules(), everything=True)
    page = archivist.page("/archive-fixity")
    assert ("1 record is damaged" in page, "missing" in page, digest in page) == (True, True, True)
    assert "are damaged" in archivist.page("/archive")
    figures = api.fetch("/archive-fixity", Role.AUDITOR, world.home.head).json()
    assert (figures["damaged"], figures["damaged_records"][0]["problems"][0]["result"]) == (1, "missing")
    assert digest not in south.page("/archive-fixity")
    assert "are damaged" not in south.page("/archive")


def test_what_lies_aside_is_shown_given_back_and_let_go_by_those_of_the_whole_organisation(api: ApiClient):
    world = api.world
    left_over = world.adapters.objects.put(b"left over by a crash", world.home.id)
    world.archived(title="Sale of a mill")
    north, head = Visitor.of(api, Role.ARCHIVIST), Visitor.of(api, Role.ARCHIVIST, world.home.head)
    auditor = Visitor.of(api, Role.AUDITOR, world.home.head)
    assert left_over not in head.page("/archive-sweep")
    sweep(world.adapters.sweep_tools)
    assert "/archive-sweep" in head.page("/archive")
    listed = head.page("/archive-sweep")
    assert (left_over in listed, "1 object lies aside" in listed, "Give back" in listed) == (True, True, True)
    shown = auditor.page("/archive-sweep")
    assert (left_over in shown, "/keepings" in shown) == (True, False)
    below = north.page("/archive-sweep")
    assert (left_over in below, "1 object lies aside" in below) == (False, True)
    keeping = f"/archive-sweep/{left_over}/keepings"
    assert north.send(keeping, reason="mine").status_code == 404
    shown_again(head.send(keeping, reason=" "), 422)
    assert "said=unnamed-kept" in went_to(head.send(keeping, reason="the backup of May names it"))
    assert "the backup of May names it" in auditor.page("/archive-sweep")
    found = api.fetch("/archive-sweep", Role.ARCHIVIST, world.home.head).json()
    assert (found["unnamed"], found["objects"], found["given_back"][0]["sha256"]) == (0, [], left_over)
    assert world.adapters.objects.get(left_over, world.home.id) == b"left over by a crash"
    assert "said=unnamed-let-go" in went_to(head.send(f"/archive-sweep/{left_over}/releases"))
    again = api.ask("POST", f"/archive-sweep/{left_over}/releases", Role.ARCHIVIST, world.home.head)
    assert again.json()["code"] == "unnamed-object-not-found"
    assert "无记录引用" in Visitor.of(api, Role.ARCHIVIST, language="zh").page("/archive-sweep")


def test_imported_records_are_marked_and_a_root_is_pinned_by_a_person(api: ApiClient):
    world = api.world
    things = evidence_at(world, world.archived())
    archivist = Visitor.of(api, Role.ARCHIVIST, world.home.head)
    listed = archivist.page("/imported-records?query=old")
    assert ("An old contract" in listed, "imported" in listed, "the other house" in listed) == (True, True, True)
    shown = archivist.page(f"/imported-records/{things.imported}")
    assert "It was not approved, printed or archived here" in shown
    assert "copy 1 of 1" in shown
    assert "Far East · by courier · SF 12" in shown
    assert "Li Lei, Han Meimei · Shanghai" in shown
    assert ">2020-01-01 11:04:05</time>" in shown
    package = {"package": ("p.zip", b"no zip", "application/zip")}
    wanted = {"source_id": str(things.source), "branch_id": str(world.home.head.branch_id)}
    assert "is no zip file" in shown_again(archivist.send("/imported-records", files=package, **wanted), 422)
    large = {"package": ("large.zip", b"\0" * (api.world.adapters.settings.largest_upload_bytes + (2 << 20)))}
    assert "is no zip file" in shown_again(archivist.send("/imported-records", files=large, **wanted), 422)
    pinned = {"name": "a third house", "root_fingerprint": "ab" * 32, "note": "their letter of 1 March"}
    assert "said=source-pinned" in went_to(archivist.send("/imported-records/sources", **pinned))
    shown = archivist.page("/imported-records")
    assert ("a third house" in shown, "ab" * 32 in shown) == (True, True)
    assert "This root is pinned already" in shown_again(archivist.send("/imported-records/sources", **pinned), 409)
    north = Visitor.of(api, Role.ARCHIVIST)
    assert "Pin this root" not in north.page("/imported-records")
    zh = Visitor.of(api, Role.ARCHIVIST, language="zh")
    for path in ("/evidence?query=x", "/archive-fixity", "/imported-records", f"/imported-records/{things.imported}"):
        assert "档案" in zh.page(path)
