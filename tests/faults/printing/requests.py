"""A request from application to signed copies, by the public interface; nothing of it is killed meanwhile."""

from __future__ import annotations

from typing import Any

from printserver.cli.demo.client import Person
from tests.faults.printing.flow import small_contract
from tests.running_server import RunningServer


def issued_request(server: RunningServer, clerk: Person, *, copies: int, pages: int, title: str = "contract") -> Any:
    """As the interface shows it once its copies can be released. Each title gives another document."""
    application = {
        "seal_id": clerk.get("/seals")[0]["id"],
        "printer_id": clerk.get("/printers")[0]["id"],
        "copies": copies,
        "places": [{"page": pages, "x_um": 105_000, "y_um": 215_000}],
        "title": title,
    }
    path = f"/print-requests/{clerk.submit(application, small_contract(title, pages), 'contract.pdf')['id']}"
    decision = {"manifest_sha256": clerk.wait(path, lambda each: each["manifest_sha256"])["manifest_sha256"]}
    server.person("approver").post(f"{path}/approvals", decision)
    server.person("custodian").post(f"{path}/seal-use-confirmations", decision)
    return clerk.wait(path, lambda each: {copy["state"] for copy in each["copy_list"]} == {"issued"})
