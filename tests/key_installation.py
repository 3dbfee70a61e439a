"""An installation of its own for key work, on which commands run as typed. Fixtures: `template`, `home`."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from printserver.audit.models import AuditEntry
from printserver.bootstrap import build, read_key_list
from printserver.cli.init import credentials_file, install
from printserver.cli.main import app
from printserver.foundation.job_queue import RecordedJobs
from printserver.settings import HOME_VARIABLE, Settings
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.tokens import open_hsm
from printserver.signing.key_list import KeyList
from printserver.signing.token_settings import softhsm_module
from tests.signing_world import PLAN

PEOPLE: Final[list[dict[str, Any]]] = [
    *PLAN["people"],
    *(
        {
            "login": login,
            "staff_number": number,
            "name": name,
            "branch": "head",
            "roles": [{"role": role, "branch": "head"}],
        }
        for login, number, name, role in (
            ("officer", "2", "何一", "key-officer"),
            ("second", "3", "林二", "key-officer"),
            ("clerk", "4", "王小明", "clerk"),
        )
    ),
]
RENEWAL: Final = """
title = "Renew the PDF key"
organisation = 1
officers = ["officer", "second"]

[[steps]]
do = "renew"
usage = "pdf"
years = 2
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("keys") / "home"
    install(Settings(home=home), CeremonyPlan.model_validate({**PLAN, "people": PEOPLE}))
    return home


class Installation:
    """A copy of the template; commands run on it as an operator types them."""

    def __init__(self, home: Path, template: Path) -> None:
        shutil.copytree(template, home)
        (home / "module").mkdir()
        module = home / "module" / "libsofthsm2.so"
        shutil.copy(softhsm_module(), module)
        configuration = home / "signer" / "token" / "softhsm2.conf"
        text = configuration.read_text().replace(str(template.resolve()), str(home.resolve()))
        configuration.write_text(text)
        self.variables = {HOME_VARIABLE: str(home), "PRINTSERVER_PKCS11_MODULE": str(module)}
        self.settings = Settings(home=home, pkcs11_module=module)

    def say(self, *words: str, typed: str = "", **variables: str) -> Result:
        return CliRunner().invoke(app, ["keys", *words], input=typed, env={**self.variables, **variables})

    def password(self, login: str) -> str:
        people = json.loads(credentials_file(self.settings).read_text())["people"]
        return str(next(person["password"] for person in people if person["login"] == login))

    def ceremony(self, text: str, *, logins: tuple[str, ...] = ("officer", "second"), digest: str = "") -> Result:
        file = self.settings.home / "plan.toml"
        file.write_text(text)
        digits = digest or sha256(text.encode()).hexdigest()[:8]
        typed = "".join(f"{digits}\n{self.password(login)}\n\n" for login in logins)
        return self.say("ceremony", str(file), typed=typed)

    @property
    def key_list(self) -> KeyList:
        return read_key_list(self.settings)

    def events(self) -> list[str]:
        database = build(self.settings, jobs=RecordedJobs()).database
        with database.reading() as work:
            found = list(work.session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))
        database.engines.dispose()
        return found

    def state(self) -> tuple[bytes, bytes, list[str]]:
        hsm = open_hsm(self.settings)
        labels = hsm.labels()
        hsm.close()
        return self.settings.key_list.read_bytes(), self.settings.root_revocation_list.read_bytes(), labels


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home", template)
