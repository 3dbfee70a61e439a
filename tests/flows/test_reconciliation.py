"""A whole running server notices what somebody prints past it on a controlled printer, by the printer's own counter."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from printserver.cli.demo.client import Person
from printserver.printing.emulated_printer import EmulatedPrinter
from printserver.printing.reconciliation import CLOCKS_DIFFER
from tests.running_server import RunningServer
from tests.world_building import PAGES, contract

COPIES = 2
PATIENCE_SECONDS = 120.0
ENDED = {"printed", "outcome-unknown"}


def waited(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def print_copies(server: RunningServer) -> int:
    """Of a contract, all the way; answers how many sides came out."""
    clerk, approver, custodian = (server.person(login) for login in ("clerk", "approver", "custodian"))
    application = {
        "seal_id": clerk.get("/seals")[0]["id"],
        "printer_id": clerk.get("/printers")[0]["id"],
        "copies": COPIES,
        "places": [{"page": 1, "x_um": 120_000, "y_um": 200_000}],
        "title": "Supply contract",
    }
    path = f"/print-requests/{clerk.submit(application, contract(), 'contract.pdf')['id']}"
    manifest = clerk.wait(path, lambda request: request["state"] == "pending-approval")["manifest_sha256"]
    approver.post(f"{path}/approvals", {"manifest_sha256": manifest, "reason": "read"})
    custodian.post(f"{path}/seal-use-confirmations", {"manifest_sha256": manifest})
    clerk.wait(path, lambda request: request["state"] == "issued")
    clerk.post(f"{path}/releases", {})
    request = clerk.wait(path, lambda each: all(copy["state"] in ENDED for copy in each["copy_list"]))
    assert {copy["state"] for copy in request["copy_list"]} == {"printed"}
    return sum(int(copy["pages"]) for copy in request["copy_list"])


def print_past_the_server(printer: EmulatedPrinter, pdf: Path) -> None:
    """As anybody in the printer's network can."""
    test = "/usr/share/cups/ipptool/print-job.test"
    subprocess.run(
        ["ipptool", "-q", "-d", "filetype=application/pdf", "-f", str(pdf), printer.uri, test],
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip


def today(administrator: Person, printer_id: str) -> dict[str, Any]:
    days = administrator.get("/reconciliation", printer_id=printer_id)
    figures: dict[str, Any] = days[0]["figures"] if days else {}
    return figures


def counted(administrator: Person, printer_id: str, impressions: int) -> dict[str, Any] | None:
    figures = today(administrator, printer_id)
    return figures if (figures.get("counted_impressions") or 0) >= impressions else None


@pytest.mark.timeout(600)
def test_what_is_printed_past_the_server_is_found_to_the_sheet_and_told(server: RunningServer, tmp_path: Path):
    administrator = server.person("printers")
    printer_id = administrator.get("/printers")[0]["id"]
    before = waited(lambda: today(administrator, printer_id))  # the counter was read
    time.sleep(CLOCKS_DIFFER.total_seconds())
    sides = print_copies(server)
    figures = waited(lambda: counted(administrator, printer_id, (before.get("counted_impressions") or 0) + sides))
    assert figures["finding"] == "open"
    assert figures["difference_impressions"] == figures["difference_sheets"] == 0
    assert figures["authorised_copies"] == figures["sent_copies"] == before.get("sent_copies", 0) + COPIES
    assert administrator.get("/count-alarms", open="true")["items"] == []

    stray = tmp_path / "stray.pdf"
    stray.write_bytes(contract("printed past the server"))
    print_past_the_server(server.printer, stray)
    (alarm,) = waited(lambda: administrator.get("/count-alarms", open="true")["items"])
    assert alarm["printer_id"] == printer_id
    assert alarm["figures"]["finding"] == "surplus"
    # The engine may still be at it when the first look falls.
    waited(lambda: today(administrator, printer_id)["difference_impressions"] == PAGES)
    administrator.post(f"/count-alarms/{alarm['id']}/closings", {"reason": "a stray print of the tests"})
    opened = [
        entry["facts"]["difference_impressions"]
        for entry in server.person("auditor").get("/audit/entries", event="CountAlarmOpened")["items"]
    ]
    assert 0 < opened[0] <= PAGES
