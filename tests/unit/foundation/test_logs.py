"""Whatever is logged is one line, short, and without secrets."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from printserver.foundation import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    structlog.reset_defaults()


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=600), max_size=4))
def test_any_text_makes_one_line_of_json(words: dict[str, str]):
    stream = io.StringIO()
    logs.configure(stream)
    values = {f"x{name}": value for name, value in words.items()}
    structlog.get_logger().info("something", **values)
    structlog.reset_defaults()
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    record = json.loads(line)
    assert record["event"] == "something"
    assert all(len(str(value)) <= logs.LONGEST_VALUE + 1 for value in record.values())


def test_secrets_are_known_by_their_names_and_our_tokens_by_their_form(stream: io.StringIO):
    token = "ps_" + "A" * 43
    structlog.get_logger().info("x", Authorization="a", pin="123456", note=f"sent {token}!", count=7, none=None)
    record = json.loads(stream.getvalue())
    assert (record["Authorization"], record["pin"], record["note"]) == ("[hidden]", "[hidden]", "sent ps_[hidden]!")
    assert (record["count"], record["none"]) == (7, None)


def test_of_a_long_traceback_the_end_is_kept(stream: io.StringIO):
    def deep(levels: int) -> None:
        if levels == 0:
            raise ValueError("the cause")
        # Different lines, so that Python does not shorten the repetition.
        exec(f"{chr(10) * levels}deep({levels - 1})", {"deep": deep})  # noqa: S102 -- a constant

    try:
        deep(100)
    except ValueError as error:
        structlog.get_logger().error("x", exc_info=error)
    exception = json.loads(stream.getvalue())["exception"]
    assert len(exception) <= logs.LONGEST_TRACEBACK + 1
    assert exception.endswith("ValueError: the cause")
