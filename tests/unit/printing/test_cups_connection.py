"""What is made of libcups' word; the statuses are those that it gave in the situations named beside them."""

from __future__ import annotations

import cups
import pytest

from printserver.printing.cups_connection import NotPossible, connected, failure
from printserver.printing.ports import JobNotFound, SpoolerRefused, SpoolerUnavailable

MISSING = JobNotFound("CUPS has no job 1")


@pytest.mark.parametrize(
    ("status", "made_of_it"),
    [
        (0x0000, SpoolerUnavailable),  # a call that failed though nothing was answered
        (cups.IPP_INTERNAL_ERROR, SpoolerUnavailable),  # killed in the middle, or silent
        (cups.IPP_SERVICE_UNAVAILABLE, SpoolerUnavailable),  # stopped
        (cups.IPP_NOT_POSSIBLE, NotPossible),  # cancelled twice
        (cups.IPP_STATUS_ERROR_CUPS_AUTHENTICATION_CANCELED, SpoolerRefused),  # another system user
        (cups.IPP_NOT_AUTHENTICATED, SpoolerRefused),
        (cups.IPP_FORBIDDEN, SpoolerRefused),
        (cups.IPP_DOCUMENT_FORMAT, SpoolerRefused),  # not PDF
        (cups.IPP_NOT_ACCEPTING, SpoolerRefused),  # a queue that rejects
    ],
)
def test_no_answer_is_told_from_a_refusal(status, made_of_it):
    assert type(failure(status, MISSING)) is made_of_it


def test_what_is_not_found_is_what_the_errand_is_about():
    assert failure(cups.IPP_NOT_FOUND, MISSING) is MISSING


def test_a_fault_of_the_block_itself_is_left_as_it_is(silent_socket):
    with pytest.raises(RuntimeError, match="our own"), connected(silent_socket, missing=MISSING):
        raise RuntimeError("our own")


def test_a_relative_path_is_no_name_of_a_host(monkeypatch, silent_socket):
    monkeypatch.chdir(silent_socket.parent)
    with connected(silent_socket.relative_to(silent_socket.parent), missing=MISSING) as connection:
        assert str(silent_socket) in repr(connection)
