"""Which options FFmpeg reads with: PyAV hands them on, and does not tell which of them nobody took."""

from __future__ import annotations

import ctypes
from functools import cache

from av.container import core

_CHILDREN_OF_NO_OBJECT = 1 | 2  # AV_OPT_SEARCH_CHILDREN | AV_OPT_SEARCH_FAKE_OBJ (libavutil/opt.h)
_DECODING = 2  # AV_OPT_FLAG_DECODING_PARAM


def reads_with(name: str) -> bool:
    """Whether some demuxer, device or protocol has an option of this name."""
    formats = ctypes.c_void_p(_ffmpeg().avformat_get_class())
    return bool(_ffmpeg().av_opt_find(ctypes.byref(formats), name.encode(), None, _DECODING, _CHILDREN_OF_NO_OBJECT))


@cache
def _ffmpeg() -> ctypes.CDLL:
    """FFmpeg's libraries, through a module of PyAV's that is linked with them."""
    libraries = ctypes.CDLL(core.__file__)
    libraries.avformat_get_class.restype = libraries.av_opt_find.restype = ctypes.c_void_p
    return libraries
