"""What holds for all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("runs")  # its asserts show their values, as those of tests do

settings.register_profile("framelift", deadline=None, derandomize=True)
settings.load_profile("framelift")
