"""OpenCV's dnn_superres as its users have it. A script: another interpreter runs it by its path.

opencv-contrib and plain OpenCV own the same files, so it stands in an environment of its own, where nothing else of
ours is.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from serving import ArrayEnlarger, Codes, Request, Unable, serve  # type: ignore[import-not-found]  # beside this script


class SuperRes(ArrayEnlarger):
    """BGR in, BGR out. Its own way inside: Y through the network, Cr and Cb by bicubic."""

    def __init__(self, request: Request) -> None:
        cv2: Any = import_module("cv2")
        if not hasattr(cv2, "dnn_superres"):
            raise Unable(f"OpenCV {cv2.__version__} has no dnn_superres; opencv-contrib has")
        cv2.setNumThreads(request["threads"])
        self._network = cv2.dnn_superres.DnnSuperResImpl_create()
        self._network.readModel(request["weights"])
        self._network.setModel(request["network"], request["scale"])
        self.about = f"OpenCV {cv2.__version__}"

    def enlarge(self, given: Codes) -> Codes:
        """See `Enlarger.enlarge`."""
        made: Codes = self._network.upsample(given)
        return made


if __name__ == "__main__":
    serve(SuperRes)
