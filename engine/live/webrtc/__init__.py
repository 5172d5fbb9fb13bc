"""WebRTC in and out, by aiortc.

In: `sdp.py` (the offer, read and written again) -> `connection.py` -> `incoming.py` (`frame_buffer.py`, `decoding.py`).
Out: `tracks.py` (encoded frames), `audio.py` (Opus, kept in step with the picture). `inside/` is all that we change of
aiortc and aioice; everything but the decoding thread runs on the media process's event loop.
"""
