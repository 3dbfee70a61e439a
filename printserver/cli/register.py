"""`printserver register …`: what the signer believes, read from its own file by whoever may read that.

A copy of the file is looked at, so that the running signer is not disturbed. Names come from the database and are no
part of the proof: where they surprise, believe the identifiers.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import typer

from printserver.bootstrap import build, read_key_list
from printserver.foundation.job_queue import NoJobs
from printserver.organisations.queries import branch_names_of_path, names
from printserver.seals.queries import seal_names
from printserver.settings import Settings
from printserver.signing.p256 import load_public_key
from printserver.signing.published_key import certificate_spki
from printserver.signing.register import Standing
from printserver.signing.register_journal import RegisterJournal, unproved


@contextmanager
def opened(settings: Settings) -> Iterator[RegisterJournal]:
    """A copy of the signer's register, proved from its first line on.   Raises: RegisterBroken, KeyListRefused."""
    root = load_public_key(certificate_spki(read_key_list(settings).root_certificate))
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "register"
        if settings.register.exists():
            shutil.copyfile(settings.register, copied)
        register = RegisterJournal(copied, root)
        try:
            yield register
        finally:
            register.close()


def show(settings: Settings) -> None:
    """Speak the standing of every organisation."""
    with opened(settings) as register:
        numbers = sorted({taken.statement.organisation for taken in register.history})
        for number in numbers:
            typer.echo(f"organisation {number}")
            _speak(settings, register.standing(number))
        lines, head = register.head
        typer.echo(f"{lines} lines, head {head}")


def verify(settings: Settings) -> bool:
    """Judge each statement again by its signed words; True when all hold."""
    with opened(settings) as register:
        bad = list(unproved(register.history, read_key_list(settings)))
        for taken, problem in bad:
            typer.echo(f"{taken.at.isoformat()}  {taken.statement.kind}  {taken.statement.id}: {problem}", err=True)
        typer.echo(f"{len(register.history)} statements, {len(bad)} do not hold")
    return not bad


def _speak(settings: Settings, standing: Standing) -> None:
    people, places, seals = _names(settings, standing)
    for seat in standing.seats.values():
        until = f" until {seat.valid_until.date()}" if seat.valid_until else ""
        barred = "  BARRED" if seat.person_id in standing.barred else ""
        typer.echo(f"  seat        {seat.role} at {places[seat.path]}: {_who(people, seat.person_id)}{until}{barred}")
    for given in standing.delegations.values():
        dates = f"{given.valid_from.date()} to {given.valid_until.date()}"
        deputy, principal = _who(people, given.deputy), _who(people, given.principal)
        typer.echo(f"  delegation  {deputy} for {principal} as {given.role}, {dates}")
    for seal in standing.seals.values():
        keepers = ", ".join(_who(people, each) for each in seal.custodians)
        limit = "" if seal.uses_limit is None else f", at most {seal.uses_limit} uses"
        typer.echo(
            f"  seal        {seals.get(seal.seal_id, seal.seal_id)} ({seal.code_id}): {seal.state}, {keepers}{limit}"
        )
    for digest, known in standing.flows.items():
        steps = " → ".join(f"{step.name} ({step.quorum})" for step in known.flow.steps)
        state = "" if known.until is None else f", replaced {known.until.date()}"
        typer.echo(f"  flow        {known.flow.class_code} v{known.flow.version}: {steps}{state}  {digest[:16]}…")
    for key in standing.keys.values():
        typer.echo(f"  passkey     {key.credential_id[:16]}… of {_who(people, key.person_id)}, for {key.origin}")
    for system in standing.systems.values():
        typer.echo(
            f"  system      {system.system_id} ({system.name}) for {', '.join(places[each] for each in system.paths)}"
        )
    for place in standing.frozen.values():
        where = places[place.path] if place.path else "the whole organisation"
        typer.echo(f"  FROZEN      {where}, since {place.since.isoformat()}")
    typer.echo(f"  officers sign with: {standing.policy.officer_evidence}")
    typer.echo(f"  decisions are signed with: {standing.policy.approver_evidence or 'attested'}")


def _who(people: Mapping[str, str], person_id: str) -> str:
    return f"{people.get(person_id, 'nobody in the database')} {person_id}"


def _names(settings: Settings, standing: Standing) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    ids = {seat.person_id for seat in standing.seats.values()} | {key.person_id for key in standing.keys.values()}
    ids |= {each for seal in standing.seals.values() for each in seal.custodians}
    ids |= {each for given in standing.delegations.values() for each in (given.principal, given.deputy)}
    paths = {seat.path for seat in standing.seats.values()}
    paths |= {path for system in standing.systems.values() for path in system.paths}
    paths |= {place.path for place in standing.frozen.values() if place.path}
    adapters = build(settings, jobs=NoJobs())
    try:
        with adapters.database.reading() as work:
            people = {str(id_): name for id_, name in names(work, {UUID(each) for each in ids}).items()}
            places = {path: branch_names_of_path(work, path) for path in paths}
            seals = {str(id_): name for id_, name in seal_names(work, {UUID(each) for each in standing.seals}).items()}
    finally:
        adapters.database.engines.dispose()
    return people, places, seals
