"""`printserver seal verify`: whose is this seal, who made it, is it whole and valid? Needs no server and no database.

Exit status: see `root_pin`; 1 also for one that is expired or over other data, 3 when nobody vouches for its maker.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from printserver.cli.root_pin import (
    NOT_GENUINE,
    STATUS_WORDS,
    UNUSABLE,
    UNVOUCHED,
    RootPin,
    key_list_of,
    printable,
    unusable,
)
from printserver.foundation.errors import PrintServerError
from printserver.settings import Settings
from printserver.signing.key_list import KeyList
from printserver.signing.seal_makers import SealMakers, Vouched, read_maker_file, read_pinned_makers
from printserver.verification.seal_check import (
    Certified,
    SealReport,
    SealVerdict,
    SealVerdictKind,
    UseReport,
    check_seal_file,
)

MOST_BYTES: Final = 256 * 1024 * 1024
STATUS: Final = {
    SealVerdictKind.GENUINE: 0,
    SealVerdictKind.EXPIRED: NOT_GENUINE,
    SealVerdictKind.OTHER_DATA: NOT_GENUINE,
    SealVerdictKind.FORGED: NOT_GENUINE,
    SealVerdictKind.UNVERIFIABLE: UNUSABLE,
    SealVerdictKind.UNREADABLE: UNUSABLE,
    SealVerdictKind.MAKER_UNKNOWN: UNVOUCHED,
}
_SAID: Final = {
    SealVerdictKind.GENUINE: "✓ 真 GENUINE: whole, and of a maker that is believed here",
    SealVerdictKind.EXPIRED: "✗ 已失效 NOT VALID: whole, but not valid at that time",
    SealVerdictKind.MAKER_UNKNOWN: "? 制章者不可信 UNKNOWN MAKER: whole, but nobody here vouches for its maker",
    SealVerdictKind.OTHER_DATA: "✗ 不符 OTHER DATA: the seal was put on something else than this file",
    SealVerdictKind.FORGED: "✗ 不真 FORGED: the signature does not belong to these bytes",
    SealVerdictKind.UNVERIFIABLE: "? 无法验证 CANNOT BE VERIFIED: signed with an algorithm that is not known here",
    SealVerdictKind.UNREADABLE: "? 不是印章 NO SEAL: not a seal of GM/T 0031 or GB/T 38540, nor a signature with one",
}
_STANDARDS: Final = {1: "GM/T 0031-2014", 4: "GB/T 38540-2020", 5: "GM/T 0031-2025"}
_TYPES: Final = {1: "单位 organisation", 2: "个人 person"}
_VOUCHED: Final = {
    Vouched.INTERNAL: "本系统自制 internal: the seal maker of the key list",
    Vouched.PINNED: "已登记 pinned: its certificate was given as believable",
    None: "不可信 unknown: anybody can make such a seal",
}

app = typer.Typer(no_args_is_help=True, help="Seal objects.")


@app.callback()
def _seal() -> None:
    """Keeps `verify` a word of its own."""


@app.command("verify", epilog=STATUS_WORDS)
def verify_seal(
    file: Annotated[Path, typer.Argument(help="A seal (.esl), or a signature made with one (.der).")],
    data: Annotated[Path | None, typer.Option("--data", help="What was sealed, for a signature.")] = None,
    maker: Annotated[
        list[Path] | None, typer.Option("--maker", help="A maker's certificate to believe; may be repeated.")
    ] = None,
    keys: Annotated[Path | None, typer.Option("--keys", metavar="KEYS.json", help="A published key list.")] = None,
    root: Annotated[
        str, typer.Option("--root", metavar="FINGERPRINT-or-FILE", help="The root to insist on, for --keys.")
    ] = "",
) -> None:
    """Say whose a seal is, by which maker, valid when; and what a signature made with it was put on.

    Without --maker and --keys the makers of this installation are believed, as far as there is one.
    """
    pin = RootPin(root)
    try:
        verdict = check_seal_file(
            _content(file),
            _makers(maker or [], keys, pin),
            datetime.now(UTC),
            data=None if data is None else _content(data),
        )
    except PrintServerError as problem:
        unusable(str(problem))
    if keys is not None and not pin.vouches:
        verdict = _unvouched(verdict)
    _show(verdict)
    raise typer.Exit(STATUS[verdict.kind])


def _unvouched(verdict: SealVerdict) -> SealVerdict:
    """As for a seal whose maker is in no list: the one of the key list stands in a list that anybody can make."""
    by_list = verdict.seal is not None and verdict.seal.vouched is Vouched.INTERNAL
    if verdict.kind is SealVerdictKind.GENUINE and by_list:
        return replace(verdict, kind=SealVerdictKind.MAKER_UNKNOWN)
    return verdict


def _makers(certificates: list[Path], keys: Path | None, pin: RootPin) -> SealMakers:
    pinned = tuple(read_maker_file(path) for path in certificates)
    if keys is not None:
        return SealMakers(key_list_of(keys, pin), pinned)
    if pinned:
        return SealMakers(pinned=pinned)
    settings = Settings()
    return SealMakers(_own_key_list(settings), read_pinned_makers(settings.seal_makers))


def _own_key_list(settings: Settings) -> KeyList | None:
    """None where nothing is installed.   Raises: KeyListRefused for a list that is there and not believed."""
    if not settings.key_list.exists():
        return None
    return KeyList.read(settings.key_list, pin_file=settings.root_fingerprint)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            unusable(f"{path} has more than {MOST_BYTES // (1024 * 1024)} MiB")
        return path.read_bytes()
    except OSError as problem:
        unusable(f"{path}: {problem.strerror}")


def _show(verdict: SealVerdict) -> None:
    print(_SAID[verdict.kind])
    if verdict.seal is not None:
        _show_seal(verdict.seal)
    if verdict.use is not None:
        _show_use(verdict.use)


def _show_seal(seal: SealReport) -> None:
    picture = seal.picture
    _line("印章 seal", f"{seal.name} · {_TYPES.get(seal.seal_type, seal.seal_type)} · {seal.seal_id}")
    _line("标准 standard", f"{_STANDARDS.get(seal.version, seal.version)} (version {seal.version}), {seal.algorithm}")
    _line("有效期 valid", f"{_moment(seal.valid_from)} – {_moment(seal.valid_to)}")
    _line("制章 made", f"{_moment(seal.created_at)}, {seal.vendor_id}")
    _line("制章者 maker", _certified(seal.maker))
    _line("", _VOUCHED[seal.vouched])
    for holder in seal.holders:
        _line("持章 holder", _certified(holder))
    if seal.holder_digests:
        _line("持章 holder", f"{seal.holder_digests} by digest alone")
    size = f"{picture.width_mm} × {picture.height_mm} mm"
    _line("图样 picture", f"{picture.kind}, {size}, {len(picture.data)} bytes")
    if seal.time_stamped:
        _line("时间戳 time stamp", "is there, and is not judged here")
    _line("sha256", seal.sha256)


def _show_use(use: UseReport) -> None:
    print("用印 use of the seal")
    _line("时间 at", f"{_moment(use.signed_at)} (as the signer says)")
    _line("签章人 signer", _certified(use.holder))
    _line("属性 about", use.property_info)
    compared = "this file" if use.data_compared else "give --data to compare what was sealed"
    _line("摘要 digest", f"{use.hash} {use.digest} ({compared})")
    if use.time_stamped:
        _line("时间戳 time stamp", "is there, and is not judged here")


def _certified(one: Certified) -> str:
    return f"{one.subject}; {_moment(one.not_before)} – {_moment(one.not_after)}; sha256 {one.fingerprint}"


def _line(name: str, said: str) -> None:
    print(f"  {name:<16} {printable(said)}")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
