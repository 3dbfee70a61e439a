"""`printserver verify`: is this code, issued PDF, picture, kept proof or evidence package genuine? Asks no server.

Exit status: 0 genuine, 1 not genuine, 2 the question could not be answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from cryptography import x509

from printserver.cli.verify_package import Language, say
from printserver.foundation.errors import Malformed, PrintServerError
from printserver.returns.photo_check import codes_on
from printserver.signing.codes import CodeBody
from printserver.signing.errors import CodeMalformed, KeyListRefused
from printserver.signing.key_list import KeyList, normal_fingerprint, unverified_fingerprint
from printserver.signing.p256 import fingerprint_of
from printserver.signing.published_key import certificate_spki
from printserver.verification.bundle import LoggedIssue, bundled_key_list, read_bundle, verify_bundle
from printserver.verification.offline import IssuedPdf, verify_pdf_file, verify_text
from printserver.verification.offline_page import offline_page
from printserver.verification.package_check import check_package

NOT_GENUINE: Final = 1
UNUSABLE: Final = 2
FINGERPRINT_FILE: Final = "root.sha256"
_UNPINNED: Final = {
    Language.ZH: "！ 根密钥未经核对：此包自带根密钥，任何人都能做出这样的包。\n"
    "  请从别处取得公布的指纹，用 --root 再验一次。",
    Language.EN: "! The root was not checked: the package brings its own, and anybody can make such a package.\n"
    "  Get the published fingerprint from elsewhere and verify again with --root.",
}
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
    if bundle is not None:
        _answer(lambda: _show_bundle(bundle, root, keys))
        return
    if _is_package(subject):
        _answer(lambda: _show_package(Path(subject), root, keys, language))
        return
    if keys is None and subject.lower().endswith((".zip", ".pdf", ".json", ".png", ".jpg")) and not _is_file(subject):
        _unusable(f"there is no file {printable(subject)}")
    if keys is None or not subject:
        _unusable("give the published key list with --keys and what is to be checked, or a kept proof with --bundle")
    key_list = key_list_of(keys, root)
    if subject == "page" and out is not None:
        _write_page(keys, key_list, out)
    else:
        _answer(lambda: _show(subject, key_list))
        _refuse_test(key_list)


def _answer(check: Callable[[], None]) -> None:
    """Runs a check and ends the command with what it says."""
    try:
        check()
    except PrintServerError as problem:
        if isinstance(problem, Malformed) and not isinstance(problem, CodeMalformed):
            _unusable(str(problem))
        print(f"✗ 不真 NOT GENUINE: {printable(str(problem))}")
        raise typer.Exit(NOT_GENUINE) from None


def _show(subject: str, key_list: KeyList) -> None:
    if _LIKE_A_CODE.fullmatch(subject):
        _show_code(verify_text(subject.strip(), key_list), key_list)
    elif _is_picture(subject):
        texts, _ = codes_on(Path(subject).read_bytes())
        if not texts:
            raise NoCodeRead("no code was read from the picture; take a sharper one, or give the code's text")
        for text in texts:
            _show_code(verify_text(text, key_list), key_list)
    else:
        _show_pdf(verify_pdf_file(Path(subject), key_list), key_list)


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


def _show_package(path: Path, root: str, keys: Path | None, language: Language) -> None:
    known = None if keys is None else key_list_of(keys, root)

    def pin(key_list: bytes) -> str:
        fingerprint, warning = _pinned(key_list, path, root)
        if warning:
            typer.echo(warning, err=True)
            unpinned.append(fingerprint)
        return fingerprint

    unpinned: list[str] = []
    try:
        verdict = check_package(path, pin, known=known)
    except KeyListRefused as problem:
        _unusable(f"the key list cannot be used: {problem}")
    for line in say(verdict, path, language):
        print(*(printable(part) for part in line.split("\n")), sep="\n")
    if not verdict.genuine or verdict.test:
        raise typer.Exit(NOT_GENUINE)
    if unpinned:
        print(printable(_UNPINNED[language]))


def _show_bundle(path: Path, root: str, keys: Path | None) -> None:
    known = None if keys is None else key_list_of(keys, root)
    try:
        data = path.read_bytes()
        fingerprint, warning = _pinned(bundled_key_list(read_bundle(data)), path, root)
        found = verify_bundle(data, root_fingerprint=fingerprint, known=known)
    except OSError as problem:
        _unusable(f"{path}: {problem.strerror}")
    except KeyListRefused as problem:
        _unusable(f"the key list cannot be used: {problem}")
    if warning:
        typer.echo(warning, err=True)
    _show_code(found.code, found.key_list)
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
    try:
        out.write_text(offline_page(keys.read_bytes(), key_list).html, "utf-8")
    except OSError as problem:
        _unusable(f"{out}: {problem.strerror}")
    print(f"{out}: open it in a browser; it needs no network (在浏览器中打开，无需网络)")
    print(f"  root {_grouped(key_list.root_fingerprint)}")


def key_list_of(path: Path, root: str) -> KeyList:
    """Ends the command when the list cannot be believed.   root: as for `verify`."""
    try:
        data = path.read_bytes()
        fingerprint, warning = _pinned(data, path, root)
        key_list = KeyList.load(data, root_fingerprint=fingerprint)
    except OSError as problem:
        _unusable(f"{problem.filename}: {problem.strerror}")
    except KeyListRefused as problem:
        _unusable(f"the key list cannot be used: {problem}")
    if warning:
        typer.echo(warning, err=True)
    return key_list


def _pinned(data: bytes, path: Path, root: str) -> tuple[str, str]:
    """The root's fingerprint to insist on, and what to say when nobody outside the list vouches for it."""
    if root:
        return (_fingerprint_in(Path(root)) if _is_file(root) else normal_fingerprint(root)), ""
    beside = path.with_name(FINGERPRINT_FILE)
    if beside.is_file():
        fingerprint = _fingerprint_in(beside)
        return fingerprint, f"Root from {FINGERPRINT_FILE} beside the key list: {_grouped(fingerprint)}"
    fingerprint = unverified_fingerprint(data)
    return fingerprint, (
        "WARNING: no --root was given, so the key list vouches for itself; anybody can make such a list.\n"
        "The answer counts only if this root fingerprint is the one printed on the contract "
        "(请与合同上印的根指纹核对):\n"
        f"  {_grouped(fingerprint)}"
    )


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        return False


