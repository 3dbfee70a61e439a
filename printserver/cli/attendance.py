"""Officers at a ceremony's table: each types the first digits of the file that they have reviewed."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import typer

from printserver.cli.init import Attended
from printserver.foundation.clock import SystemClock, as_text
from printserver.signer.ceremony_plan import CeremonyPlan, PlanMalformed
from printserver.signing.transcripts import Officer

SHORT: Final = 8
"""Digits of the file's digest: whoever types them has the same file before them."""


def attended(text: str, plan: CeremonyPlan) -> Attended:
    """Ask the officers of a first ceremony, who have no passwords yet.   Raises: PlanMalformed when it names none."""
    if not plan.officers:
        raise PlanMalformed("a first ceremony names two key officers who are there: officers = [..., ...]")
    names = {person.login: person.name for person in plan.people}
    show(text)
    confirmed = []
    for login in plan.officers:
        confirm(login, text)
        confirmed.append(Officer(login, names[login], as_text(SystemClock().now())))
    return Attended(text, tuple(confirmed))


def show(text: str) -> None:
    """The file, and the digest that it was reviewed under."""
    typer.echo(text)
    typer.echo(f"SHA-256 of this file: {_digest(text)}")


def confirm(login: str, text: str) -> None:
    """Ends the command with status 2 unless the officer types this file's digits."""
    typed = typer.prompt(f"{login}: the first {SHORT} digits of the file that you have reviewed")
    if typed.strip().lower() != _digest(text)[:SHORT]:
        typer.echo("These are not the digits of this file. Nothing was done.", err=True)
        raise typer.Exit(2)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
