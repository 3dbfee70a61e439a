"""The jobs that seals need done by the signer. Enqueued twice with the same id they run once."""

from __future__ import annotations

from uuid import UUID

from printserver.foundation.job_queue import Job


def make_seal_job(seal_id: UUID, *, again: UUID | None = None) -> Job:
    """again: of a further try, after one that was refused."""
    suffix = "" if again is None else f"-{again}"
    return Job("make-seal", f"make-seal-{seal_id}{suffix}", (str(seal_id),))


def destroy_key_job(seal_id: UUID) -> Job:
    return Job("destroy-seal-key", f"destroy-seal-key-{seal_id}", (str(seal_id),))
