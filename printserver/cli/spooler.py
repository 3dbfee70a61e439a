"""`printserver printers install` and `check`: the CUPS of a branch, on its own machine. Both need no settings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from printserver.foundation.clock import SystemClock
from printserver.foundation.errors import PrintServerError

if TYPE_CHECKING:
    from printserver.printing.pin import Pin
    from printserver.printing.spooler_findings import Finding
    from printserver.printing.spooler_layout import RecordedQueue, SpoolerLayout, SpoolerRecord
    from printserver.printing.spooler_setup import Installed

Root = Annotated[
    Path | None, typer.Option("--cups-root", help="Folder of a private CUPS; without it the system's own is meant.")
]


def install(
    queue: Annotated[str | None, typer.Argument(help="The queue to enrol, or to put back as it was enrolled.")] = None,
    uri: Annotated[str | None, typer.Argument(help="The printer: ipps://host[:port]/path.")] = None,
    *,
    fingerprint: Annotated[
        str | None, typer.Option(help="SHA-256 of the printer's certificate, as its own panel shows it.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="That certificate (PEM); without it the printer is asked.", exists=True)
    ] = None,
    desk: Annotated[
        str | None, typer.Option(help="Where tickets are redeemed: unix:/path, or https://host:port.")
    ] = None,
    desk_certificate: Annotated[
        Path | None, typer.Option(help="The server's certificate there (PEM).", exists=True)
    ] = None,
    printing_user: Annotated[
        list[str] | None, typer.Option(help="System user that hands in copies; may be given several times.")
    ] = None,
    administrator: Annotated[
        list[str] | None, typer.Option(help="System user, besides root, that may manage queues.")
    ] = None,
    cups_root: Root = None,
    cups_user: Annotated[str | None, typer.Option(help="Whom a new private CUPS runs as; needed as root.")] = None,
    mono: Annotated[bool, typer.Option("--mono", help="The printer has no colour.")] = False,
    one_sided: Annotated[bool, typer.Option("--one-sided", help="The printer cannot print on both sides.")] = False,
    resolution: Annotated[int | None, typer.Option(help="Dots per inch of a printer that takes no PDF.")] = None,
    replace_directives: Annotated[
        bool, typer.Option("--replace", help="Make lines of CUPS's configuration comments that are in the way.")
    ] = False,
) -> None:
    """Put fence backend, keys, policy, settings and a queue on this machine's CUPS, and check them.

    Everything is put as one set; again changes nothing. Without a queue only the set is put.
    """
    from printserver.printing.ppd import PrinterShape
    from printserver.printing.spooler_cups_checks import changed_since_read
    from printserver.printing.spooler_queues import answers, pin_printer, put_queue, reload_cupsd
    from printserver.printing.spooler_setup import install_spooler

    with _spoken():
        layout = _layout(cups_root)
        record = _record(layout, desk, printing_user, administrator)
        wanted: RecordedQueue | None = None
        pin: Pin | None = None
        if queue is not None:
            wanted, pin = _enrolment(layout, record, queue, uri, fingerprint, certificate)
            if uri is not None:
                wanted = replace(wanted, shape=PrinterShape(not mono, not one_sided, resolution))
        installed = install_spooler(
            layout,
            record,
            SystemClock().now(),
            cups_user=cups_user,
            desk_certificate=None if desk_certificate is None else desk_certificate.read_text("ascii"),
            replace_directives=replace_directives,
        )
        if queue is not None and wanted is not None and pin is not None:
            record = pin_printer(layout, installed.record, queue, wanted, pin)
        if not answers(layout):
            _tell_server(layout, installed)
            _tell_how_to_start(layout)
            raise typer.Exit(3)
        if installed.reload or changed_since_read(layout):
            reload_cupsd(layout)
        for name, each in record.queues.items():
            put_queue(layout, name, each)
        _tell_server(layout, installed)
    check(cups_root=cups_root)


def check(
    *,
    cups_root: Root = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array of findings.")] = False,
) -> None:
    """Say what is wrong with this machine's CUPS and how to mend it; status 1 when anything is."""
    from printserver.printing.spooler_check import check_spooler

    with _spoken():
        findings = check_spooler(_layout(cups_root), SystemClock().now())
    if as_json:
        typer.echo(json.dumps([_fields(each) for each in findings], indent=2))
    else:
        _speak(findings)
    if findings:
        raise typer.Exit(1)


@contextmanager
def _spoken() -> Iterator[None]:
    """A refusal ends the command with status 2 and its own words."""
    try:
        yield
    except PrintServerError as problem:
        typer.echo(f"{problem.code}: {problem}", err=True)
        raise typer.Exit(2) from None
    except OSError as problem:
        hint = "; run this as root" if isinstance(problem, PermissionError) else ""
        typer.echo(f"not possible: {problem.filename}: {problem.strerror}{hint}", err=True)
        raise typer.Exit(2) from None


