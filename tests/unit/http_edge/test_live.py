"""What a listener has not been sent yet is kept as topics, however slow it is; and topics are read with care."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.http_edge.live import Ear, Listener
from printserver.http_edge.live_topics import MOST_TOPICS, Kind, Topic, TopicsMalformed, parse_topics
from printserver.organisations.access import Actor

Result = TypeVar("Result")
NOBODY = Actor(uuid4(), uuid4(), uuid4(), "", ())


def _listener(topics: frozenset[Topic]) -> Listener:
    ear = Ear(NOBODY, topics)
    return Listener(ear, lambda: ear)


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(coroutine)


def test_a_slow_listener_gets_everything_in_one_and_each_topic_once():
    topics = [Topic(Kind.COPY, uuid4()) for _ in range(3)]

    async def listen() -> tuple[set[Topic], set[Topic]]:
        listener = _listener(frozenset(topics))
        for _ in range(1000):
            for topic in topics:
                listener.hear(frozenset({topic}))
        return await listener.news(1), await listener.news(0.01)

    assert _run(listen()) == (set(topics), set())


def test_a_listener_that_is_ended_wakes_at_once():
    async def listen() -> bool:
        listener = _listener(frozenset())
        waiting = asyncio.create_task(listener.news(60))
        await asyncio.sleep(0)
        listener.end()
        await asyncio.wait_for(waiting, 1)
        return listener.ended

    assert _run(listen())


topics = st.builds(Topic, st.sampled_from(Kind), st.none() | st.uuids())


@given(st.frozensets(topics, max_size=MOST_TOPICS))
def test_topics_are_read_as_they_are_written(asked: frozenset[Topic]):
    assert parse_topics(",".join(map(str, asked))) == asked


@given(st.text(max_size=60))
def test_anything_else_is_refused(text: str):
    try:
        found = parse_topics(text)
    except TopicsMalformed:
        return
    assert all(isinstance(topic.id, UUID | None) for topic in found)


def test_more_topics_than_allowed_are_refused():
    with pytest.raises(TopicsMalformed):
        parse_topics(",".join(f"copy:{uuid4()}" for _ in range(MOST_TOPICS + 1)))
