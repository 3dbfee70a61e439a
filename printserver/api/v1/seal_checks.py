"""Checks of seal files, for anybody: whose is this seal, who made it, is it whole and valid?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import File, UploadFile
from pydantic import Field

from printserver.api.v1.common import View, api_router
from printserver.http_edge.declarations import Lane, public
from printserver.http_edge.limits import VERIFICATION
from printserver.http_edge.work import CurrentCall
from printserver.signing.seal_makers import Vouched
from printserver.signing.seal_object import MAX_BYTES
from printserver.verification.seal_check import SealReport, SealVerdictKind
from printserver.verification.seal_upload import LARGEST_DATA, SealInUse, check_upload

router = api_router("/seal-checks", "verification")


class Certified(View):
    """`fingerprint`: SHA-256 of the whole certificate."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


class CheckedSeal(View):
    """What the seal says of itself. `seal_type`: 1 for an organisation's, 2 for a person's.

    `vouched`: why its maker is believed; null for a stranger.   picture_bytes: how large the picture is.
    """

    version: int
    seal_id: str
    name: str
    seal_type: int
    vendor_id: str
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    algorithm: str
    maker: Certified
    vouched: Vouched | None
    holders: tuple[Certified, ...]
    holder_digests: int
    picture_format: str
    picture_width_mm: int
    picture_height_mm: int
    picture_bytes: int
    time_stamped: bool
    sha256: str

    @classmethod
    def of(cls, seal: SealReport) -> CheckedSeal:
        picture = seal.picture
        fields = {name: getattr(seal, name) for name in cls.model_fields if not name.startswith("picture_")}
        return cls.model_validate(
            fields
            | {
                "picture_format": picture.kind,
                "picture_width_mm": picture.width_mm,
                "picture_height_mm": picture.height_mm,
                "picture_bytes": len(picture.data),
            }
        )


class Use(View):
    """A signature made with the seal. `digest`: of what was sealed, by `hash`.   data_compared: with the file sent."""

    signed_at: datetime
    digest: str
    hash: str
    property_info: str
    holder: Certified
    algorithm: str
    data_compared: bool
    time_stamped: bool


class SealCheck(View):
    """`in_use`: what this server says of a seal that was made here."""

    verdict: Annotated[SealVerdictKind, Field(examples=["genuine"])]
    in_use: SealInUse
    seal: CheckedSeal | None
    use: Use | None


@router.post("", summary="Check a seal, or a signature made with one")
@public("whoever was shown a seal may check it; attempts are limited by address", lane=Lane.STRANGERS)
def create_check(
    call: CurrentCall,
    seal: Annotated[UploadFile, File(description="A seal (.esl), or a signature made with one (.der), at most 4 MiB.")],
    data: Annotated[UploadFile | None, File(description="What was sealed, at most 64 MiB.")] = None,
) -> SealCheck:
    """Nothing is kept."""
    call.edge.limits.count(VERIFICATION, call.visitor.address)
    sealed = data.file.read(LARGEST_DATA + 1) if data is not None and data.filename else None
    makers = call.adapters.load_seal_makers()
    checked = check_upload(call.adapters.database, makers, seal.file.read(MAX_BYTES + 1), sealed)
    verdict = checked.verdict
    return SealCheck(
        verdict=verdict.kind,
        in_use=checked.in_use,
        seal=None if verdict.seal is None else CheckedSeal.of(verdict.seal),
        use=None if verdict.use is None else Use.model_validate(verdict.use),
    )
