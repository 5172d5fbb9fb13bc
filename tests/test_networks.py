"""The published networks: their sizes, that they learn, their export, and their published weights."""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="training needs the extra `train`")
pytest.importorskip("cv2", reason="training needs the extra `train`")

import torch
from framelift.engine.model import load_model
from framelift.export.traced import TRACED_PARITY_BOUND, export_network
from framelift.training import published
from framelift.training.errors import DataError, ResultError, SettingError, WriteError
from framelift.training.imresize import imresize
from framelift.training.networks import zoo
from framelift.training.networks.autoencoder import Autoencoder
from framelift.training.networks.btsrn import BTSRN
from framelift.training.networks.carn import CARN
from framelift.training.networks.edsr import EDSR
from framelift.training.networks.espcn import ESPCN
from framelift.training.networks.foreign import ForeignNetwork
from framelift.training.networks.fsrcnn import FSRCNN
from framelift.training.networks.interpolation import METHODS, Interpolation
from framelift.training.networks.lapsrn import LapSRN
from framelift.training.networks.mdsr import MDSR
from framelift.training.networks.network import Network
from framelift.training.networks.rcan import RCAN
from framelift.training.networks.rdn import RDN
from framelift.training.networks.rrdbnet import RRDBNet
from framelift.training.networks.selnet import SelNet
from framelift.training.networks.span import SPAN
from framelift.training.networks.srcnn import SRCNN
from framelift.training.networks.srgan_discriminator import SRGANDiscriminator
from framelift.training.networks.srresnet import SRGANGenerator, SRResNet
from framelift.training.networks.srvgg import SRVGGNetCompact
from framelift.training.networks.unet_discriminator import UNetDiscriminatorSN
from framelift.training.networks.vdsr import VDSR
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

SMALL: dict[str, Callable[[int, int], Network]] = {
    "srcnn": partial(SRCNN, features=(8, 6)),
    "fsrcnn": partial(FSRCNN, d=8, s=4, m=2),
    "espcn": ESPCN,
    "vdsr": partial(VDSR, layers=4, features=8),
    "autoencoder": partial(Autoencoder, features=4),
    "lapsrn": partial(LapSRN, features=8, depth=2),
    "srresnet": partial(SRResNet, features=8, blocks=2),
    "srgan": partial(SRGANGenerator, features=8, blocks=2),
    "edsr": partial(EDSR, features=8, blocks=2),
    "mdsr": partial(MDSR, features=8, blocks=2),
    "btsrn": partial(BTSRN, features=8, projected=4, blocks=(2, 1)),
    "selnet": partial(SelNet, features=8, units=2),
    "rdn": partial(RDN, features=8, blocks=2, layers=2, growth=4),
    "rcan": partial(RCAN, features=8, groups=2, blocks=2, squeeze=4),
    "rrdbnet": partial(RRDBNet, features=8, blocks=2, growth=4),
    "srvgg": partial(SRVGGNetCompact, features=8, layers=3),
    "span": partial(SPAN, features=8),
    "carn": partial(CARN, features=8),
    "carn-m": partial(CARN, features=16, mobile=True),
}
"""Each architecture in a size for tests, of scale and channels."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def small(name: str, scale: int = 2, channels: int = 3) -> Network:
    """A fresh network with the same weights each time."""
    torch.manual_seed(scale)
    return SMALL[name](scale, channels)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def weights_only(network: nn.Module) -> int:
    """Without biases and the slopes of PReLU, as some papers count."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.ndim == 4)


def on_meta(name: str, scale: int, channels: int) -> Network:
    """In full size, without memory for its weights."""
    with torch.device("meta"):
        return zoo.make(name, scale, channels)


# ---- what they are


@pytest.mark.parametrize("name", zoo.NAMES)
@pytest.mark.parametrize("channels", zoo.CHANNELS)
def test_every_network_keeps_the_contract(name: str, channels: int) -> None:
    for scale in zoo.scales_of(name):
        network = on_meta(name, scale, channels)
        assert (network.scale, network.channels) == (scale, channels)
        y = network(torch.empty(2, channels, 5, 7, device="meta"))
        assert y.shape == (2, channels, 5 * scale, 7 * scale)


def test_every_network_is_tested() -> None:
    whole = {type(on_meta(name, 2, 3)) for name in zoo.NAMES}
    assert whole == {type(small(name)) for name in SMALL} | {Interpolation}


