"""`printserver archive …`: the group of the archive's commands."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="The archive. Token: PRINTSERVER_TOKEN or PRINTSERVER_TOKEN_FILE.")


COMMANDS: Final = {
    "evidence": evidence,
    "export": export,
    "import": import_,
    "sources": sources,
    "pin": pin,
    "fixity": fixity,
}