def _layout(cups_root: Path | None) -> SpoolerLayout:
    from printserver.printing.spooler_layout import SpoolerLayout

    return SpoolerLayout.of_system() if cups_root is None else SpoolerLayout.of_private(cups_root.absolute())


def _record(
    layout: SpoolerLayout, desk: str | None, printing_user: list[str] | None, administrator: list[str] | None
) -> SpoolerRecord:
    """What was recorded, with what is said now."""
    from printserver.printing.spooler_layout import SpoolerNotInstalled, SpoolerRecord, read_record

    try:
        known = read_record(layout)
    except SpoolerNotInstalled:
        if layout.record_file.exists():
            raise
        known = SpoolerRecord((), (), "")
    if not (desk or known.desk):
        typer.echo("the first installation needs --desk and --printing-user", err=True)
        raise typer.Exit(2)
    return replace(
        known,
        desk=desk or known.desk,
        printing_users=tuple(printing_user or known.printing_users),
        administrators=tuple(known.administrators if administrator is None else administrator),
    )


def _enrolment(
    layout: SpoolerLayout,
    record: SpoolerRecord,
    queue: str,
    uri: str | None,
    fingerprint: str | None,
    certificate: Path | None,
) -> tuple[RecordedQueue, Pin]:
    """The queue as it shall be, and the certificate that a person has confirmed."""
    from printserver.printing.pin import fetch_pin, read_pin
    from printserver.printing.printer_address import read_printer_address
    from printserver.printing.spooler_layout import RecordedQueue

    known = record.queues.get(queue)
    if uri is None and known is None:
        typer.echo(f"{queue} is not enrolled yet: give its printer's address", err=True)
        raise typer.Exit(2)
    address = read_printer_address(uri or (known.uri if known else ""))
    pinned = layout.pin(queue, address.host)
    if certificate is not None:
        pin = read_pin(certificate.read_text("ascii"))
    elif fingerprint is None and uri is None and pinned.is_file():
        pin = read_pin(pinned.read_text("ascii"))
    else:
        pin = fetch_pin(address.host, address.port)
    trusted = known is not None and uri is None and pin.sha256 == known.certificate_sha256
    if fingerprint is not None or not trusted:
        _require_confirmed(pin, fingerprint)
    shape = {} if known is None else {"shape": known.shape}
    return RecordedQueue(address.uri, pin.sha256, **shape), pin


def _require_confirmed(pin: Pin, fingerprint: str | None) -> None:
    """A person says that this is the printer's, on the command line or now."""
    from printserver.printing.spooler_queues import FingerprintDiffers

    if fingerprint is not None:
        said = fingerprint.replace(":", "").replace(" ", "").lower()
        if said != pin.sha256:
            raise FingerprintDiffers(f"the certificate's fingerprint is {pin.sha256}, not {said}")
        return
    typer.echo(f"The printer's certificate has the SHA-256 {pin.sha256}")
    if not sys.stdin.isatty() or not typer.confirm("Does the printer's own panel show the same?"):
        typer.echo("nothing was changed; confirm it at a terminal, or with --fingerprint", err=True)
        raise typer.Exit(2)


def _tell_server(layout: SpoolerLayout, installed: Installed) -> None:
    typer.echo("For the server's settings, as this spooler:")
    typer.echo(f"  public key ({layout.backend_public_key}):\n{installed.backend_public_key.rstrip()}")
    if installed.branch_certificate is not None:
        typer.echo(f"  client certificate ({layout.branch_certificate}):\n{installed.branch_certificate.rstrip()}")
        typer.echo(f"  its SHA-256: {installed.branch_certificate_sha256}")


def _tell_how_to_start(layout: SpoolerLayout) -> None:
    how = f"cupsd -f -c {layout.cupsd_conf} -s {layout.files_conf}" if layout.private else "systemctl start cups"
    as_whom = f" as {layout.cups_user()}" if layout.private and os.geteuid() == 0 else ""
    typer.echo(f"No cupsd answers on {layout.socket}. Start it{as_whom}: {how}", err=True)
    typer.echo("Then install once more: it makes the queues and checks everything.", err=True)


def _speak(findings: tuple[Finding, ...]) -> None:
    for each in findings:
        typer.echo(f"{each.looked_at}\n  wrong: {each.wrong}\n  mend:  {each.mend}")
        for line in each.commands:
            typer.echo(f"         {line}")
    typer.echo(f"{len(findings)} findings" if findings else "Nothing is wrong.")


def _fields(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "looked_at": finding.looked_at,
        "wrong": finding.wrong,
        "mend": finding.mend,
        "commands": list(finding.commands),
    }