@pytest.mark.parametrize(
    ("name", "channels", "by_scale"),
    [
        ("srcnn-9-1-5", 1, {2: 8_129}),
        ("srcnn-9-5-5", 1, {2: 57_281}),
        ("srcnn-128-9-3-5", 1, {2: 85_889}),
        ("espcn", 1, {2: 21_284, 3: 22_729, 4: 24_752}),
        ("espcn", 3, {2: 26_796, 3: 31_131, 4: 37_200}),
        ("vdsr", 1, {2: 664_704}),
        ("vdsr", 3, {2: 668_227}),
        ("autoencoder", 3, {2: 1_110_403}),
        ("srresnet", 3, {4: 1_549_462}),
        ("srgan", 3, {4: 1_549_462}),
        ("edsr-baseline", 3, {2: 1_369_859, 3: 1_554_499, 4: 1_517_571}),
        ("edsr", 3, {2: 40_729_603, 3: 43_680_003, 4: 43_089_923}),
        ("mdsr-baseline", 3, {2: 3_227_203}),  # 3.2 M, the paper
        ("mdsr", 3, {2: 7_953_987}),  # 8.0 M, the paper
        ("rdn", 3, {2: 22_123_395, 3: 22_308_035, 4: 22_271_107}),
        ("rcan", 3, {2: 15_444_643, 3: 15_629_283, 4: 15_592_355}),
        ("rrdbnet", 3, {2: 16_703_171, 4: 16_697_987}),
        ("rrdbnet-6", 3, {4: 4_467_779}),
        ("srvgg", 3, {4: 1_213_296}),
        ("srvgg-16", 3, {4: 621_424}),
        ("carn", 3, {2: 1_591_939, 4: 1_591_939}),  # 1592 K with the upsamplers of all scales, the paper
        ("carn-m", 3, {2: 414_787}),  # the published file, without its two constant colour shifts
    ],
)
def test_a_network_has_the_parameters_of_its_source(name: str, channels: int, by_scale: dict[int, int]) -> None:
    assert {scale: parameters(on_meta(name, scale, channels)) for scale in by_scale} == by_scale


@pytest.mark.parametrize(
    ("name", "channels", "by_scale"),
    [
        ("srcnn-9-1-5", 1, {2: 8_032}),
        ("srcnn-9-5-5", 1, {2: 57_184}),
        ("fsrcnn", 1, {2: 12_464, 3: 12_464}),
        ("fsrcnn-s", 1, {2: 3_937}),
        ("lapsrn", 1, {2: 406_672, 4: 812_768}),  # 407 K and 812 K or 813 K, by who counts
        ("selnet", 3, {2: 974_208, 3: 1_158_528, 4: 1_416_576}),  # 974 K, 1159 K, 1417 K
        ("carn-m", 3, {2: 412_032}),  # 412 K, the paper
    ],
)
def test_a_network_has_the_weights_of_its_source(name: str, channels: int, by_scale: dict[int, int]) -> None:
    """Of sources that do not count biases."""
    assert {scale: weights_only(on_meta(name, scale, channels)) for scale in by_scale} == by_scale


