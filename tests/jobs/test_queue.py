"""The order of jobs in Redis: what tests/unit says of the embedded queue."""

from __future__ import annotations

import pytest

from gateway.jobs.queue import JobQueue, in_redis
from tests.jobs.redis_server import RedisServer
from tests.unit.gateway.jobs.test_queue import (
    OpenQueue,
    test_a_queue_outlives_its_gateway,
    test_clients_take_turns_and_each_ones_jobs_keep_their_order,
    test_what_comes_back_is_first_and_what_is_removed_is_gone,
    test_who_comes_late_does_not_overtake_those_who_wait_long,
)

__all__ = [
    "test_a_queue_outlives_its_gateway",
    "test_clients_take_turns_and_each_ones_jobs_keep_their_order",
    "test_what_comes_back_is_first_and_what_is_removed_is_gone",
    "test_who_comes_late_does_not_overtake_those_who_wait_long",
]


@pytest.fixture
def open_queue(redis: RedisServer) -> OpenQueue:
    return lambda: JobQueue(in_redis(redis.url, "q"))
