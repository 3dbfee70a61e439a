"""How every command reads the settings and says in words what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from printserver.foundation.errors import PrintServerError
from printserver.settings import Settings


@contextmanager
def spoken(read: Callable[[], Settings] = Settings) -> Iterator[Settings]:
    """The settings; a refusal ends the command with status 2 and its own words."""
    try:
        yield read()
    except ValidationError as problem:
        for each in problem.errors():
            typer.echo(f"setting {'.'.join(str(part) for part in each['loc'])}: {each['msg']}", err=True)
        raise typer.Exit(2) from None
    except PrintServerError as problem:
        typer.echo(f"{problem.code}: {problem}", err=True)
        raise typer.Exit(2) from None
