"""`printserver keys …`: the keys of this installation, for its key officers, on the signer's own machine."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from printserver.cli.speaking import spoken
from printserver.foundation.clock import as_text

if TYPE_CHECKING:
    from printserver.signer.key_recovery import Drill, Opening

app = typer.Typer(no_args_is_help=True, help="Keys, certificates, ceremonies, PIN, backup. Run it as root.")

KeyId = Annotated[str, typer.Argument(help="As `keys list` or, for seals, `keys seals` shows it.", show_default=False)]
Reason = Annotated[str, typer.Option(help="For whoever reads the log.", show_default=False)]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="Its first line is the passphrase.", exists=True, dir_okay=False)
]

Parts = Annotated[
    list[Path] | None,
    typer.Option("--part", help="An officer's part; give two.", exists=True, dir_okay=False),
]


@app.command("list")
def list_keys(*, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Every key and certificate, how long it is good, and what to renew. Status 1 when something is over."""
    from printserver.cli.key_work import dues
    from printserver.signing.key_overview import Standing

    with spoken() as settings:
        lines = dues(settings)
    if as_json:
        rows = [
            {
                **{name: getattr(line, name) for name in ("thing", "name", "usage", "organisation", "standing")},
                "not_before": as_text(line.not_before),
                "not_after": as_text(line.not_after),
                "days_left": line.days_left,
                "stage": line.stage,
            }
            for line in lines
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            warning = "" if line.stage is None else f"  RENEW ({line.stage} days)" if line.stage else "  IT IS OVER"
            typer.echo(
                f"{line.name:<16} {line.usage or line.thing:<20} until {line.not_after:%Y-%m-%d} "
                f"{line.days_left:>6} days  {line.standing}{warning}"
            )
    if any(line.standing is Standing.EXPIRED and line.stage == 0 for line in lines):
        raise typer.Exit(1)


@app.command()
def request(
    key_id: KeyId,
    out: Annotated[Path, typer.Argument(help="Where to write it, PEM.", show_default=False)],
    *,
    name: Annotated[str | None, typer.Option(help="The common name that you ask for.")] = None,
) -> None:
    """A certificate request for an outside authority, signed by the key in the HSM."""
    from printserver.cli.key_work import request_certificate

    with spoken() as settings:
        out.write_bytes(request_certificate(settings, key_id, common_name=name))
    typer.echo(f"Written to {out}; send it to the authority.")


@app.command("import")
def import_certificate(
    key_id: KeyId,
    chain: Annotated[Path, typer.Argument(help="PEM: the key's certificate, then its issuers.", exists=True)],
) -> None:
    """Take the answer of an outside authority; its root must be among `outside_roots` of the settings."""
    from printserver.cli.key_work import import_chain

    with spoken() as settings:
        own = import_chain(settings, key_id, chain)
    typer.echo(
        f"{own.subject.rfc4514_string()}, good until {own.not_valid_after_utc:%Y-%m-%d}. The signer takes it up."
    )


@app.command()
def ceremony(
    file: Annotated[Path, typer.Argument(help="The reviewed file.", exists=True, dir_okay=False)],
    *,
    root: Annotated[Path | None, typer.Option(help="The offline root's folder, brought for this.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Hold a key ceremony: both officers read what is done, and confirm it with their own password."""
    from printserver.cli.attendance import confirm, show
    from printserver.cli.key_work import confirmed_officer, hold_ceremony
    from printserver.signer.later_plan import read_later_plan

    with spoken() as settings:
        plan, text = read_later_plan(file)
        show(text)
        officers = []
        for login in plan.officers:
            confirm(login, text)
            password = typer.prompt(f"{login}: password", hide_input=True)
            code = typer.prompt(f"{login}: code of the second factor", default="", show_default=False)
            officers.append(confirmed_officer(settings, login, password, code.strip()))
        path = hold_ceremony(
            settings, (plan, text), officers, root or settings.offline_root, passphrase_file=passphrase_file
        )
        typer.echo(f"Done. Transcript: {path}")
        typer.echo(f"SHA-256 of the transcript, for your minutes: {sha256(path.read_bytes()).hexdigest()}")
    typer.echo("The signer takes the new key list up by itself. Take the offline root away.")


@app.command()
def transcripts() -> None:
    """Prove the transcripts of all ceremonies, and show them."""
    from printserver.cli.key_work import transcripts as proven

    with spoken() as settings:
        for each in proven(settings):
            people = ", ".join(f"{officer.name} ({officer.login})" for officer in each.officers)
            typer.echo(f"{each.number:04d}  {each.ended_at}  {each.title}  with {people}")
            for done in each.done:
                parts = (done.what, done.usage, done.key_id, done.label, done.remark)
                typer.echo(f"      {' '.join(part for part in parts if part)}")
            typer.echo(f"      key list {each.key_list_sequence}, transcript {each.sha256}")
        typer.echo("Every transcript is signed by the offline root and follows the one before it.")


@app.command()
def rewrap(
    *,
    preview: Annotated[bool, typer.Option("--preview", help="Only say which key wraps how many.")] = False,
    backed_up: Annotated[bool, typer.Option("--backed-up", help="Do not ask for the backup.")] = False,
) -> None:
    """Wrap anew whatever an earlier key-encryption key wraps. It may be cut off at any time, and begun again."""
    from printserver.cli.key_work import opened_rewrapping
    from printserver.signer.key_encryption import label_of

    with spoken() as settings, opened_rewrapping(settings) as rewrapping:
        newest, standing = rewrapping.keys.newest(), rewrapping.standing()
        for number in sorted({*rewrapping.keys.generations(), *standing}):
            typer.echo(f"{label_of(number):<24} wraps {standing[number]} keys")
        if preview:
            return
        if not backed_up and set(standing) - {newest}:
            since = f"Was the token backed up since {label_of(newest)} was made, and the backup drilled?"
            typer.confirm(since, abort=True)
        renewed = rewrapping.run()
        typer.echo(f"{renewed.keys} keys were wrapped anew.")
        for each in renewed.refused:
            typer.echo(f"{each.kind} {each.object_id} is no key of this token, and was left as it is", err=True)
    if renewed.refused:
        raise typer.Exit(1)
    typer.echo("Nothing is left to earlier keys. A day after the newest was made, a ceremony may destroy them.")


@app.command()
def seals() -> None:
    """The keys of seals that were made here after the first ceremony: for `keys stop`."""
    from printserver.signer.seal_making import made_seal_keys

    with spoken() as settings:
        for key_id, seal in made_seal_keys(settings.made_seals).items():
            typer.echo(f"{key_id}  {seal}")


@app.command()
def stop(key_id: KeyId, *, reason: Reason) -> None:
    """Report a key lost: the signer uses it no more. A ceremony revokes it for everybody else."""
    from printserver.cli.key_work import stop as stopped

    with spoken() as settings:
        stopped(settings, key_id, reason=reason)
    typer.echo("Stopped on this machine. Hold a ceremony with a `revoke` step as soon as two officers are there.")


@app.command("change-pin")
def change_pin(
    *, finish: Annotated[bool, typer.Option("--finish", help="After an interrupted change.")] = False
) -> None:
    """Give the token another PIN. It is random, goes to the signer's file, and nobody sees it."""
    from printserver.cli.key_work import change_token_pin

    with spoken() as settings:
        changed = change_token_pin(settings, finish=finish)
    typer.echo("The token has a new PIN." if changed else "The token still has its old PIN; nothing has changed.")


@app.command()
def part(target: Annotated[Path, typer.Argument(help="A new file on your own medium.", show_default=False)]) -> None:
    """Make one officer's part of the keys of backups: any two officers' parts open a backup, one alone nothing."""
    from printserver.cli.key_work import make_part

    with spoken():
        name = make_part(target)
    typer.echo(f"Part {name} lies in {target}. Keep it apart from the other officers' parts, and from every backup.")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A new file.", show_default=False)],
    *,
    parts: Parts = None,
    passphrase_file: PassphraseFile = None,
    wrapped: Annotated[
        bool, typer.Option("--wrapped", help="Key by key, where the ceremony's file chose `wrappable`.")
    ] = False,
) -> None:
    """Write an encrypted backup: of the whole token where it is files, else of its wrapped keys."""
    from printserver.cli.key_work import back_up

    with spoken() as settings:
        digest = back_up(settings, target, _opening(parts, passphrase_file), wrapped=wrapped)
    typer.echo(f"{target}  SHA-256 {digest}. Keep it apart from what opens it, and drill it.")


@app.command()
def drill(
    restored: Annotated[Path | None, typer.Argument(help="A backup; without it the token itself.")] = None,
    *,
    parts: Parts = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Show that a backup, or the token, holds the listed keys: each signs, and the key list verifies it."""
    from printserver.cli.key_work import drill_recovery

    with spoken() as settings:
        result = drill_recovery(settings, restored, _opening(parts, passphrase_file, needed=restored is not None))
    _tell(result)


@app.command()
def restore(
    saved: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    *,
    parts: Parts = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put a backup into an installation that has lost its token, with the signer stopped, and drill it there."""
    from printserver.cli.key_work import restore as restored

    with spoken() as settings:
        result = restored(settings, saved, _opening(parts, passphrase_file))
    _tell(result)


@app.command()
def fence(*, reason: Reason) -> None:
    """After an old state was restored, with the signer stopped: no copy made before now is ever signed."""
    from printserver.cli.key_work import begin_epoch

    with spoken() as settings:
        begin_epoch(settings, reason=reason)
    typer.echo("Copies made before now are signed no more; their requests are applied for anew.")


@app.command("renew-witness")
def renew_witness(*, reason: Reason) -> None:
    """Write a lost witness anew from the database, whose heads are verified first."""
    from printserver.cli.key_work import renew_lost_witness

    with spoken() as settings:
        lines = renew_lost_witness(settings, reason=reason)
    typer.echo(f"{lines} heads were verified and written. What the lost witness alone could prove is lost with it.")


def _tell(result: Drill) -> None:
    for key in result.keys:
        does = "signs" if key.key_id else "wraps"
        typer.echo(f"{key.label:<24} {key.key_id:<8} {key.usage:<12} {key.problem or does}")
    for key_id in result.missing:
        typer.echo(f"{'':<24} {key_id:<8} {'':<12} is listed, but not there")
    if result.failed:
        raise typer.Exit(1)
    typer.echo("All listed keys are there and sign.")


def _opening(parts: list[Path] | None, passphrase_file: Path | None, *, needed: bool = True) -> Opening:
    """Two officers' parts, or a passphrase; neither where nothing is opened."""
    from printserver.cli.key_work import read_parts
    from printserver.signer.key_recovery import Opening

    if parts or not needed:
        return Opening(parts=read_parts(parts or ()))
    return Opening(passphrase=_passphrase(passphrase_file))


def _passphrase(file: Path | None) -> bytes:
    line = b"" if file is None else file.read_bytes().split(b"\n", 1)[0].strip()
    if not line:
        typer.echo("give --part twice, or --passphrase-file with a passphrase on its first line", err=True)
        raise typer.Exit(2)
    return line
