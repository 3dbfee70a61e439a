"""The database itself keeps the log from being changed."""

# ruff: noqa: S608 -- the statements are put together from this file's own words

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from tests.unit.audit.made_logs import MadeLog


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_head"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "REPLACE", "UPSERT", "TRUNCATE"])
def test_the_database_itself_refuses_changes_to_the_log(log: MadeLog, table: str, verb: str):
    log.grow(2)
    before = log.counts(), log.check()
    column = {"audit_entry": "event", "audit_leaf": "leaf_hash", "audit_head": "key_id"}[table]
    key = {"audit_entry": "id", "audit_leaf": "position", "audit_head": "size"}[table]
    replacing = f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {column} = '1'"
    statement = {
        "UPDATE": f"UPDATE {table} SET {column} = {column}",
        "DELETE": f"DELETE FROM {table}",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if log.on_sqlite else replacing,
        "UPSERT": replacing,
        "TRUNCATE": f"DELETE FROM {table} WHERE true" if log.on_sqlite else f"TRUNCATE {table} CASCADE",
    }[verb]
    with pytest.raises(DBAPIError, match="append-only"):
        log.execute(statement)
    assert (log.counts(), log.check()) == before
