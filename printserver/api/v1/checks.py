"""Checks for anybody: is this code genuine, this PDF as it was issued, the paper on this photograph the one issued?"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

from fastapi import File, UploadFile
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import Lane, public
from printserver.http_edge.limits import FILE_CHECKS, VERIFICATION
from printserver.http_edge.work import CurrentCall
from printserver.returns import photo_check
from printserver.returns.comparison import RegionKind
from printserver.verification import pdf_check, public_view
from printserver.verification.service import check_code, check_serial

router = api_router("", "verification")
LONGEST_TYPED = 600


class Seal(View):
    """`origin`: internal or filed.   ended: revoked or destroyed since."""

    name: str
    origin: str
    ended: bool
    sealed_at: datetime | None


class Facts(View):
    """What the paper must show. `copy_number`: 0 for the electronic original.   amount: with its currency."""

    title: str
    organisation: str
    seals: list[Seal]
    serial: str
    copy_number: int
    copies: int
    page: int
    pages: int
    issued_at: datetime
    parties: list[str]
    amount: str
    amount_in_capitals: str
    marks: list[str]
    replaced_by: list[str]

    @classmethod
    def of(cls, facts: public_view.PublicFacts) -> Facts:
        amount = "" if facts.amount is None else f"{facts.amount.plain} {facts.amount.currency}"
        named = {name: getattr(facts, name) for name in cls.model_fields if hasattr(facts, name)}
        return cls.model_validate(
            named
            | {
                "seals": [Seal.model_validate(seal) for seal in facts.seals],
                "copy_number": facts.copy,
                "amount": amount,
                "amount_in_capitals": facts.capitals,
            }
        )


class CodeCheck(View):
    """`facts`: only for the signed code of a copy that was issued, never for a serial."""

    verdict: Annotated[public_view.VerdictKind, Field(examples=["genuine"])]
    facts: Facts | None

    @classmethod
    def of(cls, verdict: public_view.Verdict) -> CodeCheck:
        return cls(verdict=verdict.kind, facts=None if verdict.facts is None else Facts.of(verdict.facts))


class AskedCode(View):
    """`text`: the QR code's whole text, its 321 digits, or a copy's serial."""

    text: Annotated[str, Field(max_length=LONGEST_TYPED, examples=["7ZQ4-0HXR-M2N8-K5TB-W"])]


class Signature(View):
    """`revision`: up to which of the file's revisions it signs.   ours: by a published key of the issuer."""

    signer: str
    signed_at: datetime | None
    revision: int
    intact: bool
    ours: bool
    whole_file: bool
    changes: pdf_check.Changes


class PdfCheck(View):
    """`copy_check`: what the code on its pages is worth now.   codes: pages with a genuine code."""

    verdict: pdf_check.PdfKind
    sha256: str
    revisions: int
    signatures: list[Signature]
    codes: int
    several_copies: bool
    copy_check: CodeCheck | None


class Place(View):
    """On the issued page, in µm from its top left corner."""

    x_um: int
    y_um: int
    w_um: int
    h_um: int
    kind: RegionKind


class PhotoCheck(View):
    """`looks`: how the paper compares with the issued page. photo, page: JPEG in base64, with the differences.

    Only what the class of the document lets strangers see is compared and shown.
    """

    looks: photo_check.Looks
    code_check: CodeCheck | None
    blurred: bool
    differences: list[Place]
    photo: str
    page: str


@router.post("/code-checks", summary="Check a code, or a serial")
@public("whoever holds a paper may check it; attempts are limited by address")
def create_code_check(call: CurrentCall, body: AskedCode) -> CodeCheck:
    """A serial is answered with the verdict alone."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    text, key_list = body.text.strip(), call.adapters.load_key_list()
    with call.adapters.database.reading() as work:
        if sum(character.isdigit() for character in text) > 100:
            return CodeCheck.of(check_code(work, text, key_list, call.adapters.objects))
        return CodeCheck.of(check_serial(work, text, test=call.adapters.is_test))


@router.post("/pdf-checks", summary="Check a PDF: signatures, changes after them, codes on its pages")
@public("whoever was sent a PDF may check it; attempts are limited by address", lane=Lane.STRANGERS)
def create_pdf_check(call: CurrentCall, file: Annotated[UploadFile, File(description="At most 32 MiB.")]) -> PdfCheck:
    """Nothing is kept."""
    call.edge.limits.count(FILE_CHECKS, call.visitor.address)
    adapters, pdf = call.adapters, file.file.read(pdf_check.LARGEST + 1)
    checked = pdf_check.check_pdf(adapters.database, adapters.objects, adapters.load_key_list(), pdf)
    return PdfCheck(
        verdict=checked.kind,
        sha256=checked.sha256,
        revisions=checked.revisions,
        signatures=[Signature.model_validate(each) for each in checked.signatures],
        codes=checked.codes,
        several_copies=checked.several_copies,
        copy_check=None if checked.copy is None else CodeCheck.of(checked.copy),
    )


@router.post("/photo-checks", summary="Check a photograph of a page, beside the page as it was issued")
@public("whoever holds a paper may check it; attempts are limited by address", lane=Lane.STRANGERS)
def create_photo_check(
    call: CurrentCall, file: Annotated[UploadFile, File(description="JPEG or PNG, at most 24 MiB.")]
) -> PhotoCheck:
    """Nothing is kept."""
    call.edge.limits.count(FILE_CHECKS, call.visitor.address)
    adapters, photo = call.adapters, file.file.read(photo_check.LARGEST + 1)
    checked = photo_check.check_photo(adapters.database, adapters.objects, adapters.load_key_list(), photo)
    return PhotoCheck(
        looks=checked.looks,
        code_check=None if checked.verdict is None else CodeCheck.of(checked.verdict),
        blurred=checked.blurred,
        differences=[Place.model_validate(region) for region in checked.regions],
        photo=base64.b64encode(checked.photo).decode("ascii"),
        page=base64.b64encode(checked.page).decode("ascii"),
    )
