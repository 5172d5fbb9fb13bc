"""The media process with a stage made slow, as `slow.VARIABLE` says."""

from __future__ import annotations

from .slow import Slow

if __name__ == "__main__":
    Slow.from_environment().apply()
    from ...engine.live.host.__main__ import main  # after the change, which it must see

    main()
