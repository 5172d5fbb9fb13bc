"""Quality on video: frame by frame and from frame to frame; and what codecs leave of it, by rate."""

from .codecs import CODECS
from .frame_by_frame import measure_clip
from .markdown import tables
from .material import check_clip
from .plots import figures
from .rates import check_rates, rate_distortion

__all__ = ["CODECS", "check_clip", "check_rates", "figures", "measure_clip", "rate_distortion", "tables"]
