"""Live video: WebRTC in and out, streams in and out, with a latency that never builds up.

A frame's way: `webrtc/` or `stream/` brings a picture in -> `path.py` (threads, one-slot hand-offs) -> `enlarger.py`
(the model, or bicubic when time is short) -> `encoders/` -> `fanout.py` (one encode, many viewers) -> out again.
Needs the extra `live`; nothing else of the engine imports it.
"""
