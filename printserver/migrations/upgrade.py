"""Bring a database to the present schema: the product's own tables by Alembic, the job engine's by DBOS."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from dbos import DBOS
from sqlalchemy import inspect, text

from printserver.foundation.database import Engines, open_engines

FOLDER: Final = Path(__file__).parent
ROOMS_WITH_ROWS: Final = (
    "organisations",
    "seals",
    "documents",
    "printing",
    "print_requests",
    "approvals",
    "returns",
    "archive",
    "audit",
    "http_edge",
    "notifications",
    "verification",
)


def load_models() -> None:
    """Make every table known to `Base.metadata`."""
    for room in ROOMS_WITH_ROWS:
        import_module(f"printserver.{room}.models")


def upgrade(database_url: str, revision: str = "head") -> None:
    """Create or upgrade all tables; harmless when they are up to date.   revision: not beyond this one."""
    engines = open_engines(database_url)
    try:
        with engines.writing.connect() as connection:
            config = _config(database_url)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engines.dispose()
    DBOS.migrate(database_url)


def is_current(engines: Engines) -> bool:
    """Whether the product's own tables are at the newest revision."""
    newest = ScriptDirectory(str(FOLDER)).get_current_head()
    with engines.reading.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database_url"] = database_url
    return config
