"""Options of the test run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write stored files anew; the diff is then the change"
    )


# How long an example takes depends on what else the machine does, and how many fit the assumptions of a test on
# chance. A check of a change tells of that change: it takes the same examples each time, a desk always new ones.
settings.register_profile(
    "untimed",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.load_profile("untimed")
