"""The demonstration's story: one contract from application to archive, told step by step by the public API."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import numpy as np
import pikepdf
import typer

from printserver.cli.demo.altering import first_alteration
from printserver.cli.demo.client import DemoFailed, Person
from printserver.cli.demo.contract import SEAL_X_UM, SEAL_Y_UM, sample_contract
from printserver.cli.demo.paper import append_jpeg_page, office_scan, play_paper
from printserver.cli.demo.reading import last_page, page_codes
from printserver.cli.demo.server import DemoServer
from printserver.settings import REPOSITORY
from printserver.signing.key_list import KeyList
from printserver.verification.offline import verify_text

COPIES: Final = 2
DPI: Final = 300
OUT: Final = REPOSITORY / "var" / "demo"
OUTCOMES_STILL_OPEN: Final = {"released", "sent"}

Result = TypeVar("Result")


@dataclass
class Told:
    """The steps so far: name, seconds."""

    steps: list[dict[str, str | float]] = field(default_factory=list)

    def step(self, name: str, body: Callable[[], Result], look: Callable[[Result], str] = lambda _: "") -> Result:
        """Do `body`, print how long it took and what to look at."""
        begun = time.monotonic()
        result = body()
        seconds = round(time.monotonic() - begun, 2)
        self.steps.append({"name": name, "seconds": seconds})
        typer.echo(f"{len(self.steps):2d}. {name:<46} {seconds:6.2f} s  {look(result)}".rstrip())
        return result


@dataclass
class Story:
    """One telling. contract: a PDF, or None for our own.   out: the folder for what it leaves, made anew."""

    server: DemoServer
    contract: Path | None
    out: Path = OUT
    told: Told = field(default_factory=Told)
    people: dict[str, Person] = field(default_factory=dict)

    def tell(self) -> dict[str, Any]:
        """Returns the summary that was written to `var/demo/summary.json`.   Raises: DemoFailed."""
        if self.out.exists():
            shutil.rmtree(self.out)
        self.out.mkdir(parents=True)
        step = self.told.step
        step("The people sign in", self._sign_in, lambda _: f"{self.server.url}  passwords: {self._passwords()}")
        step("The class gets its marks against copying", self._choose_marks, _chosen)
        request = step("The clerk applies for two sealed copies", self._apply, lambda made: f"request {made}")
        details = step("Every copy is rendered up to its code", lambda: self._rendered(request), _manifest)
        step("The approver looks at the pages and approves", lambda: self._approve(request, details), _where)
        step("The custodian confirms the seal's use", lambda: self._confirm(request, details), _where)
        step("The signer issues each copy in the HSM", lambda: self._issued(request), _copy_states)
        printed = step("The branch releases; CUPS prints", lambda: self._print(request), _names)
        texts = step(
            "A recipient scans the codes", lambda: self._read_codes(printed), lambda all_: f"{len(all_)} codes"
        )
        urls = step("The page behind each first code says genuine", lambda: self._verify_online(texts), _first_address)
        keys = step("The same codes verify offline", lambda: self._verify_offline(texts), _relative)
        scan = step("The other party seals and signs; scanned", lambda: self._scan(printed), _relative)
        returned = step("The scan is matched, compared and archived", lambda: self._hand_in(scan), _counts)
        records = step(
            "The archive gives out the evidence", lambda: self._archived(request), lambda kept: f"record {kept[0][0]}"
        )
        altered = step("One digit is altered on a paper; it is found", lambda: self._alter(printed[-1]), _differing)
        entries = step("The log holds every step", self._entries, lambda count: f"{count} entries")
        summary = {
            "copies": COPIES,
            "printed": [_relative(path) for path in printed],
            "issued": [_relative(path) for _, path in records],
            "public_keys": _relative(keys),
            "verify_urls": urls,
            "qr_texts": texts,
            "scan": _relative(scan),
            "return": returned,
            "archive_record": records[0][0],
            "altered": altered,
            "passwords": str(self._passwords()),
            "audit_entries": entries,
            "steps": self.told.steps,
        }
        (self.out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
        _give_to_caller(self.out)
        return summary

    def _passwords(self) -> Path:
        return self.server.settings.home / "credentials.json"

    def _sign_in(self) -> None:
        for login, password in self.server.passwords.items():
            self.people[login] = Person.sign_in(self.server.url, login, password)

    def _choose_marks(self) -> Any:
        """What is drawn besides the microtext that every class begins with."""
        path, documents = "/document-classes/general", self.people["documents"]
        said = documents.get(path)
        words = {name: said[name] for name in ("name_zh", "name_en", "retention", "seal_types", "public_view")}
        return documents.put(path, words | {"marks": {"pantograph": True, "guilloche": True}})

    def _apply(self) -> str:
        clerk = self.people["clerk"]
        pdf = sample_contract() if self.contract is None else self.contract.read_bytes()
        name = "equipment-sales-contract.pdf" if self.contract is None else self.contract.name
        last = last_page(pdf)
        x_um, y_um = (SEAL_X_UM, SEAL_Y_UM) if self.contract is None else last.seal_um
        across = [{"straddle": "right"}] if last.number > 1 else []
        application = {
            "seal_id": clerk.get("/seals")[0]["id"],
            "printer_id": clerk.get("/printers")[0]["id"],
            "copies": COPIES,
            "places": [{"page": last.number, "x_um": x_um, "y_um": y_um}, *across],
            "title": "设备买卖合同 Equipment sales contract" if self.contract is None else name,
            "purpose": "demonstration",
            "own_reference": f"DEMO-{int(time.time())}",
        }
        return str(clerk.submit(application, pdf, name)["id"])

    def _rendered(self, request: str) -> Any:
        details = self.people["clerk"].wait(f"/print-requests/{request}", lambda each: each["state"] != "rendering")
        if details["state"] != "pending-approval":
            raise DemoFailed(f"the request is {details['state']}: {details['failure']}")
        return details

    def _approve(self, request: str, details: Any) -> Any:
        approver = self.people["approver"]
        manifest = approver.fetch(f"/print-requests/{request}/manifest")
        if sha256(manifest).hexdigest() != details["manifest_sha256"]:
            raise DemoFailed("the manifest is not what its digest says")
        picture = approver.fetch(f"/print-requests/{request}/copies/1/pages/1/image")
        (self.out / "page-to-approve.webp").write_bytes(picture)
        return approver.post(
            f"/print-requests/{request}/approvals",
            {"manifest_sha256": details["manifest_sha256"], "reason": "pages read"},
        )

    def _confirm(self, request: str, details: Any) -> Any:
        return self.people["custodian"].post(
            f"/print-requests/{request}/seal-use-confirmations", {"manifest_sha256": details["manifest_sha256"]}
        )

    def _issued(self, request: str) -> Any:
        details = self.people["clerk"].wait(f"/print-requests/{request}", lambda each: each["state"] != "approved")
        return _require_copies(details, "issued")

    def _print(self, request: str) -> list[Path]:
        printer = self.server.printer
        before = set(printer.received())
        self.people["clerk"].post(f"/print-requests/{request}/releases", {})
        details = self.people["clerk"].wait(
            f"/print-requests/{request}",
            lambda each: not OUTCOMES_STILL_OPEN & {copy["state"] for copy in each["copy_list"]},
        )
        _require_copies(details, "printed")
        arrived = [path for path in printer.received() if path not in before]
        if len(arrived) != COPIES:
            raise DemoFailed(f"the printer received {len(arrived)} documents instead of {COPIES}")
        return [_keep(path, self.out / f"printed-{number}.pdf") for number, path in enumerate(arrived, 1)]

    def _read_codes(self, printed: Sequence[Path]) -> list[str]:
        return [text for path in printed for text in page_codes(path)]

    def _verify_online(self, texts: Sequence[str]) -> list[str]:
        pages = len(texts) // COPIES
        urls = [texts[number * pages] for number in range(COPIES)]
        for number, url in enumerate(urls, 1):
            answer = httpx.get(url, headers={"Accept-Language": "zh"}, timeout=60)
            if not answer.is_success or 'data-verdict="genuine"' not in answer.text:
                raise DemoFailed(f"the verify page of copy {number} does not say genuine")
            (self.out / f"verify-{number}.html").write_text(answer.text, "utf-8")
        return urls

    def _verify_offline(self, texts: Sequence[str]) -> Path:
        keys = self.out / "print-keys.json"
        keys.write_bytes(_published(self.server.url))
        shutil.copyfile(self.server.settings.root_fingerprint, self.out / "root.sha256")
        key_list = KeyList.load(keys.read_bytes(), root_fingerprint=(self.out / "root.sha256").read_text())
        for text in texts:
            verify_text(text, key_list)
        return keys

    def _scan(self, printed: Sequence[Path]) -> Path:
        return play_paper(printed, self.out / "scan.pdf", seed=1).path

    def _hand_in(self, scan: Path) -> dict[str, int]:
        done = self._read(scan)
        counts = {
            "pages": done["pages"],
            "matched": done["counts"].get("matched", 0),
            "doubtful": done["counts"].get("doubtful", 0),
        }
        if counts["matched"] + counts["doubtful"] != counts["pages"]:
            raise DemoFailed(f"not every page was found: {counts} {done['failure']}")
        for page in done["page_list"]:
            if page["state"] == "doubtful":
                self._settle(page)
        return counts

    def _read(self, scan: Path) -> Any:
        """The return, once every page of it was looked at."""
        archivist = self.people["archivist"]
        handed_in = archivist.hand_in(scan.read_bytes(), scan.name)["id"]
        return archivist.wait(f"/returns/{handed_in}", lambda each: each["state"] not in ("received", "processing"))

    def _settle(self, page: Any) -> None:
        """What a person does with a page that is known but not plainly the same: looks at it, and keeps it."""
        if page["copy"] is None or page["page"] is None:
            raise DemoFailed(f"page {page['position']} of the scan was not recognised: {page['reason']}")
        looked_at = {
            "settlement": "page-of-copy",
            "serial": page["copy"]["serial"],
            "page": page["page"],
            "reason": f"looked at: {page['reason']}",
        }
        self.people["archivist"].post(f"/return-pages/{page['id']}/settlements", looked_at)

    def _archived(self, request: str) -> list[tuple[str, Path]]:
        archivist = self.people["archivist"]
        serials = [copy["serial"] for copy in archivist.get(f"/print-requests/{request}")["copy_list"]]
        kept = []
        for number, serial in enumerate(serials, 1):
            found = archivist.get("/archive", serial=serial)["items"]
            if len(found) != 1:
                raise DemoFailed(f"copy {serial} is not in the archive")
            path = self.out / f"issued-{number}.pdf"
            path.write_bytes(archivist.fetch(f"/archive/{found[0]['id']}/issued.pdf"))
            kept.append((str(found[0]["id"]), path))
        return kept

    def _alter(self, printed: Path) -> dict[str, str]:
        """What the archivist is shown; empty where the contract has no amount to alter. The page stays in the queue."""
        alteration = first_alteration(printed, DPI)
        if alteration is None:
            return {}
        scan = self.out / "altered.pdf"
        with pikepdf.new() as pdf:
            append_jpeg_page(pdf, office_scan(alteration.picture, DPI, np.random.default_rng(2)), DPI)
            pdf.save(scan, deterministic_id=True)
        page = self._read(scan)["page_list"][0]
        if page["state"] != "doubtful":
            raise DemoFailed(f"page {alteration.page} was altered and is {page['state']}")
        wordings: dict[str, str] = next(
            (each for each in page["findings"].get("regions", ()) if "scanned_text" in each), {}
        )
        return {
            "page": f"{self.server.url}/return-pages/{page['id']}",
            "verdict": page["verdict"],
            "issued": alteration.issued,
            "altered": alteration.altered,
            "read": wordings.get("scanned_text", ""),
        }

    def _entries(self) -> int:
        auditor = self.people["auditor"]
        newest = auditor.get("/audit/entries", limit="1")["items"][0]["id"]
        auditor.wait(f"/audit/entries/{newest}", lambda entry: entry["position"] is not None)
        proof = auditor.get(f"/audit/entries/{newest}/proof")
        return int(proof["head"]["size"])


def _require_copies(details: Any, state: str) -> Any:
    states = [copy["state"] for copy in details["copy_list"]]
    if states != [state] * COPIES:
        raise DemoFailed(f"the copies are {states} instead of {state}: {details['failure']}")
    return details


def _keep(path: Path, kept: Path) -> Path:
    shutil.copyfile(path, kept)
    return kept


def _published(url: str) -> bytes:
    answer = httpx.get(f"{url}/.well-known/print-keys.json", timeout=60)
    if not answer.is_success:
        raise DemoFailed("the public keys are not published")
    return answer.content


def _give_to_caller(folder: Path) -> None:
    """What root wrote under sudo belongs to the person who called it."""
    uid, gid = int(os.environ.get("SUDO_UID", os.getuid())), int(os.environ.get("SUDO_GID", os.getgid()))
    for path in (folder, *folder.iterdir()):
        os.chown(path, uid, gid)
        path.chmod(0o755 if path.is_dir() else 0o644)


def _relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path)


def _chosen(said: Any) -> str:
    return ", ".join(name for name, on in said["marks"].items() if on)


def _manifest(details: Any) -> str:
    return f"manifest {details['manifest_sha256'][:16]}…"


def _where(decided: Any) -> str:
    return f"now {decided['state']}"


def _copy_states(details: Any) -> str:
    return ", ".join(f"{copy['serial']} {copy['state']}" for copy in details["copy_list"])


def _names(paths: Sequence[Path]) -> str:
    return "  ".join(_relative(path) for path in paths)


def _first_address(urls: Sequence[str]) -> str:
    return f"{urls[0][:44]}… whole in summary.json"


def _differing(altered: dict[str, str]) -> str:
    return f"{altered['issued']} → {altered['altered']}: {altered['verdict']}" if altered else "no amount to alter"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
