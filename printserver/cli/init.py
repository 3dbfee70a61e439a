"""`printserver init`: a first installation from one reviewed file; `--demo` uses the demonstration's own."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from printserver.audit.log import By
from printserver.bootstrap import build
from printserver.cli.queues import KnownQueue, emulated_printer, write_queues
from printserver.cli.system_users import CUPS, WEB, WORKER, hand_over, make_home, separated
from printserver.foundation.clock import SystemClock
from printserver.foundation.errors import NotFound, Refused
from printserver.foundation.ids import new_id
from printserver.foundation.job_queue import RecordedJobs
from printserver.foundation.unit_of_work import Work
from printserver.migrations.upgrade import upgrade
from printserver.organisations.passwords import initial_password
from printserver.organisations.permissions import Permission, Role, is_binding, permissions_of
from printserver.organisations.secrets import Secrets
from printserver.organisations.service import create_branch, create_organisation, create_user, grant_role
from printserver.printing.pin import read_pin
from printserver.printing.service import NewPrinter, enrol_printer
from printserver.seals.service import NewSeal, register_seal
from printserver.settings import REPOSITORY, Settings
from printserver.signer.ceremony_plan import CeremonyPlan, PrinterPlan
from printserver.signer.first_objects import first_objects, record_vault_made
from printserver.signer.first_transcript import keep_first_transcript
from printserver.signer.genesis import genesis
from printserver.signer.key_ceremony import MadeSeal, hold
from printserver.signer.tokens import is_made_by_ceremony, require_token_for_ceremony
from printserver.signing.register_journal import begin_register
from printserver.signing.transcripts import Officer
from printserver.signing.trust import OfflineRoot
from printserver.storage.objects import Objects

DEMO_PLAN: Final = REPOSITORY / "keys" / "ceremonies" / "demo.toml"
BY_INIT: Final = By(process="init")
UM_PER_MM: Final = 1_000
ROOT: Final = "root"
"""Commands of an administrator read objects, too; to root nothing of the machine is closed anyhow."""


class AlreadyInstalled(Refused):
    code = "already-installed"


class NothingInstalled(NotFound):
    code = "nothing-installed"


@dataclass(frozen=True)
class FirstPasswords:
    """`must_change`: at the first sign-in."""

    by_login: dict[str, str]
    must_change: bool


@dataclass(frozen=True)
class _Places:
    """Ids by the names that the plan gives them."""

    organisation: UUID
    branches: dict[str, UUID]
    people: dict[str, UUID]


def is_installed(settings: Settings) -> bool:
    """`init` leaves its mark last, so that an interrupted one is recognised; credentials are handed out and deleted."""
    return _mark(settings).exists()


def require_installed(settings: Settings) -> None:
    """Raises: NothingInstalled."""
    if not is_installed(settings):
        raise NothingInstalled(f"nothing is installed in {settings.home}; `printserver init FILE` does it")


def credentials_file(settings: Settings) -> Path:
    """First passwords, readable by the owner alone; to be handed out and deleted."""
    return settings.home / "credentials.json"


def _mark(settings: Settings) -> Path:
    return settings.home / "installed"


@dataclass(frozen=True)
class Attended:
    """The reviewed file, word for word, and the officers who have confirmed it."""

    file: str
    officers: tuple[Officer, ...]


NOBODY: Final = Attended("", ())


def require_vacant(settings: Settings) -> None:
    """Before officers are asked for anything.   Raises: AlreadyInstalled."""
    if is_installed(settings):
        raise AlreadyInstalled(f"there is an installation in {settings.home} already")
    made_by_ceremony = [settings.offline_root, settings.key_list]
    if is_made_by_ceremony(settings):
        made_by_ceremony.append(settings.token_folder)
    if any(made.exists() for made in made_by_ceremony):
        raise AlreadyInstalled(f"an earlier init was interrupted; look at {settings.home}, remove it, begin again")


def install(
    settings: Settings, plan: CeremonyPlan, *, passwords_last: bool = False, attended: Attended = NOBODY
) -> None:
    """Make everything; `settings.home` must hold no installation yet.

    passwords_last: the first passwords need not be changed; for demonstrations and tests.
    attended: what the transcript says; without it, that this is a demonstration.
    Raises: AlreadyInstalled, TrustFileRefused; TokenSetupRefused, HsmPinRefused, HsmUnavailable for a token that is
    there before and does not serve.
    """
    require_vacant(settings)
    require_token_for_ceremony(settings)
    before = os.umask(0o022)
    try:
        make_home(settings)
        Secrets.make(settings.web_secret)
        queues = [_queue(settings, printer) for printer in plan.printers]
        began_at = SystemClock().now()
        held = hold(settings, plan, began_at)
        upgrade(settings.database)
        passwords = {person.login: initial_password() for person in plan.people}
        _write_rows(settings, plan, FirstPasswords(passwords, not passwords_last), held.seals, queues)
        _begin_register(settings, held.root)
        keep_first_transcript(
            settings,
            held.root,
            plan=attended.file,
            officers=attended.officers,
            began_at=began_at,
            ended_at=SystemClock().now(),
        )
        write_queues(settings, queues)
        hand_over(settings)
        _write_credentials(settings, plan, passwords)
        _write_settings(settings, second_factors=not passwords_last)
        _mark(settings).write_text(f"{plan.organisation.name}\n", "utf-8")
    finally:
        os.umask(before)


def _queue(settings: Settings, printer: PrinterPlan) -> KnownQueue:
    if printer.emulated_port is not None:
        emulated = emulated_printer(settings, printer.queue, printer.emulated_port)
        emulated.build()
        return KnownQueue(printer.queue, emulated.uri, emulated.certificate_pem, printer.emulated_port)
    if printer.uri is None or printer.certificate_file is None:
        raise AssertionError("the plan was checked when it was read")
    return KnownQueue(printer.queue, printer.uri, printer.certificate_file.read_text("ascii"), None)


def _write_rows(
    settings: Settings,
    plan: CeremonyPlan,
    passwords: FirstPasswords,
    seals: tuple[MadeSeal, ...],
    queues: list[KnownQueue],
) -> None:
    adapters = build(settings, jobs=RecordedJobs())
    with first_objects(settings) as objects, adapters.database.work() as work:
        places = _people(work, adapters.secrets, plan, passwords)
        for seal in seals:
            register_seal(work, BY_INIT, _new_seal(places, seal, objects))
        if settings.object_store.sealed and seals:
            record_vault_made(work, BY_INIT, places.organisation)
        for printer, queue in zip(plan.printers, queues, strict=True):
            enrol_printer(work, BY_INIT, _new_printer(places, printer, queue))
    adapters.database.engines.dispose()


def _begin_register(settings: Settings, root: OfflineRoot) -> None:
    """Whoever and whatever the plan named goes into the signer's register, under the root that is still here."""
    adapters = build(settings, jobs=RecordedJobs())
    with adapters.database.reading() as work:
        begin_register(settings.register, genesis(work), sign=root.sign, at=work.now())
    adapters.database.engines.dispose()


