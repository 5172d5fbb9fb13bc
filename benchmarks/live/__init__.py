"""The live harness: publishers, viewers, browsers and servers in processes of their own, and what a frame's id tells.

A frame id drawn in the pixels (`frame_id`) says which frame a viewer sees; the monotonic clock, which all processes of
one machine share, says when. `framelift bench live` measures by it.
"""

from __future__ import annotations

KIND = "live"
"""Of the report."""
