"""The media process: WebRTC connections, upscaling and encoding, away from HTTP.

One thread that is busy with Python triples the latency of everything in its process, so signalling, pictures and
pages are served by another process: the server. `process.py` starts this one and watches it, `rpc.py` joins the two.
In here `host.py` knows the sessions, `publication.py` is a stream that comes in, `viewer.py` one that goes out.
"""
