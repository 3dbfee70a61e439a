"""The description of the API is whole: every operation with words, examples that are allowed, and its errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import params
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from printserver.api.description import ERRORS, describe
from printserver.api.examples import example_of
from printserver.app import create_app
from printserver.http_edge.edge import Application
from printserver.http_edge.problems import MACHINE_PATHS, MEDIA_TYPE
from printserver.http_edge.routes import EdgeRoute
from tests.world import World


@pytest.fixture(scope="module")
def app(world_template: World) -> Application:
    """Nobody asks it anything."""
    return create_app(world_template.adapters)


@pytest.fixture(scope="module")
def description(app: Application) -> dict[str, Any]:
    return describe(app.routes)


def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def routes(app: Application) -> dict[tuple[str, str], EdgeRoute]:
    return {
        (method, route.path_format): route
        for context in iter_route_contexts(app.routes)
        if isinstance(route := context.original_route, EdgeRoute) and route.path_format.startswith(MACHINE_PATHS)
        for method in route.methods
    }


def _adapter(field: Any) -> TypeAdapter[Any]:
    return TypeAdapter(field.annotation)


def test_every_route_for_programs_is_described_and_no_page(app: Application, description: dict[str, Any]):
    assert set(operations(description)) == set(routes(app))
    assert len(operations(description)) > 150


def test_every_operation_has_words_a_tag_and_its_errors(description: dict[str, Any]):
    for name, operation in operations(description).items():
        assert operation["summary"], name
        assert not operation["summary"].endswith("."), name
        assert operation["tags"], name
        assert MEDIA_TYPE in operation["responses"]["default"]["content"], name
        answered = set(operation["responses"])
        assert {"503"} <= answered, name
        assert ("401" in answered) is ("security" in operation), name
        assert "{" not in name[1] or "404" in answered, name
        assert name[0] == "GET" or "409" in answered, name
    assert "HTTPValidationError" not in json.dumps(description)


def test_every_body_answer_and_parameter_has_an_example(description: dict[str, Any]):
    for name, operation in operations(description).items():
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for code, answer in operation["responses"].items() if code[0] == "2"]
        for media in (each for content in contents for each in content.values()):
            assert "example" in media or media.get("examples"), name
        for parameter in operation.get("parameters", []):
            assert "example" in parameter, (name, parameter["name"])


def test_examples_are_what_the_operations_take_and_answer(app: Application, description: dict[str, Any]):
    found, checked = operations(description), 0
    for name, route in routes(app).items():
        operation = found.get(name)
        if operation is None:
            continue
        body = route.body_field
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None and media is not None and not isinstance(body.field_info, params.Form):
            _adapter(body.field_info).validate_json(json.dumps(media["example"]))
            checked += 1
        if route.response_field is not None:
            media = operation["responses"][str(route.status_code or 200)]["content"]["application/json"]
            _adapter(route.response_field.field_info).validate_json(json.dumps(media["example"]))
            checked += 1
    assert checked > 150


def test_every_error_is_one_component_with_an_example_of_its_schema(description: dict[str, Any]):
    problem = description["components"]["schemas"]["Problem"]
    for status, (component, title, code, _) in ERRORS.items():
        example = description["components"]["responses"][component]["content"][MEDIA_TYPE]["example"]
        assert set(problem["required"]) <= set(example) <= set(problem["properties"])
        assert (example["status"], example["title"], example["code"]) == (int(status), title, code)


def test_programs_sign_in_with_a_token_and_browsers_with_their_session(description: dict[str, Any]):
    schemes = description["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["cookie"]["in"]) == ("http", "cookie")
    used = {
        name
        for operation in operations(description).values()
        for each in operation.get("security", [])
        for name in each
    }
    assert used == set(schemes)


def test_changes_say_that_they_take_a_key_and_which_need_a_second_factor(description: dict[str, Any]):
    found = operations(description)

    def headers(method: str, path: str) -> set[str]:
        return {
            each["name"] for each in found[method, f"/api/v1{path}"].get("parameters", []) if each["in"] == "header"
        }

    assert headers("POST", "/print-requests") == {"Idempotency-Key"}
    assert headers("POST", "/print-requests/{request_id}/approvals") == {"Idempotency-Key", "X-Step-Up"}
    assert headers("POST", "/webhooks") == set()
    assert headers("GET", "/webhooks") == set()


def test_every_reference_leads_somewhere(description: dict[str, Any]):
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for member in value.values() for each in references(member)]
        return [each for member in value for each in references(member)] if isinstance(value, list) else []

    for reference in set(references(description)):
        at: Any = description
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string", "examples": ["own"]}, "own"),
        ({"type": "string", "format": "date"}, "2026-11-22"),
        ({"type": "string", "minLength": 6, "maxLength": 8}, "textxx"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "minimum": 0}, 1),
        ({"type": "integer", "minimum": 0, "maximum": 0}, 0),
        ({"type": "number", "exclusiveMinimum": 3}, 4),
        ({"anyOf": [{"type": "null"}, {"const": "a"}]}, "a"),
        ({"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 2}, ["x", "x"]),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, {"a": False}),
        ({"type": "object", "additionalProperties": {"type": "null"}}, {"name": None}),
        ({"$ref": "#/components/schemas/S"}, "s"),
    ],
)
def test_an_example_follows_the_schema(schema: dict[str, Any], example: object):
    assert example_of(schema, {"S": {"const": "s"}}) == example


def test_a_schema_that_holds_itself_ends():
    tree = {"T": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/T"}}}}}
    assert example_of({"$ref": "#/T"}, tree)