def _people(work: Work, secrets: Secrets, plan: CeremonyPlan, passwords: FirstPasswords) -> _Places:
    organisation = create_organisation(work, BY_INIT, number=plan.organisation.number, name=plan.organisation.name)
    places = _Places(organisation.id, {}, {})
    branches = {}
    for each in plan.branches:
        parent = None if each.parent is None else places.branches[each.parent]
        branches[each.code] = create_branch(work, BY_INIT, organisation, name=each.name, parent_id=parent)
        places.branches[each.code] = branches[each.code].id
    for person in plan.people:
        user = create_user(
            work,
            BY_INIT,
            branches[person.branch],
            login=person.login,
            staff_number=person.staff_number,
            name=person.name,
            password=passwords.by_login[person.login],
            secrets=secrets,
            must_change=passwords.must_change,
        )
        places.people[person.login] = user.id
        for role in person.roles:
            grant_role(work, BY_INIT, user, role.role, branches[role.branch])
    return places


def _new_seal(places: _Places, seal: MadeSeal, objects: Objects) -> NewSeal:
    return NewSeal(
        id=new_id(),
        organisation_id=places.organisation,
        branch_id=places.branches[seal.plan.branch],
        custodian_id=places.people[seal.plan.custodian],
        code_id=seal.code_id,
        name=seal.plan.name,
        type=seal.plan.type,
        width_um=seal.plan.diameter_mm * UM_PER_MM,
        height_um=seal.plan.diameter_mm * UM_PER_MM,
        object_sha256=objects.put(seal.object, places.organisation),
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
    )


def _new_printer(places: _Places, printer: PrinterPlan, queue: KnownQueue) -> NewPrinter:
    return NewPrinter(
        organisation_id=places.organisation,
        branch_id=places.branches[printer.branch],
        name=printer.name,
        location=printer.location,
        queue=queue.name,
        uri=queue.uri,
        pin=read_pin(queue.certificate_pem),
        two_sided=queue.emulated_port is not None,
        counter="none" if queue.emulated_port is None else "ipp",
    )


def _write_settings(settings: Settings, *, second_factors: bool) -> None:
    """What this installation needs beyond the defaults, above what the operator wrote before; more may be added.

    second_factors: whoever can help to seal, and who administers people, has to have one.
    """
    present = settings.file.read_text("utf-8") if settings.file.exists() else ""
    lines = ["# Settings of this installation; deploy/settings.example.toml explains each one."]
    for name, users in (
        ("signer_clients", [WORKER]),
        ("storage_clients", [WEB, WORKER, ROOT]),
        ("ticket_clients", [CUPS]),
    ):
        if separated() and name not in tomllib.loads(present):
            lines.append(f"{name} = {json.dumps(users)}")
    if second_factors and "second_factor_roles" not in tomllib.loads(present):
        roles = [role.value for role in Role if is_binding(role) or Permission.MANAGE_PEOPLE in permissions_of(role)]
        lines.append(f"second_factor_roles = {json.dumps(roles)}")
    settings.file.write_text("\n".join(lines) + f"\n{present}", "utf-8")


def _write_credentials(settings: Settings, plan: CeremonyPlan, passwords: dict[str, str]) -> None:
    people = [
        {
            "login": person.login,
            "name": person.name,
            "roles": [role.role for role in person.roles],
            "password": passwords[person.login],
        }
        for person in plan.people
    ]
    text = json.dumps({"people": people}, ensure_ascii=False, indent=2)
    unfinished = credentials_file(settings).with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(f"{text}\n", "utf-8")
    unfinished.replace(credentials_file(settings))
