"""The worker process: registers every room's jobs with DBOS and runs them until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from printserver.approvals import workflows as register_jobs
from printserver.approvals.registering import RegisterTools
from printserver.archive import workflows as archive_jobs
from printserver.archive.searchable import ask_for_old
from printserver.archive.workflows import SearchableTools
from printserver.bootstrap import Adapters, build, hand_in_rules
from printserver.foundation.job_queue import PRINTING, WORK
from printserver.foundation.jobs import APPLICATION, APPLICATION_VERSION
from printserver.foundation.logs import configure_unless_done
from printserver.organisations.dormancy import freeze_dormant_accounts
from printserver.organisations.identity_proof_steps import move_by_time
from printserver.print_requests import workflows as request_jobs
from printserver.print_requests.batch_running import BatchTools
from printserver.print_requests.batches import forget_old_batches
from printserver.print_requests.drafts import forget_old_drafts
from printserver.print_requests.open_forms import forget_old_forms
from printserver.print_requests.owed_reminders import tell_owed
from printserver.print_requests.pipeline import expire_requests
from printserver.print_requests.printing import PrintTools
from printserver.print_requests.second_look import look_again
from printserver.print_requests.workflows import RequestTools
from printserver.returns import workflows as return_jobs
from printserver.returns.printer_days import check_counts
from printserver.returns.workflows import ReturnTools
from printserver.seals import workflows as seal_jobs
from printserver.seals.workflows import SealTools
from printserver.settings import Settings
from printserver.worker.archive_watch import archive_rounds
from printserver.worker.disposal import disposal_tools
from printserver.worker.effects import EFFECTS
from printserver.worker.intake import intake_rounds
from printserver.worker.key_watch import EVERY_SECONDS as KEYS_SECONDS
from printserver.worker.key_watch import warn_of_keys
from printserver.worker.messages import message_rounds
from printserver.worker.printer_watch import watch_printers
from printserver.worker.queue_watch import EVERY_SECONDS, note_queues
from printserver.worker.recovery import Liveness, hold_single_worker_lock
from printserver.worker.redemption import open_desk
from printserver.worker.rounds import go_round

POLL_SECONDS: Final = 0.2
WORK_AT_ONCE: Final = 4
COPIES_AT_ONCE: Final = 2
"""A printer: one prints, and the next one is ready at the spooler."""
EXPIRY_SECONDS: Final = 60.0
DRAFTS_SECONDS: Final = 3_600.0
IDENTITIES_SECONDS: Final = 3_600.0
DORMANCY_SECONDS: Final = 3_600.0
"""Each look does what the day asks for, so that a worker that was away misses none."""
SECOND_LOOK_SECONDS: Final = 5.0
RECONCILIATION_SECONDS: Final = 60.0
OWED_SECONDS: Final = 3_600.0
SQLITE_EXECUTOR: Final = "worker"


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. What was begun goes on after the next start."""
    configure_unless_done()
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    adapters = build(settings)
    liveness = _start(adapters)
    seal_jobs.ask_again(adapters.database)
    ask_for_old(adapters.database)
    structlog.get_logger().info("worker ready")
    if liveness is not None:
        liveness.watch()
    watches = _watches(adapters, stop)
    with open_desk(adapters):
        stop.wait()
    for watch in watches:
        watch.join()
    DBOS.destroy()


def _watches(adapters: Adapters, stop: threading.Event) -> list[threading.Thread]:
    database, zone = adapters.database, ZoneInfo(adapters.settings.time_zone)
    printing, dormancy = print_tools(adapters), adapters.settings.dormancy_policy
    every = adapters.settings.return_reminder_days
    return [
        go_round("keys", lambda: warn_of_keys(database, adapters.settings), stop, every_seconds=KEYS_SECONDS),
        go_round("expiry", lambda: expire_requests(database), stop, every_seconds=EXPIRY_SECONDS),
        go_round("dormancy", lambda: freeze_dormant_accounts(database, dormancy), stop, every_seconds=DORMANCY_SECONDS),
        go_round("identities", lambda: move_by_time(database), stop, every_seconds=IDENTITIES_SECONDS),
        go_round("old drafts", lambda: forget_old_drafts(database), stop, every_seconds=DRAFTS_SECONDS),
        go_round("old batches", lambda: forget_old_batches(database), stop, every_seconds=DRAFTS_SECONDS),
        go_round("old forms", lambda: forget_old_forms(database), stop, every_seconds=DRAFTS_SECONDS),
        go_round("second look", lambda: look_again(printing), stop, every_seconds=SECOND_LOOK_SECONDS),
        go_round("owed papers", lambda: tell_owed(database, every_days=every), stop, every_seconds=OWED_SECONDS),
        *archive_rounds(adapters, stop),
        watch_printers(database, zone, stop),
        go_round("queues", lambda: note_queues(printing), stop, every_seconds=EVERY_SECONDS),
        *message_rounds(adapters, stop),
        *intake_rounds(adapters, stop),
        go_round("reconciliation", lambda: check_counts(database, zone), stop, every_seconds=RECONCILIATION_SECONDS),
    ]


def print_tools(adapters: Adapters) -> PrintTools:
    return PrintTools(adapters.database, adapters.objects, adapters.spooler, adapters.shares)


def _batch_tools(adapters: Adapters) -> BatchTools:
    settings = adapters.settings
    return BatchTools(
        adapters.database,
        adapters.objects,
        hand_in_rules(settings),
        adapters.load_key_list,
        settings.most_copies,
        settings.request_expires_after_days,
    )


def _start(adapters: Adapters) -> Liveness | None:
    settings, database = adapters.settings, adapters.database
    liveness: Liveness | None = None
    executor = SQLITE_EXECUTOR
    if database.engines.writing.dialect.name == "sqlite":
        hold_single_worker_lock(settings.data / "worker.lock")
    else:
        liveness = Liveness(database.engines.writing)
        executor = liveness.executor
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": settings.database,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "serializer": DBOSPortableJSONSerializer(),
        "run_migrations": False,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    register(adapters)
    DBOS.launch()
    DBOS.register_queue(WORK, worker_concurrency=WORK_AT_ONCE, polling_interval_sec=POLL_SECONDS)
    DBOS.register_queue(PRINTING, partition_concurrency=COPIES_AT_ONCE, polling_interval_sec=POLL_SECONDS)
    return liveness


def register(adapters: Adapters) -> None:
    """Every workflow of every room."""
    database, objects = adapters.database, adapters.objects
    request_jobs.register(
        RequestTools(print_tools(adapters), adapters.signer, adapters.load_key_list, lambda: adapters.is_test)
    )
    request_jobs.register_batches(_batch_tools(adapters))
    register_jobs.register(RegisterTools(database, adapters.signer, EFFECTS))
    seal_jobs.register(SealTools(database, adapters.signer))
    return_jobs.register_evidence(adapters.evidence_tools)
    return_jobs.register(ReturnTools(database, objects, adapters.load_key_list))
    archive_jobs.register(SearchableTools(database, objects, adapters.index_keys))
    archive_jobs.register_disposal(disposal_tools(adapters))
