"""One request from application to signed copies, judged by tools that are not ours."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from printserver.approvals.authorisation import redeem
from printserver.foundation.serials import CopySerial
from printserver.print_requests import pipeline
from printserver.print_requests.models import PrintRequest
from printserver.print_requests.states import CopyState, RequestState
from printserver.rendering.marks import CopyMarks
from printserver.rendering.overlay import render_copy
from printserver.rendering.page_layout import PageLayout
from printserver.signer.issuing import BY_SIGNER
from printserver.signing.codes import parse_text, verify_code
from printserver.signing.pades import verify_pdf
from tests.passed_on_objects import PassedOnObjects
from tests.signing_world import SigningWorld
from tests.world_building import PAGES, SITE

COPIES = 2


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


def pictures(pdf: bytes, folder: Path) -> list[Path]:
    """Each page at 200 dpi, drawn by poppler."""
    folder.mkdir()
    (folder / "file.pdf").write_bytes(pdf)
    assert run("pdftoppm", "-r", "200", "-gray", "file.pdf", "page", cwd=folder).returncode == 0
    return sorted(folder.glob("page*.pgm"))


def qr_texts(picture: Path) -> list[str]:
    found = run("zbarimg", "--raw", "-q", "-Sdisable", "-Sqrcode.enable", picture, cwd=picture.parent).stdout
    return found.splitlines()


def issued_pdfs(signed: SigningWorld) -> list[bytes]:
    copies = signed.issued(copies=COPIES)
    assert [copy.state for copy in copies] == [CopyState.ISSUED] * COPIES
    return [signed.objects.get(copy.issued_sha256, signed.world.home.id) for copy in copies if copy.issued_sha256]


def test_the_issued_copies_satisfy_independent_tools(signing_world: SigningWorld, tmp_path: Path):
    pdfs = issued_pdfs(signing_world)
    key_list = signing_world.ceremony.keys.key_list
    root = key_list.root_certificate.public_bytes(serialization.Encoding.PEM)
    serials = set()
    for number, pdf in enumerate(pdfs, 1):
        folder = tmp_path / f"copy-{number}"
        seen = pictures(pdf, folder)
        (folder / "root.pem").write_bytes(root)
        assert_pdfsig_accepts(folder)
        assert_openssl_accepts(pdf, folder)
        assert run("qpdf", "--check", "file.pdf", cwd=folder).returncode == 0
        assert len(seen) == PAGES
        for page, picture in enumerate(seen, 1):
            (text,) = qr_texts(picture)
            assert text.startswith(f"{SITE}/q/")
            body = verify_code(parse_text(text), key_list)
            assert (body.page, body.pages, body.copy, body.copies) == (page, PAGES, number, COPIES)
            serials.add(body.serial)
        verify_pdf(pdf, [key_list.root_certificate], at=signing_world.database.clock.now())
    assert len(serials) == len(pdfs) == COPIES
    assert signing_world.journal.head[0] == COPIES


def assert_pdfsig_accepts(folder: Path) -> None:
    said = run("pdfsig", "-nocert", "file.pdf", cwd=folder).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said


def assert_openssl_accepts(pdf: bytes, folder: Path) -> None:
    match = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    assert match is not None
    start, first, second, last = (int(number) for number in match.groups())
    assert (start, second + last) == (0, len(pdf))
    (folder / "cms.der").write_bytes(bytes.fromhex(pdf[first + 1 : second - 1].decode("ascii")))
    (folder / "content").write_bytes(pdf[:first] + pdf[second:])
    result = run(
        *("openssl", "cms", "-verify", "-inform", "DER", "-in", "cms.der", "-content", "content", "-binary"),
        *("-CAfile", "root.pem", "-no_check_time", "-out", "verified"),
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr


def test_what_was_approved_is_what_is_signed(sqlite_signing_world: SigningWorld):
    """Without signature and codes the issued copy is the approved rendition, byte for byte of every stream."""
    (copy,) = sqlite_signing_world.issued()
    assert copy.issued_sha256 is not None
    rendition = sqlite_signing_world.objects.get(copy.rendition_sha256, sqlite_signing_world.world.home.id)
    issued = sqlite_signing_world.objects.get(copy.issued_sha256, sqlite_signing_world.world.home.id)
    with pikepdf.open(io.BytesIO(rendition)) as approved, pikepdf.open(io.BytesIO(issued)) as signed:
        for before, after in zip(approved.pages, signed.pages, strict=True):
            contents = after.obj.Contents
            assert contents[0].read_bytes() == before.obj.Contents.read_bytes()
            assert len(contents) == 2


def test_rendering_twice_gives_the_same_bytes(sqlite_signing_world: SigningWorld):
    world = sqlite_signing_world.world
    request_id = world.pending(copies=COPIES)
    with world.database.reading() as work:
        order = pipeline._order(work, request_id)
    objects = world.adapters.objects
    seals = pipeline._placed(world.database, objects, world.adapters.load_key_list(), order)
    for copy in world.copies(request_id):
        marks = CopyMarks(serial=CopySerial(copy.serial), number=copy.number, copies=COPIES, seals=seals, test=False)
        layout = [PageLayout.from_json(page) for page in order.request.layout]
        again = render_copy(objects.get(order.document_sha256, world.home.id), layout, marks)
        assert again == objects.get(copy.rendition_sha256, world.home.id)


def test_no_signed_code_exists_before_the_custodians_word(sqlite_signing_world: SigningWorld, tmp_path: Path):
    signed = sqlite_signing_world
    before = signed.hsm.signatures
    signed.world.in_custody(copies=COPIES)
    assert signed.hsm.signatures == before
    assert signed.journal.head[0] == 0
    looked_at = 0
    for digest in signed.objects.digests(signed.world.home.id):
        data = signed.objects.get(digest, signed.world.home.id)
        assert f"{SITE}/q/".encode() not in data
        if data.startswith(b"%PDF-"):
            assert b"/ByteRange" not in data
            for picture in pictures(data, tmp_path / digest):
                assert qr_texts(picture) == []
                looked_at += 1
    assert looked_at >= (1 + COPIES) * PAGES  # the document, and each rendition


def test_a_copy_whose_signing_was_interrupted_is_wasted_and_asked_for_again(signing_world: SigningWorld):
    request_id = signing_world.world.authorised()
    (authorisation,) = signing_world.authorisations(request_id)
    interrupted = replace(signing_world.issuing, objects=Interrupted(signing_world.objects))
    with pytest.raises(KeyboardInterrupt):
        interrupted.issue(authorisation.id)
    (copy,) = signing_world.world.copies(request_id)
    assert copy.state == CopyState.WASTED
    pipeline.finish_issuing(signing_world.database, request_id)
    pipeline.finish_issuing(signing_world.database, request_id)
    with signing_world.database.reading() as work:
        first, *replacements = work.session.scalars(select(PrintRequest).order_by(PrintRequest.id))
    assert first.state == RequestState.ISSUED
    assert [(each.replaces_copy_id, each.state) for each in replacements] == [(copy.id, RequestState.RENDERING)]


def test_a_signer_that_was_killed_after_the_redemption_wastes_the_copy_at_its_next_start(signing_world: SigningWorld):
    request_id = signing_world.world.authorised()
    (authorisation,) = signing_world.authorisations(request_id)
    with signing_world.database.work() as work:
        redeem(work, BY_SIGNER, authorisation)
    assert signing_world.issuing.waste_interrupted() == 1
    assert signing_world.issuing.waste_interrupted() == 0
    assert [copy.state for copy in signing_world.world.copies(request_id)] == [CopyState.WASTED]


class Interrupted(PassedOnObjects):
    """A store during whose writing somebody presses Ctrl-C."""

    def put(self, data: bytes, owner: UUID) -> str:
        raise KeyboardInterrupt