def _fingerprint_in(path: Path) -> str:
    """Of a file that holds a fingerprint, perhaps followed by a name, or a certificate in PEM."""
    content = path.read_bytes()
    if b"-----BEGIN CERTIFICATE-----" not in content:
        words = content.decode("ascii", "replace").split()
        return normal_fingerprint(words[0] if words and len(words[0]) == 64 else "".join(words))
    try:
        return fingerprint_of(certificate_spki(x509.load_pem_x509_certificate(content)))
    except ValueError as problem:
        raise KeyListRefused("the root certificate cannot be read") from problem


def _show_code(code: CodeBody, key_list: KeyList) -> None:
    _show_sign("this code was signed by the issuer's key", key_list)
    _show_facts(code, key_list)
    print(f"  page          第 {code.page} 页 / {code.page} of {code.pages}")
    _show_limits("Compare the paper with what the server shows for this code.")


def _show_pdf(issued: IssuedPdf, key_list: KeyList) -> None:
    _show_sign("this file is a copy as it was issued; every page's code and the file's signature agree", key_list)
    _show_facts(issued.code, key_list)
    print(f"  pages         共 {issued.code.pages} 页 / all {issued.code.pages}")
    signed = f", {issued.signed_at:%Y-%m-%d %H:%M:%S %Z}" if issued.signed_at else ""
    print(f"  file signer   {printable(issued.signer)}{signed}")
    print(f"  file sha256   {issued.sha256}")
    _show_limits("A print-out of this file is not the controlled copy.")


def _show_sign(sentence: str, key_list: KeyList) -> None:
    if key_list.test:
        print(f"! 测试件，无效 TEST, NOT VALID: {sentence}, but with keys that are for tests only")
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


def printable(text: str) -> str:
    """Names in a list that nobody vouches for must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:300]


def _grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))


def _unusable(problem: str) -> NoReturn:
    typer.echo(f"? cannot be answered: {printable(problem)}", err=True)
    raise typer.Exit(UNUSABLE)
