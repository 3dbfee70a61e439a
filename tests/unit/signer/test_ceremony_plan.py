"""A plan that could not be carried out is refused before the first key is made, and says where it is wrong."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from printserver.settings import REPOSITORY
from printserver.signer.ceremony_plan import CeremonyPlan, PlanMalformed, read_plan

DEMO = REPOSITORY / "keys" / "ceremonies" / "demo.toml"
Plan = dict[str, Any]


def written(folder: Path, plan: Plan) -> Path:
    """TOML's inline tables and arrays are enough."""
    file = folder / "plan.toml"
    file.write_text("\n".join(f"{name} = {inline(value)}" for name, value in plan.items()), "utf-8")
    return file


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def test_the_demonstrations_plan_can_be_carried_out():
    plan = read_plan(DEMO)
    assert isinstance(plan, CeremonyPlan)
    assert [seal.custodian for seal in plan.seals] == ["custodian"]


def deleted(*path: Any) -> Callable[[Plan], None]:
    def change(plan: Plan) -> None:
        at: Any = plan
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]

    return change


def set_to(value: Any, *path: Any) -> Callable[[Plan], None]:
    def change(plan: Plan) -> None:
        at: Any = plan
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (deleted("organisation"), "organisation"),
        (deleted("seals"), "seals"),
        (set_to([], "seals"), "seals"),
        (set_to([], "people"), "people"),
        (set_to([], "people", 0, "roles"), "people.0.roles"),
        (set_to(0, "organisation", "number"), "organisation.number"),
        (set_to(1 << 32, "organisation", "number"), "organisation.number"),
        (set_to("", "organisation", "name"), "organisation.name"),
        (set_to("emperor", "people", 0, "roles", 0, "role"), "people.0.roles.0.role"),
        (set_to("x", "people", 0, "shoe_size"), "people.0.shoe_size"),
        (set_to(5, "seals", 0, "diameter_mm"), "seals.0.diameter_mm"),
        (set_to("moon", "people", 0, "branch"), "moon"),
        (set_to("moon", "people", 0, "roles", 0, "branch"), "moon"),
        (set_to("moon", "seals", 0, "branch"), "moon"),
        (set_to("moon", "printers", 0, "branch"), "moon"),
        (set_to("nobody", "seals", 0, "custodian"), "nobody"),
        (set_to("clerk", "seals", 0, "custodian"), "clerk keeps the seal"),
        (set_to("shanghai", "people", 2, "roles", 0, "branch"), "is no custodian of branch head-office"),
        (set_to("shanghai", "branches", 0, "parent"), "stands before its parent"),
        (set_to("head-office", "branches", 1, "code"), "same branch twice"),
        (set_to("clerk", "people", 1, "login"), "same login twice"),
        (set_to("1001", "people", 1, "staff_number"), "same staff number twice"),
        (set_to("ipps://printer", "printers", 0, "uri"), "printers.0"),
        (deleted("printers", 0, "emulated_port"), "printers.0"),
        (set_to(0, "printers", 0, "emulated_port"), "printers.0.emulated_port"),
    ],
)  # fmt: skip
def test_a_bad_plan_says_where_it_is_wrong(tmp_path: Path, change: Callable[[Plan], None], says: str):
    plan = copy.deepcopy(tomllib.loads(DEMO.read_text("utf-8")))
    change(plan)
    with pytest.raises(PlanMalformed, match=says.replace(".", r"\.")):
        read_plan(written(tmp_path, plan))


@pytest.mark.parametrize("content", [b"no toml at all = = =", b"\xff\xfe", b""])
def test_what_is_no_plan_at_all_is_refused_by_its_name(tmp_path: Path, content: bytes):
    (tmp_path / "plan.toml").write_bytes(content)
    with pytest.raises(PlanMalformed, match=r"plan\.toml"):
        read_plan(tmp_path / "plan.toml")


def test_a_plan_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(PlanMalformed):
        read_plan(tmp_path / "missing.toml")


@pytest.mark.parametrize(("organisation", "seal", "carried_out"), [
    ("示例测试公司", "示例公司公章（测试）", True),
    ("Example TEST Ltd", "Example test seal", True),
    ("示例公司", "示例公司公章（测试）", False),
    ("示例测试公司", "示例公司公章", False),
    ("Example Attest Ltd", "TEST", False),
])  # fmt: skip
def test_an_organisation_for_tests_says_so_in_its_name_and_on_its_seals(
    organisation: str, seal: str, carried_out: bool, tmp_path: Path
):
    plan = tomllib.loads(DEMO.read_text("utf-8"))
    plan["organisation"] |= {"name": organisation, "test": True}
    plan["seals"][0]["name"] = seal
    if carried_out:
        assert read_plan(written(tmp_path, plan)).organisation.test
    else:
        with pytest.raises(PlanMalformed, match="TEST"):
            read_plan(written(tmp_path, plan))
