"""Pictures and clips of strangers, enlarged in processes of their own: a decoder that a file breaks harms nobody else.

`worker.py` is the server's side; `child.py` the process, with its limits; a `Task` goes in, messages come out, both as
lines of JSON. `picture.py` and `clip.py` do the work, by the same engine as `framelift upscale`.
"""
