"""A package has a name that every system takes, whatever sign its record's serial ends in."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from printserver.archive.bag import opened, pack
from printserver.archive.evidence_format import PackageFacts, PackedRecord, folder_of


@pytest.mark.parametrize("last", ["7", "A", "*", "~", "$", "=", "U"])
def test_a_package_of_any_serial_can_be_packed_and_read(last: str):
    serial = f"9N4J-9Y5H-21BM-MVFG-{last}"
    record = PackedRecord(folder_of(serial), "01a20744-5168-7478-a69f-3e3afab66cbd", "2026-1", serial)
    facts = PackageFacts("somebody", "ab" * 32, datetime(2026, 11, 22, tzinfo=UTC), [record])
    assert set(facts.name) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
    assert facts.name.startswith("evidence-9N4J-9Y5H-21BM-MVFG-")
    assert "--" not in facts.name
    with opened(io.BytesIO(pack(facts.name, {"record.json": b"{}"}, b""))) as bag:
        assert bag.read("record.json") == b"{}"
