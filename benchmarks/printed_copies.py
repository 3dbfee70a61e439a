"""Copies that were really printed: applied for, signed, released and sent through cupsd to the emulated printer.

A whole server of its own, as `printserver run` starts it, makes them. Pages of returned batches are drawn from the
files that the printer received, byte for byte, and are handed in to the same server's books.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import typst

from benchmarks.returned_pages import Desk, Paper
from printserver.bootstrap import Adapters, build
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.colleagues import actor_of_login
from printserver.print_requests.queries import copy_facts
from tests.running_server import RunningServer, running_server
from tests.unit.returns.made_pages import contract_lines

_COPIES_OF_A_REQUEST: Final = 4
_DOCUMENT: Final = """
#set page(paper: "a4", margin: (x: 25mm, top: 48mm, bottom: 42mm))
#set text(size: 10.5pt, font: ("Libertinus Serif", "Noto Serif CJK SC"), fallback: true)
#set par(leading: 0.75em)
#let pages = json(bytes(sys.inputs.pages))
#for (number, page) in pages.enumerate(start: 1) {
  if number > 1 { pagebreak() }
  for line in page.lines { par(line) }
  table(columns: (1fr, 2fr, 1fr, 1fr), ..page.table.flatten())
}
"""


@dataclass(frozen=True)
class PrintedOffice:
    """papers: each is a file that the printer received.   desk: the branch's, with the server's own books and store."""

    desk: Desk
    papers: tuple[Paper, ...]


@contextmanager
def printed_office(copies: int, pages: int, seed: int = 1) -> Iterator[PrintedOffice]:
    """So many printed copies of documents of so many pages, at most four copies of each document.

    Their server runs until the end: its signer opens what is stored.
    """
    with running_server() as server:
        server.printer.control(seconds_per_page=0.0)
        adapters = build(server.settings, jobs=RecordedJobs())
        try:
            papers: list[Paper] = []
            for start in range(0, copies, _COPIES_OF_A_REQUEST):
                count = min(_COPIES_OF_A_REQUEST, copies - start)
                papers += _printed(server, adapters, contract(seed * 1000 + start, pages), count, pages)
            yield PrintedOffice(_desk(adapters), tuple(papers))
        finally:
            adapters.database.engines.dispose()


def contract(seed: int, pages: int) -> bytes:
    """A PDF whose pages all say something else: numbered clauses, and a table of goods and amounts."""
    choose = random.Random(seed)
    content = [{"lines": contract_lines(seed * 1000 + page, 11), "table": _goods(choose)} for page in range(pages)]
    return bytes(typst.compile(_DOCUMENT.encode(), sys_inputs={"pages": json.dumps(content)}))


def _goods(choose: random.Random) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("No.", "Goods 货物", "Price 单价", "Amount 金额")]
    for number in range(1, choose.randint(3, 6)):
        price, count = choose.randint(100, 99_999), choose.randint(1, 20)
        goods = choose.choice(["pump 水泵", "valve 阀门", "motor 电机"])
        rows.append((str(number), goods, f"{price:,}.00", f"{price * count:,}.00"))
    return rows


def _desk(adapters: Adapters) -> Desk:
    with adapters.database.reading() as work:
        clerk = actor_of_login(work, "clerk")
    return Desk(adapters.database, adapters.objects, adapters.load_key_list, clerk)


def _printed(server: RunningServer, adapters: Adapters, pdf: bytes, copies: int, pages: int) -> list[Paper]:
    clerk = server.person("clerk")
    application = {
        "seal_id": clerk.get("/seals")[0]["id"],
        "printer_id": clerk.get("/printers")[0]["id"],
        "copies": copies,
        "places": [{"page": pages, "x_um": 105_000, "y_um": 215_000}, {"straddle": "right"}],
        "title": "contract of many pages",
    }
    path = f"/print-requests/{clerk.submit(application, pdf, 'contract.pdf')['id']}"
    decision = {"manifest_sha256": clerk.wait(path, lambda each: each["manifest_sha256"])["manifest_sha256"]}
    server.person("approver").post(f"{path}/approvals", decision)
    server.person("custodian").post(f"{path}/seal-use-confirmations", decision)
    clerk.wait(path, lambda each: {copy["state"] for copy in each["copy_list"]} == {"issued"})
    clerk.post(f"{path}/releases", {})
    done = clerk.wait(path, lambda each: {copy["state"] for copy in each["copy_list"]} == {"printed"})
    received = {sha256(file.read_bytes()).hexdigest(): file for file in server.printer.received()}
    return [_paper(adapters, copy, received) for copy in done["copy_list"]]


def _paper(adapters: Adapters, copy: Any, received: dict[str, Path]) -> Paper:
    """Raises: KeyError for a copy whose very bytes the printer did not receive."""
    with adapters.database.reading() as work:
        return Paper(copy_facts(work, UUID(copy["id"])), received[copy["issued_sha256"]])
