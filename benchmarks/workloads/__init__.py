"""What is measured on: clips rendered by the project, always at hand and known in full resolution, or a user's file."""

from .clip import Clip
from .drawing import Rgb
from .encoding import trial_of, video_frame, write_clip, written
from .scenes import SCENES, render
from .workload import Workload, workload_named

__all__ = [
    "SCENES",
    "Clip",
    "Rgb",
    "Workload",
    "render",
    "trial_of",
    "video_frame",
    "workload_named",
    "write_clip",
    "written",
]
