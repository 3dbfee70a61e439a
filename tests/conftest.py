"""What all tests share: the run's limits, its own PostgreSQL, and the proof that no process stays behind."""

from __future__ import annotations

import gc
import os
import signal
from types import FrameType
from typing import Any, Final

import pytest
import xdist
from hypothesis import HealthCheck, settings

from tests import leftover_processes
from tests.postgresql_server import postgresql, postgresql_url
from tests.sharing_out import SharedOut, end_the_one_server

__all__ = ["postgresql", "postgresql_url"]

_RUN = pytest.StashKey[str]()
LONG_FILES: Final = ("faults", "browser", "flows", "contracts", "http")
"""Folders, those with the longest files first."""

# Time limits of single examples say more about the machine than about the code; `timeout` covers whole tests.
settings.register_profile("printserver", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("printserver"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "printserver")


def pytest_configure(config: pytest.Config) -> None:
    owner = os.getpid()

    def end_in_order(signal_number: int, _frame: FrameType | None) -> None:
        """End as after the last test, so that fixtures stop what they started."""
        if os.getpid() == owner:
            pytest.exit("terminated", returncode=128 + signal_number)
        signal.signal(signal_number, signal.SIG_DFL)  # a forked process inherits this handler, but has no fixtures
        os.kill(os.getpid(), signal_number)

    signal.signal(signal.SIGTERM, end_in_order)


def pytest_sessionstart(session: pytest.Session) -> None:
    if not xdist.is_xdist_worker(session):  # the workers of a parallel run, and what they start, inherit the mark
        session.config.stash[_RUN] = leftover_processes.mark_this_run()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedOut:
    return SharedOut(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The workers of a parallel run must find the same tests in the same order, which sets do not have."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        if len(mark.args) > 1 and isinstance(mark.args[1], set | frozenset):
            raise pytest.UsageError(f"{metafunc.definition.nodeid}: sort the set of parameters {mark.args[0]}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker of a parallel run begins one when the others have ended."""
    folders = [config.rootpath / "tests" / name for name in LONG_FILES]
    items.sort(key=lambda item: next((at for at, one in enumerate(folders) if one in item.path.parents), len(folders)))


def pytest_collection_finish() -> None:
    """What is here before the first test stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    end_the_one_server(item.session, nextitem)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that left processes behind has failed; they are ended."""
    if xdist.is_xdist_worker(session):
        return
    found = leftover_processes.leftovers(session.config.stash[_RUN])
    for process_id in found:
        os.kill(process_id, signal.SIGKILL)
    if found:
        report = session.config.get_terminal_writer()
        report.line()
        for process_id, command in found.items():
            report.line(f"left behind and ended: {process_id} {command}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
