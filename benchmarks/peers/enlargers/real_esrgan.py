"""Real-ESRGAN's video model (realesr-animevideov3) on ncnn: RGB in 0..1, whole frames, which fit into memory here."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...runners.base import package
from ..apart.serving import ArrayEnlarger, Codes, Request, Unable

_CPU_DEVICE = 3  # ncnn's type of a Vulkan device that is a program


class RealEsrgan(ArrayEnlarger):
    """RGB in, RGB out; the network takes all three together. On a processor, or `vulkan`."""

    def __init__(self, request: Request) -> None:
        ncnn = package("ncnn")
        self._ncnn, self._net = ncnn, ncnn.Net()
        self._net.opt.num_threads = request["threads"]
        if request["vulkan"]:
            device = _vulkan_device(ncnn)
            if device is None:
                raise Unable("ncnn finds no GPU with Vulkan")
            self._net.opt.use_vulkan_compute = True
            self._net.set_vulkan_device(device)
        for load, suffix in ((self._net.load_param, "param"), (self._net.load_model, "bin")):
            if load(f"{request['weights']}.{suffix}"):
                raise Unable(f"ncnn cannot load {request['weights']}.{suffix}")
        self.about = f"ncnn {ncnn.__version__}"

    def enlarge(self, given: Codes) -> Codes:
        """See `Enlarger.enlarge`."""
        height, width = given.shape[:2]
        mat = self._ncnn.Mat.from_pixels(given, self._ncnn.Mat.PixelType.PIXEL_RGB, width, height)
        mat.substract_mean_normalize([], [1 / 255] * 3)
        extractor = self._net.create_extractor()
        extractor.input("data", mat)
        failed, made = extractor.extract("output")
        if failed:
            raise Unable(f"ncnn fails with code {failed}")
        codes = np.rint(np.clip(np.asarray(made), 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(codes.transpose(1, 2, 0))


def _vulkan_device(ncnn: Any) -> int | None:
    """The first that is hardware; None where there is none."""
    devices = (device for device in range(ncnn.get_gpu_count()) if ncnn.get_gpu_info(device).type() != _CPU_DEVICE)
    return next(devices, None)
