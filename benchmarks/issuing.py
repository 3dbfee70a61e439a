"""Copies issued a second, beside the bare signatures of the same HSM keys.

Processor time of one process. The first limit is the rate at which the PDF key alone signs; the second signs all that
one copy needs: a P-256 signature for each page and for the seal, and one RSA-3072 signature. What remains is checking,
drawing, PDF, database.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from printserver.approvals.authorisation import authorisations_of
from printserver.approvals.classes import class_facts, describe_class
from printserver.bootstrap import Adapters, build
from printserver.cli.demo.contract import SEAL_X_UM, SEAL_Y_UM, sample_contract
from printserver.cli.init import DEMO_PLAN, credentials_file, install
from printserver.documents.intake import IntakeLimits
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.access import Actor
from printserver.organisations.credentials import check_password
from printserver.print_requests.application import Application
from printserver.print_requests.flows import approve_request, confirm_seal_use
from printserver.print_requests.pipeline import prepare_request, take_in
from printserver.print_requests.queries import request_details
from printserver.print_requests.service import submit_request
from printserver.printing.queries import printers
from printserver.rendering.places import OnPage
from printserver.rendering.security_marks import MarksChoice
from printserver.rendering.watermark import Watermark
from printserver.seals.queries import seals
from printserver.settings import Settings
from printserver.signer.ceremony_plan import read_plan
from printserver.signer.daemon import open_keys, open_register
from printserver.signer.issuing import Issuing
from printserver.signer.key_encryption import HsmKeys
from printserver.signer.keys import PDF_LABEL, code_label
from printserver.signer.pdf_signing import preparation_of
from printserver.signing.flow import DEFAULT_CLASS
from printserver.signing.spent_journal import SpentJournal
from printserver.storage.opening import open_objects, open_vaults

COPIES: Final = 20
ROUNDS: Final = 5
SIGNATURES: Final = 100


def measure() -> list[dict[str, object]]:
    """Rows {"name", "value", "limit", "ratio", "unit"}; value and limit in copies per CPU-second."""
    with (
        tempfile.TemporaryDirectory(prefix="psb-") as folder,
        _issuing(Path(folder)) as (issuing, waiting, marked, pages),
    ):
        hsm, per_round = issuing.keys.hsm, len(waiting) // ROUNDS
        number = read_plan(DEMO_PLAN).organisation.number
        digest = sha256(b"benchmark").digest()
        issued, with_marks, pdf_alone, all_signatures = [], [], [], []
        for at in range(ROUNDS):
            batch = waiting[at * per_round : (at + 1) * per_round]
            issued.append(per_round / _seconds(partial(_issue_all, issuing, batch)))
            batch = marked[at * per_round : (at + 1) * per_round]
            with_marks.append(per_round / _seconds(partial(_issue_all, issuing, batch)))
            rsa = _seconds(lambda: [hsm.sign_rsa_pkcs1v15_sha256(PDF_LABEL, digest) for _ in range(SIGNATURES)])
            ecdsa = _seconds(lambda: [hsm.sign_p256(code_label(number), digest) for _ in range(SIGNATURES)])
            pdf_alone.append(SIGNATURES / rsa)
            all_signatures.append(SIGNATURES / (rsa + (pages + 1) * ecdsa))
    name = f"issuing: a copy of {pages} pages ÷ "
    return [
        _row(f"{name}C_Sign of the PDF key", issued, pdf_alone),
        _row(f"{name}all C_Sign that it needs", issued, all_signatures),
        _row(f"{name}the same; with all marks against copying ÷ without", with_marks, issued),
    ]


@contextmanager
def _issuing(folder: Path) -> Iterator[tuple[Issuing, list[UUID], list[UUID], int]]:
    """An installation with its signer in this process, and `COPIES` authorised copies of our own contract, first with
    the usual marks against copying, then with all."""
    settings = Settings(home=folder / "home")
    install(settings, read_plan(DEMO_PLAN), passwords_last=True)
    keys, adapters = open_keys(settings), build(settings, jobs=RecordedJobs())
    vaults = open_vaults(settings.object_store, settings.object_keys, HsmKeys(keys.hsm))
    adapters = replace(adapters, objects=open_objects(settings.object_store, settings.objects, vaults), vaults=vaults)
    database = adapters.database
    try:
        waiting, pages = _authorised(adapters)
        _ask_for_all_marks(adapters)
        marked, _ = _authorised(adapters)
        with SpentJournal(settings.spent_journal) as journal, open_register(settings, keys.key_list) as register:
            preparation = preparation_of(settings, keys, database.clock.now)
            parts = (database, adapters.objects, keys, journal, register, preparation)
            yield Issuing(*parts, settings.public_url), waiting, marked, pages
    finally:
        keys.hsm.close()
        adapters.database.engines.dispose()


def _authorised(adapters: Adapters) -> tuple[list[UUID], int]:
    database, objects = adapters.database, adapters.objects
    clerk, approver, custodian = (_person(adapters, login) for login in ("clerk", "approver", "custodian"))
    pdf = sample_contract()
    with database.reading() as work:
        seal, printer = seals(work, clerk)[0], printers(work, clerk)[0]
    places = (OnPage(10, SEAL_X_UM, SEAL_Y_UM),)
    application = Application(seal.id, printer.id, COPIES, places, "benchmark")
    makers = adapters.load_key_list()
    taken = take_in(
        database, objects, clerk, application, pdf, makers=makers, limits=IntakeLimits(), most_copies=COPIES
    )
    layout = [page.to_json() for page in taken.layout]
    with database.work() as work:
        request = submit_request(work, clerk, application, taken.safe, layout, expires_after_days=1, most_copies=COPIES)
    prepare_request(database, objects, makers, request.id)
    with database.reading() as work:
        manifest = request_details(work, clerk, request.id).manifest_sha256 or ""
    with database.work() as work:
        approve_request(work, approver, adapters.attestor, request.id, manifest_sha256=manifest)
    with database.work() as work:
        confirm_seal_use(work, custodian, adapters.attestor, request.id, manifest_sha256=manifest)
        return [each.id for each in authorisations_of(work, request.id)], len(layout)


def _ask_for_all_marks(adapters: Adapters) -> None:
    administrator = _person(adapters, "documents")
    marks = MarksChoice(pantograph=True, guilloche=True, watermark=Watermark("内部使用", number=True))
    with adapters.database.work() as work:
        general = class_facts(work, administrator.organisation_id, DEFAULT_CLASS).description
        describe_class(work, administrator, replace(general, marks=marks))


def _person(adapters: Adapters, login: str) -> Actor:
    people = json.loads(credentials_file(adapters.settings).read_text("utf-8"))["people"]
    password = next(person["password"] for person in people if person["login"] == login)
    with adapters.database.work() as work:
        candidate = check_password(work, adapters.secrets, login=login, password=password)
    if candidate is None:
        raise RuntimeError(f"{login} cannot sign in")
    return candidate.actor


def _issue_all(issuing: Issuing, batch: list[UUID]) -> None:
    for each in batch:
        issuing.issue(each)


def _seconds(body: Callable[[], object]) -> float:
    begun = time.process_time()
    body()
    return time.process_time() - begun


def _row(name: str, values: list[float], limits: list[float]) -> dict[str, object]:
    ratios = [value / limit for value, limit in zip(values, limits, strict=True)]
    return {
        "name": name,
        "value": statistics.median(values),
        "limit": statistics.median(limits),
        "ratio": statistics.median(ratios),
        "unit": "copies per CPU-second",
    }
