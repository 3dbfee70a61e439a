"""`printserver verify`: is this code, issued PDF, picture, kept proof or evidence package genuine? Asks no server.

Exit status: see `root_pin`. What judges is imported when it is needed: every process of the product starts by way of
the command line, and few of them read PDFs or pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from printserver.cli.root_pin import (
    NOT_GENUINE,
    RootPin,
    grouped,
    is_file,
    key_list_of,
    printable,
    unusable,
)
from printserver.cli.verify_package import Language, say
from printserver.foundation.errors import Malformed, PrintServerError
from printserver.signing.codes import CodeBody
from printserver.signing.errors import CodeMalformed, KeyListRefused
from printserver.signing.key_list import KeyList

if TYPE_CHECKING:
    from printserver.verification.bundle import LoggedIssue
    from printserver.verification.offline import IssuedPdf

_LIKE_A_CODE: Final = re.compile(r"\s*(?:https?://\S*|[0-9]{20,})\s*", re.ASCII)


class NoCodeRead(Malformed):
    code = "no-code-read"


def verify(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="TEXT-or-FILE",
            help="The QR code's text, or the path of an issued PDF, of a picture (JPEG, PNG) of the code, or of an "
            "evidence package (a zip file or the folder it was unpacked to); "
            "`page` with --out makes the page that checks codes in a browser.",
        ),
    ] = "",
    keys: Annotated[Path | None, typer.Option("--keys", metavar="KEYS.json", help="The published key list.")] = None,
    root: Annotated[
        str,
        typer.Option(
            "--root",
            metavar="FINGERPRINT-or-FILE",
            help="The root's fingerprint as printed on the contract, a file that holds it, or the root certificate.",
        ),
    ] = "",
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle", metavar="FILE", help="A proof that was kept: it brings its own key list; a newer --keys counts."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where `verify page` writes the page.")
    ] = None,
    language: Annotated[
        Language, typer.Option("--language", help="Of what is said about an evidence package.")
    ] = Language.ZH,
) -> None:
    """Say whether a code, a PDF, a picture, a kept proof or an evidence package is genuine, whose and which copy."""
    pin = RootPin(root)
    if bundle is not None:
        _answer(lambda: _show_bundle(bundle, pin, keys))
    elif _is_package(subject):
        _answer(lambda: _show_package(Path(subject), pin, keys, language))
    else:
        _by_key_list(subject, pin, keys, out)
    pin.end()


def _by_key_list(subject: str, pin: RootPin, keys: Path | None, out: Path | None) -> None:
    if keys is None and subject.lower().endswith((".zip", ".pdf", ".json", ".png", ".jpg")) and not is_file(subject):
        unusable(f"there is no file {printable(subject)}")
    if keys is None or not subject:
        unusable("give the published key list with --keys and what is to be checked, or a kept proof with --bundle")
    key_list = key_list_of(keys, pin)
    if subject == "page" and out is not None:
        _write_page(keys, key_list, out)
    else:
        _answer(lambda: _show(subject, key_list, pin))
        _refuse_test(key_list)


def _answer(check: Callable[[], None]) -> None:
    """Runs a check and ends the command with what it says."""
    try:
        check()
    except PrintServerError as problem:
        if isinstance(problem, Malformed) and not isinstance(problem, CodeMalformed):
            unusable(str(problem))
        print(f"✗ 不真 NOT GENUINE: {printable(str(problem))}")
        raise typer.Exit(NOT_GENUINE) from None


def _show(subject: str, key_list: KeyList, pin: RootPin) -> None:
    from printserver.returns.photo_check import codes_on
    from printserver.verification.offline import verify_pdf_file, verify_text

    if _LIKE_A_CODE.fullmatch(subject):
        _show_code(verify_text(subject.strip(), key_list), key_list, pin)
    elif _is_picture(subject):
        texts, _ = codes_on(Path(subject).read_bytes())
        if not texts:
            raise NoCodeRead("no code was read from the picture; take a sharper one, or give the code's text")
        for text in texts:
            _show_code(verify_text(text, key_list), key_list, pin)
    else:
        _show_pdf(verify_pdf_file(Path(subject), key_list), key_list, pin)


def _is_picture(subject: str) -> bool:
    try:
        with Path(subject).open("rb") as file:
            return file.read(4).startswith((b"\xff\xd8\xff", b"\x89PNG"))
    except OSError:
        return False  # the check of PDF files says why it cannot be read


def _is_package(subject: str) -> bool:
    """A folder, or a file that begins as zip files do."""
    try:
        path = Path(subject)
        if not subject or path.is_dir():
            return bool(subject)
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def _show_package(path: Path, pin: RootPin, keys: Path | None, language: Language) -> None:
    from printserver.verification.package_check import check_package

    known = None if keys is None else key_list_of(keys, pin)
    try:
        verdict = check_package(path, pin.fingerprint, known=known)
    except KeyListRefused as problem:
        unusable(f"the key list cannot be used: {problem}")
    for line in say(verdict, path, language, vouched=pin.vouches):
        print(*(printable(part) for part in line.split("\n")), sep="\n")
    if not verdict.genuine or verdict.test:
        raise typer.Exit(NOT_GENUINE)


def _show_bundle(path: Path, pin: RootPin, keys: Path | None) -> None:
    from printserver.verification.bundle import bundled_key_list, read_bundle, verify_bundle

    known = None if keys is None else key_list_of(keys, pin)
    try:
        data = path.read_bytes()
        fingerprint = pin.fingerprint(bundled_key_list(read_bundle(data)))
        found = verify_bundle(data, root_fingerprint=fingerprint, known=known)
    except OSError as problem:
        unusable(f"{path}: {problem.strerror}")
    except KeyListRefused as problem:
        unusable(f"the key list cannot be used: {problem}")
    _show_code(found.code, found.key_list, pin)
    _show_issue(found.issue)
    _refuse_test(found.key_list)


def _show_issue(issue: LoggedIssue | None) -> None:
    if issue is None:
        print("No proof of the log is in the file (其中没有日志证明).")
        return
    print(f"  log           entry {issue.position + 1} of {issue.size} (日志第 {issue.position + 1} 条)")
    print(f"                issued {issue.at:%Y-%m-%d %H:%M:%S} UTC, head signed {issue.head_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"  issued file   sha256 {issue.issued_sha256}")


def _refuse_test(key_list: KeyList) -> None:
    """To a program that asks, a test is not genuine."""
    if key_list.test:
        raise typer.Exit(NOT_GENUINE)


def _write_page(keys: Path, key_list: KeyList, out: Path) -> None:
    from printserver.verification.offline_page import offline_page

    try:
        out.write_text(offline_page(keys.read_bytes(), key_list).html, "utf-8")
    except OSError as problem:
        unusable(f"{out}: {problem.strerror}")
    print(f"{out}: open it in a browser; it needs no network (在浏览器中打开，无需网络)")
    print(f"  root {grouped(key_list.root_fingerprint)}")


def _show_code(code: CodeBody, key_list: KeyList, pin: RootPin) -> None:
    _show_sign("this code was signed by the issuer's key", key_list, pin)
    _show_facts(code, key_list)
    print(f"  page          第 {code.page} 页 / {code.page} of {code.pages}")
    _show_limits("Compare the paper with what the server shows for this code.")


def _show_pdf(issued: IssuedPdf, key_list: KeyList, pin: RootPin) -> None:
    _show_sign("this file is a copy as it was issued; every page's code and the file's signature agree", key_list, pin)
    _show_facts(issued.code, key_list)
    print(f"  pages         共 {issued.code.pages} 页 / all {issued.code.pages}")
    signed = f", {issued.signed_at:%Y-%m-%d %H:%M:%S %Z}" if issued.signed_at else ""
    print(f"  file signer   {printable(issued.signer)}{signed}")
    print(f"  file sha256   {issued.sha256}")
    _show_limits("A print-out of this file is not the controlled copy.")


def _show_sign(sentence: str, key_list: KeyList, pin: RootPin) -> None:
    if key_list.test:
        print(f"! 测试件，无效 TEST, NOT VALID: {sentence}, but with keys that are for tests only")
    elif not pin.vouches:
        print(f"? 自相一致，无人担保 CONSISTENT, NOBODY VOUCHES FOR IT: {sentence}, if its root is the issuer's")
    else:
        print(f"✓ 真 GENUINE: {sentence}")


def _show_facts(code: CodeBody, key_list: KeyList) -> None:
    print(f"  issuer        {printable(key_list.issuer)}, organisation {code.organisation}, key {code.key_id}")
    which = f"第 {code.copy} 份 / {code.copy} of {code.copies}" if code.copy else "电子原件 / electronic original"
    print(f"  copy          {which}, serial {code.serial}")
    print(f"  issued        {code.issued_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"  seal          {code.first_seal_id.hex() if any(code.first_seal_id) else 'none'}")
    print(f"  document      sha256 {code.document_sha256.hex()}")


def _show_limits(sentence: str) -> None:
    print("Offline it cannot be known whether the copy was voided since (离线无法得知是否已作废): open its QR code.")
    print(sentence)
