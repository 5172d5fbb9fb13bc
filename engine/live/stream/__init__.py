"""Streams in and out: files, devices and addresses that FFmpeg opens, to files and addresses it writes.

reader.py    connects to the source, again when it drops (source.py, timeline.py, pace.py)
decoding.py  packets to pictures, in a thread of its own  ->  LivePath  ->  an encoder
sound.py     the sound's packets, copied or encoded anew
sender.py    both to the destination, sound held back by what the video takes (delay.py); connects again when it drops
courier.py   the process that writes (writer.py): FFmpeg's muxers hold the interpreter while they connect
run.py       the whole
"""
