"""A first installation: everything for its owner alone, once, and recognised when it was interrupted."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from printserver.bootstrap import build
from printserver.cli import init
from printserver.cli.init import DEMO_PLAN, ROOT, AlreadyInstalled, credentials_file, install, is_installed
from printserver.cli.main import app
from printserver.cli.queues import read_queues
from printserver.cli.system_users import GROUP, SIGNER, WEB, WORKER, separated, stage_code, system_user
from printserver.foundation.job_queue import RecordedJobs
from printserver.organisations.credentials import check_password
from printserver.seals.models import Seal
from printserver.settings import Settings
from printserver.signer.ceremony_plan import CeremonyPlan
from printserver.signer.first_objects import first_objects
from tests.signing_world import PLAN
from tests.world_building import cheap_passwords


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of the smallest plan, beside a settings file that the operator had written before."""
    home = tmp_path_factory.mktemp("installed")
    (home / "settings.toml").write_text("most_copies = 3\n")
    settings = Settings(home=home)
    with cheap_passwords():
        install(settings, CeremonyPlan.model_validate(PLAN))
    return settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_person_can_sign_in_with_the_password_handed_out(installed: Settings):
    people = json.loads(credentials_file(installed).read_text("utf-8"))["people"]
    adapters = build(installed, jobs=RecordedJobs())
    for person in people:
        with adapters.database.work() as work:
            candidate = check_password(work, adapters.secrets, login=person["login"], password=person["password"])
            assert candidate is not None
            assert {grant.role for grant in candidate.actor.grants} == set(person["roles"])
    adapters.database.engines.dispose()


def test_the_seal_is_registered_with_its_signed_object(installed: Settings):
    adapters = build(installed, jobs=RecordedJobs())
    with adapters.database.reading() as work:
        (seal,) = work.session.scalars(select(Seal))
    adapters.database.engines.dispose()
    with first_objects(installed) as objects:
        assert objects.get(seal.object_sha256, seal.organisation_id)
    assert (seal.width_um, seal.height_um) == (40_000, 40_000)
    assert read_queues(installed) == []


def test_secrets_are_for_their_owners_alone(installed: Settings):
    assert mode(credentials_file(installed)) == 0o600
    assert mode(installed.offline_root) == 0o700
    assert mode(installed.signer_home) == mode(installed.web_home) == 0o700
    assert mode(installed.pin_file) == mode(installed.attestation_key) == mode(installed.web_secret) == 0o600
    if separated():
        owners = {
            path: path.stat().st_uid for path in (installed.pin_file, installed.attestation_key, installed.web_secret)
        }
        assert owners == {
            installed.pin_file: system_user(SIGNER).uid,
            installed.attestation_key: system_user(WEB).uid,
            installed.web_secret: system_user(WEB).uid,
        }
        assert installed.offline_root.stat().st_uid == 0


def test_what_the_operator_had_set_is_kept(installed: Settings):
    settings = tomllib.loads(installed.file.read_text("utf-8"))
    assert settings["most_copies"] == 3
    assert settings.get("signer_clients") == ([WORKER] if separated() else None)
    assert settings.get("storage_clients") == ([WEB, WORKER, ROOT] if separated() else None)


def test_nothing_is_installed_over_an_installation(installed: Settings):
    """Also after the first passwords were handed out and their file deleted."""
    before = {path: path.read_bytes() for path in installed.home.rglob("*") if path.is_file()}
    kept = credentials_file(installed).read_bytes()
    credentials_file(installed).unlink()
    try:
        assert is_installed(installed)
        with pytest.raises(AlreadyInstalled):
            install(installed, CeremonyPlan.model_validate(PLAN))
    finally:
        credentials_file(installed).write_bytes(kept)
    assert {path: path.read_bytes() for path in installed.home.rglob("*") if path.is_file()} == before


def test_an_interrupted_installation_is_not_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def crash(_url: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(init, "upgrade", crash)
    settings = Settings(home=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        install(settings, CeremonyPlan.model_validate(PLAN))
    assert not is_installed(settings)
    with pytest.raises(AlreadyInstalled, match="interrupted"):
        install(settings, CeremonyPlan.model_validate(PLAN))


def test_officers_are_asked_for_nothing_where_an_installation_is(tmp_path: Path):
    (tmp_path / "installed").touch()
    said = CliRunner().invoke(app, ["init", str(DEMO_PLAN)], env={"PRINTSERVER_HOME": str(tmp_path)})
    assert said.exit_code == 2
    assert "already-installed" in said.output
    assert "digits" not in said.output
    assert [each.name for each in tmp_path.iterdir()] == ["installed"]


def test_system_users_are_asked_for_only_when_there_can_be_some(tmp_path: Path):
    user = system_user(WEB)
    if separated():
        assert (user.name, user.uid is not None, user.gid is not None) == (WEB, True, True)
        assert GROUP
    else:
        assert (user.name, user.uid, user.gid) == (None, None, None)
    settings = Settings(home=tmp_path)
    code = stage_code(settings)
    assert (code / "printserver" / "settings.py").is_file()
    if separated():
        assert all(path.stat().st_mode & 0o004 for path in code.rglob("*"))
        assert not [path for path in code.rglob("*") if path.name in {".git", "var", "tests"}]