def test_the_blocks_of_btsrn_have_the_weights_reported() -> None:
    """410 K, which leaves out the transposed convolution."""
    network = BTSRN(2)
    transposed = [layer for layer in network.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert round((weights_only(network) - sum(map(weights_only, transposed))) / 1000) == 410


@pytest.mark.parametrize(("scale", "features", "thousands"), [(2, 52, 481), (4, 52, 498), (4, 48, 426)])
def test_span_collapses_to_the_size_of_its_source(scale: int, features: int, thousands: int) -> None:
    assert round(parameters(SPAN(scale, features=features).collapse()) / 1000) == thousands


def test_the_discriminators_have_the_parameters_of_their_sources() -> None:
    assert parameters(UNetDiscriminatorSN()) == 4_376_897
    with torch.device("meta"):
        srgan = SRGANDiscriminator()
    statistics = sum(buffer.numel() for buffer in srgan.buffers() if buffer.ndim)
    assert parameters(srgan) + statistics == 23_569_217


@pytest.mark.parametrize(
    ("name", "scale", "channels", "words"),
    [
        ("edsr-huge", 2, 3, "edsr-huge"),
        ("lapsrn", 3, 1, "scale 3"),
        ("rrdbnet", 3, 3, "scale 3"),
        ("edsr", 5, 3, "scale 5"),
        ("edsr", 2, 4, "channels 4"),
    ],
)
def test_what_there_is_not_is_refused(name: str, scale: int, channels: int, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        zoo.make(name, scale, channels)


# ---- enlarging without parameters


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_matlabs_inside_the_border_that_is_cut_off(scale: int) -> None:
    codes = np.random.default_rng(scale).integers(60, 196, (12, 15, 3), dtype=np.uint8)
    x = torch.from_numpy(codes).permute(2, 0, 1)[None].float()
    y = Interpolation("bicubic", scale)(x)[0].permute(1, 2, 0).numpy()
    inner = np.s_[scale:-scale, scale:-scale]
    assert np.abs(y[inner] - imresize(codes, scale)[inner]).max() < 1.6  # it rounds after each of its two passes


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_simple_methods_are_those_of_torch(method: str, scale: int) -> None:
    x = torch.rand(2, 3, 5, 8)
    expected = F.interpolate(x, scale_factor=scale, mode=method)
    assert torch.allclose(Interpolation(method, scale)(x), expected, atol=1e-6)


def test_lanczos_is_its_sum() -> None:
    row = torch.rand(11)
    y = Interpolation("lanczos", 3, 1)(row.repeat(11, 1)[None, None])[0, 0, 15]

    def weight(distance: float) -> float:
        angle = math.pi * distance
        return 3 * math.sin(angle) * math.sin(angle / 3) / angle**2 if distance else 1.0

    for place in range(9, 24):  # where all six pixels lie inside
        centre = (place + 0.5) / 3 - 0.5
        taps = {i: weight(centre - i) for i in range(11) if abs(centre - i) < 3}
        expected = sum(w * row[i].item() for i, w in taps.items()) / sum(taps.values())
        assert y[place].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_picture_stays_flat(method: str) -> None:
    assert torch.allclose(Interpolation(method, 3)(torch.full((1, 3, 1, 2), 0.7)), torch.tensor(0.7), atol=1e-6)


# ---- single networks


def test_the_generator_of_srgan_stays_within_the_contract() -> None:
    y = small("srgan").eval()(100 * torch.randn(1, 3, 6, 6))
    assert y.min() >= 0.0
    assert y.max() <= 1.0


@pytest.mark.parametrize("name", ["carn", "carn-m", "mdsr"])
def test_one_network_serves_several_scales(name: str) -> None:
    network, x = small(name), torch.rand(1, 3, 4, 5)
    before = network(x)
    for scale in (3, 4, 2):
        network.scale = scale
        assert network(x).shape == (1, 3, 4 * scale, 5 * scale)
    assert torch.equal(network(x), before)


def test_lapsrn_gives_every_level() -> None:
    network, x = LapSRN(4, 3, features=8, depth=1), torch.rand(1, 3, 6, 6)
    pyramid = network.pyramid(x)
    assert [level.shape[-1] for level in pyramid] == [12, 24]
    assert torch.equal(network(x), pyramid[-1])


def test_collapsed_span_is_the_trained_one() -> None:
    network, x = small("span"), torch.rand(2, 3, 7, 9)
    with torch.no_grad():
        trained, collapsed = network(x), network.collapse()(x)
    assert (trained - collapsed).abs().max() < 1e-5 * trained.abs().max()


def test_a_branched_convolution_is_the_sum_of_its_branches() -> None:
    layer, x = SPAN(2, features=8).conv_2, torch.rand(1, 8, 6, 5)
    sequence, shortcut = layer.get_submodule("conv"), layer.get_submodule("sk")
    first, middle, last = (part for part in sequence.children())
    padded = first(F.pad(x, (1, 1, 1, 1)))  # before the first, whose bias the border gets as well
    expected = last(F.conv2d(padded, middle.get_parameter("weight"), middle.get_parameter("bias"))) + shortcut(x)
    assert torch.allclose(layer(x), expected, atol=1e-5)


# ---- learning


def pictures(scale: int, channels: int) -> tuple[Tensor, Tensor]:
    """Smooth pictures [4, C, 10s, 10s] and their reductions [4, C, 10, 10]."""
    torch.manual_seed(0)
    high = F.interpolate(torch.rand(4, channels, 5, 5), size=10 * scale, mode="bicubic").clamp(0, 1)
    return F.avg_pool2d(high, scale), high


def losses_of(network: nn.Module, loss_of: Callable[[], Tensor], steps: int) -> list[float]:
    """The loss before each step of Adam."""
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    losses = []
    for _ in range(steps):
        loss = loss_of()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", SMALL)
def test_a_network_learns(name: str) -> None:
    network = small(name)
    low, high = pictures(2, 3)
    losses = losses_of(network, lambda: F.l1_loss(network(low), high), steps=12)
    assert min(losses[-3:]) < 0.9 * losses[0]


@pytest.mark.parametrize(("name", "shape"), [("srgan", (2, 1)), ("u-net", (2, 1, 32, 32))])
def test_a_discriminator_learns(name: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    network = SRGANDiscriminator(crop=32, features=4) if name == "srgan" else UNetDiscriminatorSN(features=4)
    photographs, generated = torch.rand(2, 3, 32, 32), 0.3 * torch.rand(2, 3, 32, 32)
    assert network(photographs).shape == shape

    def loss() -> Tensor:
        return F.softplus(-network(photographs)).mean() + F.softplus(network(generated)).mean()

    losses = losses_of(network, loss, steps=10)
    assert losses[-1] < 0.95 * losses[0]


# ---- export


@pytest.mark.parametrize(("name", "scale", "channels"), [
    *((name, 2, 3) for name in SMALL),
    *((name, 4, 1) for name in SMALL),
    *((name, 3, 1) for name in ("autoencoder", "btsrn", "carn", "fsrcnn", "srcnn", "srresnet", "srvgg")),
])  # fmt: skip
def test_an_exported_network_is_the_one_that_was_trained(tmp_path: Path, name: str, scale: int, channels: int) -> None:
    network, out = small(name, scale, channels), tmp_path / "deep" / "model.onnx"
    assert export_network(network, out, name=name).largest <= TRACED_PARITY_BOUND
    assert network.training  # it is as it was
    model = load_model(out)
    assert (model.name, model.scale, model.channels, model.size_multiple) == ("model", scale, channels, 1)
    assert (model.fixed_size, model.fixed_batch) == (None, False)


@pytest.mark.parametrize("method", METHODS)
def test_an_exported_interpolation_is_the_same(tmp_path: Path, method: str) -> None:
    export_network(Interpolation(method, 3), tmp_path / "model.onnx", name=method)
    proto = onnx.load(tmp_path / "model.onnx")
    assert (proto.graph.name, [entry.version for entry in proto.opset_import]) == (method, [17])


class Specialised(Network):
    """Computes sizes in a way that tracing cannot follow."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = (int(side) for side in x.shape[-2:])
        return F.interpolate(x, size=(self.scale * height, self.scale * width))


class Inexpressible(Network):
    """Uses an operator that ONNX does not have."""

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(torch.fft.ifft2(torch.fft.fft2(x)).real, scale_factor=float(self.scale))


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    broken, out = small("edsr"), tmp_path / "model.onnx"
    with torch.no_grad():
        broken.get_parameter("head.0.bias")[0] = float("nan")
    out.write_bytes(b"the last good one")
    with pytest.raises(ResultError, match="differ by inf"):
        export_network(broken, out, name="broken")
    with pytest.raises(ResultError, match="cannot be written"):
        export_network(Inexpressible(2, 3), out, name="inexpressible")
    with pytest.raises(ResultError, match="does not run"), pytest.warns(match="trace might not generalize"):
        export_network(Specialised(2, 3), out, name="specialised")
    assert out.read_bytes() == b"the last good one"
    with pytest.raises(WriteError, match="cannot write"):
        export_network(small("espcn"), out / "model.onnx", name="espcn")
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


# ---- published weights

Names = Mapping[str, str | Callable[[re.Match[str]], str]]

BRANCHED = re.compile(r"(.*)\.sk\.weight")
FIRST_ESRGAN: Names = {
    r"conv_first\.": "model.0.",
    r"body\.(\d+)\.rdb(\d)\.conv(\d)\.": r"model.1.sub.\1.RDB\2.conv\3.0.",
    r"conv_body\.": "model.1.sub.2.",
    r"conv_up1\.": "model.3.",
    r"conv_up2\.": "model.6.",
    r"conv_hr\.": "model.8.",
    r"conv_last\.": "model.10.",
}
SECOND_ESRGAN: Names = {
    r"body\.(\d+)\.rdb(\d)\.": r"RRDB_trunk.\1.RDB\2.",
    r"conv_body\.": "trunk_conv.",
    r"conv_up(\d)\.": r"upconv\1.",
    r"conv_hr\.": "HRconv.",
}
BASICSR_EDSR: Names = {
    r"head\.0\.": "conv_first.",
    r"body\.2\.": "conv_after_body.",
    r"body\.(\d+)\.body\.0\.": r"body.\1.conv1.",
    r"body\.(\d+)\.body\.2\.": r"body.\1.conv2.",
    r"tail\.0\.": "upsample.",
    r"tail\.1\.": "conv_last.",
}
CARN_AUTHORS: Names = {
    r"head\.": "entry.",
    r"body\.blocks\.(\d)\.blocks\.(\d)\.": lambda m: f"b{int(m[1]) + 1}.b{int(m[2]) + 1}.",
    r"body\.blocks\.(\d)\.fusions\.(\d)\.": lambda m: f"b{int(m[1]) + 1}.c{int(m[2]) + 1}.body.0.",
    r"body\.fusions\.(\d)\.": lambda m: f"c{int(m[1]) + 1}.body.0.",
    r"upsamplers\.(\d)\.": r"upsample.up\1.body.",
    r"tail\.": "exit.",
}
SHIFTS = {f"{which}_mean.{part}": torch.zeros(3) for which in ("sub", "add") for part in ("weight", "bias")}
CARN_SHIFTS = {name.replace(".", ".shifter."): value for name, value in SHIFTS.items()}


def spelled(network: Network, names: Names) -> dict[str, Tensor]:
    """Its weights by the names of those who published them."""
    weights = {}
    for name, value in network.state_dict().items():
        pattern = next((pattern for pattern in names if re.match(pattern, name)), None)
        weights[re.sub(pattern, names[pattern], name) if pattern else name] = value
    return weights


def span_as_published(network: Network) -> dict[str, Tensor]:
    """With the collapsed form of each convolution beside its branches."""
    weights, collapsed = dict(network.state_dict()), network.collapse().state_dict()
    for name in [found[1] for key in weights if (found := BRANCHED.match(key))]:
        for part in ("weight", "bias"):
            weights[f"{name}.eval_conv.{part}"] = collapsed[f"{name}.{part}"]
    return weights


def edsr(scale: int) -> Network:
    return EDSR(scale, features=8, blocks=2, residual_scale=1.0)


RRDB = partial(RRDBNet, features=8, blocks=2, growth=4)
PUBLISHED: dict[str, tuple[Network, Callable[[Network], dict[str, Tensor]]]] = {
    "realesrgan-x4plus": (RRDB(4), partial(spelled, names={})),
    "realesrgan-x2plus": (RRDB(2), partial(spelled, names={})),
    "esrgan, first spelling": (RRDB(4), partial(spelled, names=FIRST_ESRGAN)),
    "esrgan, second spelling": (RRDB(4), partial(spelled, names=SECOND_ESRGAN)),
    "realesr-general-x4v3": (SRVGGNetCompact(4, features=8, layers=4), partial(spelled, names={})),
    "srvgg x3": (SRVGGNetCompact(3, features=8, layers=3), partial(spelled, names={})),
    "edsr x2, its authors'": (edsr(2), lambda network: spelled(network, {}) | SHIFTS),
    "edsr x3, its authors'": (edsr(3), lambda network: spelled(network, {}) | SHIFTS),
    "edsr x4, BasicSR's": (edsr(4), partial(spelled, names=BASICSR_EDSR)),
    "edsr of 256": (EDSR(2, features=256, blocks=1), lambda network: spelled(network, {}) | SHIFTS),
    "span": (SPAN(4, features=8), span_as_published),
    "carn": (CARN(3, features=8), lambda network: spelled(network, CARN_AUTHORS) | CARN_SHIFTS),
    "carn-m": (CARN(4, features=8, mobile=True), lambda network: spelled(network, CARN_AUTHORS) | CARN_SHIFTS),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_published_weights_are_recognised(tmp_path: Path, name: str, suffix: str) -> None:
    network, as_published = PUBLISHED[name]
    weights, path = as_published(network), tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"params_ema": weights, "params": {}}, path)
    else:
        save_file(weights, path)
    loaded = published.load(path, network.scale)
    assert (type(loaded), loaded.training) == (type(network), False)
    x = torch.rand(1, 3, 6, 5)
    with torch.no_grad():
        assert torch.equal(loaded(x), network.eval()(x))


def test_the_names_are_those_of_the_files() -> None:
    """A few of each, as they stand in the files that were published."""
    carn = spelled(CARN(2, features=8, mobile=True), CARN_AUTHORS)
    assert {"entry.bias", "b1.b1.body.4.weight", "b3.c3.body.0.bias", "c2.body.0.weight"} <= carn.keys()
    assert {"upsample.up4.body.3.weight", "upsample.up3.body.0.bias", "exit.weight"} <= carn.keys()
    real_esrgan = RRDB(4).state_dict().keys()
    assert {"conv_first.weight", "body.1.rdb3.conv5.bias", "conv_up2.weight", "conv_hr.bias"} <= real_esrgan
    assert {"model.1.sub.0.RDB1.conv1.0.weight", "model.1.sub.2.bias"} <= spelled(RRDB(4), FIRST_ESRGAN).keys()
    assert {"body.0.weight", "body.1.weight", "body.10.bias"} <= SRVGGNetCompact(4, layers=4).state_dict().keys()
    authors = edsr(4).state_dict().keys()
    assert {"head.0.weight", "body.1.body.2.bias", "body.2.weight", "tail.0.2.weight", "tail.1.bias"} <= authors
    assert {"conv_1.sk.weight", "block_6.c3_r.conv.2.bias", "conv_cat.weight", "upsampler.0.bias"} <= SPAN(
        2
    ).state_dict().keys()


def test_half_precision_and_parallel_training_leave_no_trace(tmp_path: Path) -> None:
    network = small("srvgg")
    weights = {f"module.{name}": value.half() for name, value in network.state_dict().items()}
    torch.save({"state_dict": weights}, tmp_path / "weights.pth")
    loaded = published.load(tmp_path / "weights.pth")
    assert all(value.dtype == torch.float32 for value in loaded.state_dict().values())
    assert torch.allclose(loaded.get_parameter("body.0.weight"), network.get_parameter("body.0.weight"), atol=1e-3)


def test_a_scale_that_the_weights_do_not_have_is_refused(tmp_path: Path) -> None:
    torch.save(RRDB(4).state_dict(), tmp_path / "x4.pth")
    with pytest.raises(SettingError, match="enlarges by 4, not 2"):
        published.load(tmp_path / "x4.pth", 2)
    torch.save(spelled(CARN(2, features=8), CARN_AUTHORS), tmp_path / "carn.pth")
    with pytest.raises(SettingError, match="none was chosen"):
        published.load(tmp_path / "carn.pth")
    with pytest.raises(SettingError, match="not 8"):
        published.load(tmp_path / "carn.pth", 8)


class Malicious:
    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (Path("ran"),)


def test_what_is_no_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path, whole = tmp_path / "weights.pth", tmp_path / "whole.pth"
    with pytest.raises(DataError, match="there is no file"):
        published.load(path)
    torch.save(small("espcn").state_dict(), whole)
    contents = [
        b"",
        b"not weights",
        whole.read_bytes()[:-200],
        pickle.dumps(Malicious(), protocol=2),
        pickle.dumps([1, 2], protocol=2),
        pickle.dumps({"a": 1}, protocol=2),
    ]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(DataError, match="does not hold weights"):
            published.load(path)
    (tmp_path / "weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(DataError, match="does not hold weights"):
        published.load(tmp_path / "weights.safetensors")
    assert not (tmp_path / "ran").exists()


def test_an_unknown_architecture_is_left_to_spandrel(tmp_path: Path) -> None:
    incomplete = dict(list(RRDB(4).state_dict().items())[:-1])
    huge = {f"body.{layer}.weight": torch.zeros(10**6, 0, 3, 3) for layer in range(5)}
    flat = {f"body.{layer}.weight": torch.zeros(3) for layer in range(5)}
    for number, weights in enumerate(({"a": torch.zeros(1)}, incomplete, huge, flat)):
        torch.save(weights, tmp_path / f"{number}.pth")
        with pytest.raises(DataError, match="spandrel"):
            published.load(tmp_path / f"{number}.pth")


def test_a_foreign_network_takes_pictures_of_any_size(tmp_path: Path) -> None:
    model = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, 192, 3, padding=1), nn.PixelShuffle(8))
    network = ForeignNetwork(model, 2, 3, multiple=4)
    assert network(torch.rand(1, 3, 5, 8)).shape == (1, 3, 10, 16)
    assert export_network(network, tmp_path / "model.onnx", name="foreign").largest <= TRACED_PARITY_BOUND
    assert load_model(tmp_path / "model.onnx").size_multiple == 1
