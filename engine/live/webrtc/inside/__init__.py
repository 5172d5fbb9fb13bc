"""Everything that is changed of aiortc and aioice, and nothing else.

aiortc has no place to name another class for its parts. So each connection of ours (`peer.py`) lets it make the parts
and then gives them a subclass of ours (`adopt.py`): other connections in the same process stay as they are.
What is a constant or a table of a module can only be changed for the whole process (`constants.py`).

    peer.py         makes the parts below; certificate with RSA suites
    ice.py          local addresses as told, socket buffers, bounded receive queue, pacing
    dtls.py         garbage from a peer ends nothing
    receiver.py     frames by marker bit, our own decoding, NACK again, one source at a time
    sender.py       PLI, FIR and REMB to callbacks, bounded retransmission
    constants.py    consent checks, length of the retransmission history, H.264 profiles

Each has its test in tests/live/test_inside.py, which fails when aiortc's inside is no longer what is relied on here.
"""
