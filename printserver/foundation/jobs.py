"""Durable jobs on DBOS, enqueued in the transaction that makes them necessary. The only user of DBOSClient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy.orm import Session

from printserver.foundation.job_queue import Job

APPLICATION: Final = "printserver"
APPLICATION_VERSION: Final = "jobs-1"


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
        self._connected().enqueue_in_transaction(session, options, *job.arguments)

    def _connected(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(
                system_database_url=self.database_url,
                application_name=APPLICATION,
                serializer=DBOSPortableJSONSerializer(),
            )
        return self._client
