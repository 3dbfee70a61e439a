"""`printserver audit verify`: prove the whole log against its signed heads and the witness outside the database."""

from __future__ import annotations

import typer

from printserver.audit.check import check_log
from printserver.audit.findings import LogReport
from printserver.audit.witness import Witness
from printserver.bootstrap import build, read_key_list
from printserver.foundation.job_queue import RecordedJobs
from printserver.settings import Settings
from printserver.signer.heads import trusted_heads


def verify(settings: Settings) -> LogReport:
    """Raises: KeyListRefused, WitnessBroken. What is wrong with the log itself is in the report."""
    adapters = build(settings, jobs=RecordedJobs())
    verify_head = trusted_heads(read_key_list(settings))
    try:
        with adapters.database.reading() as work:
            return check_log(work, Witness(settings.witness), verify_head)
    finally:
        adapters.database.engines.dispose()


def speak(report: LogReport) -> None:
    typer.echo(f"{report.entries} entries under {report.heads} signed heads, {report.witnessed} of them witnessed")
    if report.unsequenced:
        typer.echo(f"{report.unsequenced} entries wait for their place")
    for finding in report.findings:
        typer.echo(str(finding))
    typer.echo("The log is whole." if not report.findings else "The log is NOT what was recorded.")
