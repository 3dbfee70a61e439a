"""Durable jobs on DBOS, enqueued in the transaction that makes them necessary. The only user of DBOSClient.

DBOS reads a row in the form that the row itself names, also as a pickle, which is a program: whoever may write to its
tables would run code in the worker. Whatever the configuration says, importing this module takes that away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NoReturn

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from dbos._serialization import DefaultSerializer
from sqlalchemy.orm import Session

from printserver.foundation.errors import IntegrityError
from printserver.foundation.job_queue import Job

APPLICATION: Final = "printserver"
APPLICATION_VERSION: Final = "jobs-1"


class PickledJob(IntegrityError):
    """Somebody else has written into the job tables: we write JSON only."""

    code = "pickled-job"


def _refuse_pickle(_serializer: DefaultSerializer, serialized_data: str) -> NoReturn:
    raise PickledJob(f"a row of the job tables holds a pickle of {len(serialized_data)} characters")


DefaultSerializer.deserialize = _refuse_pickle  # type: ignore[assignment]  # no setting turns it off


@dataclass
class DbosJobQueue:
    """database_url: where DBOS keeps its tables; on SQLite the very file of the domain."""

    database_url: str
    _client: DBOSClient | None = field(default=None, repr=False)

    def enqueue(self, session: Session, job: Job) -> None:
        options: EnqueueOptions = {
            "workflow_name": job.workflow,
            "queue_name": job.queue,
            "workflow_id": job.id,
            "app_version": APPLICATION_VERSION,
        }
        if job.partition is not None:
            options["queue_partition_key"] = job.partition
        self._connected().enqueue_in_transaction(session, options, *job.arguments)

    def _connected(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_url=self.database_url,
                application_name=APPLICATION,
                serializer=DBOSPortableJSONSerializer(),
            )
        return self._client
