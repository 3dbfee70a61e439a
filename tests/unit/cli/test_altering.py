"""The one digit that the demonstration alters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from printserver.cli.demo.altering import first_alteration
from printserver.cli.demo.contract import sample_contract
from printserver.cli.demo.paper import rasterise
from tests.world_building import contract

DPI = 100


def test_one_digit_of_the_first_amount_becomes_another_and_nothing_else_changes(tmp_path: Path):
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(sample_contract())
    alteration = first_alteration(paper, DPI)
    assert alteration is not None
    assert alteration.altered[1:] == alteration.issued[1:]
    assert alteration.altered[0] > alteration.issued[0]
    differs = (alteration.picture != rasterise(paper, alteration.page, DPI)).any(axis=2)
    rows, columns = np.nonzero(differs)
    assert 0 < np.ptp(rows) < DPI * 5 / 25.4
    assert 0 < np.ptp(columns) < DPI * 3 / 25.4


def test_a_contract_without_an_amount_is_left_alone(tmp_path: Path):
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(contract("No sum is named."))
    assert first_alteration(paper, DPI) is None
