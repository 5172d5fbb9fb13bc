"""The fused kernel: every instruction set against the plain reference, the reference against the definition."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from framelift.engine.fused import Companion, Fused, Precision, fast_paths, paths
from framelift.engine.resample import Grid, resample_plane, taps_between
from framelift.engine.stack import Stack
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stack_ref import evaluated, shuffled
from stacks import (
    blank_planes,
    graph_of,
    greatest_difference,
    pictures,
    plain_stack,
    sizes,
    stacks,
    values_of,
    with_bf16_weights,
)

Array = NDArray[Any]

DEPTHS = [(np.uint8, 255), (np.uint8, 199), (np.uint16, 1023), (np.uint16, 4095), (np.uint16, 65535), (np.float32, 255)]
"""Odd ones: no code lies halfway between two 8-bit ones, where the order of multiplications would decide."""
FLOATS: list[Precision] = ["fp32", "bf16"]
PRECISIONS: list[Precision] = ["fp32", "bf16", "int8"]
THREADS = st.integers(1, 5)


def codes_of_largest(dtype: Any, max_code: int) -> int:
    """What `run` calls the largest code: float planes have none."""
    return 1 if dtype == np.float32 else max_code


def run(fused: Fused, source: Array, max_code: int, output: Array | None = None) -> Array:
    scale = fused.stack.scale
    made = np.zeros((scale * source.shape[0], scale * source.shape[1]), source.dtype) if output is None else output
    assert fused.run(source, made, codes_of_largest(source.dtype, max_code)) == 0
    return made


def reference(stack: Stack, precision: Precision, source: Array, max_code: int) -> Array:
    return run(Fused(stack, precision, paths(precision)[-1]), source, max_code)


@st.composite
def cases(
    draw: st.DrawFn, precision: Precision, depths: list[tuple[Any, int]] = DEPTHS, exact: bool = False
) -> tuple[Stack, Array, int, Array]:
    """A network, a picture with its largest code, and a plane for the output."""
    stack = draw(stacks(precision, exact))
    height, width = draw(sizes(stack))
    dtype, max_code = draw(st.sampled_from(depths))
    picture = draw(pictures(height, width, dtype, max_code))
    return stack, picture, max_code, draw(blank_planes(stack.scale * height, stack.scale * width, dtype))


Case = tuple[Stack, Array, int, Array]

# ---- every path equals the reference


@given(cases("int8"), THREADS)
def test_int8_paths_equal_the_reference(case: Case, threads: int) -> None:
    stack, picture, max_code, output = case
    expected = reference(stack, "int8", picture, max_code)
    for path in fast_paths("int8"):
        np.testing.assert_array_equal(run(Fused(stack, "int8", path, threads), picture, max_code, output), expected)
        output[:] = 0


@given(st.data(), st.sampled_from(FLOATS), THREADS)
def test_float_paths_equal_the_reference_where_sums_are_exact(
    data: st.DataObject, precision: Precision, threads: int
) -> None:
    """There no order of summation makes a difference, so that the right channels, taps and roundings remain."""
    largest = 128 if precision == "fp32" else 255  # whose fractions, as the network takes them, have few bits
    depths = [(dtype, largest) for dtype in (np.uint8, np.uint16, np.float32)]
    stack, picture, max_code, output = data.draw(cases(precision, depths, exact=True))
    expected = reference(stack, precision, picture, max_code)
    for path in fast_paths(precision):
        np.testing.assert_array_equal(run(Fused(stack, precision, path, threads), picture, max_code, output), expected)
        output[:] = 0


def difference_allowed(stack: Stack, picture: Array, max_code: int, precision: Precision) -> Array:
    """What `greatest_difference` makes of the output's samples; codes near a half may be rounded either way."""
    residual = greatest_difference(stack, values_of(picture, max_code), precision)
    values = shuffled(residual, stack.unshuffle * stack.scale)[0, 0] + 1e-6
    return np.asarray(values if picture.dtype == np.float32 else np.floor(values * max_code + 1))


@given(st.data(), st.sampled_from(FLOATS), THREADS)
def test_float_paths_stay_within_rounding_of_the_reference(
    data: st.DataObject, precision: Precision, threads: int
) -> None:
    stack, picture, max_code, output = data.draw(cases(precision))
    expected = reference(stack, precision, picture, max_code).astype(np.float64)
    allowed = difference_allowed(stack, picture, max_code, precision)
    for path in fast_paths(precision):
        made = run(Fused(stack, precision, path, threads), picture, max_code, output)
        assert (np.abs(made - expected) <= allowed).all()
        output[:] = 0


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_wide_picture_is_its_parts(precision: Precision) -> None:
    """So many rows of 64 channels are kept that a processor's cache holds only a strip of this width."""
    stack = plain_stack(64, 7, kernel=5, precision=precision, add=True)
    halo, width, part = 14, 700, 60
    source = np.random.default_rng(1).integers(0, 256, (3, width), np.uint8)
    for path in fast_paths(precision):
        fused = Fused(stack, precision, path, threads=2)
        whole = run(fused, source, 255)
        for left in range(0, width, part):
            first = max(0, left - halo)
            alone = run(fused, source[:, first : left + part + halo], 255)
            np.testing.assert_array_equal(
                alone[:, 2 * (left - first) :][:, : 2 * part], whole[:, 2 * left :][:, : 2 * part]
            )


def test_a_network_may_have_32_layers() -> None:
    """Of 5x5, which depend on 64 pixels around."""
    stack = plain_stack(4, 32, kernel=5, precision="int8", add=True)
    picture = np.random.default_rng(1).integers(0, 256, (9, 7), np.uint8)
    for path in fast_paths("int8"):
        np.testing.assert_array_equal(
            run(Fused(stack, "int8", path), picture, 255), reference(stack, "int8", picture, 255)
        )


# ---- the reference is what the definition says


@given(cases("int8"))
def test_the_int8_reference_is_the_definition(case: Case) -> None:
    stack, picture, max_code, _ = case
    x = picture if picture.dtype == np.float32 else picture * (np.float32(255) / np.float32(max_code)) / np.float32(255)
    exact = evaluated(replace(stack, shortcut="none"), x.astype(np.float32)[None, None])[0, 0]
    made = reference(replace(stack, shortcut="none"), "int8", picture, max_code)
    if picture.dtype == np.float32:
        np.testing.assert_array_equal(made, exact)
    else:
        np.testing.assert_array_equal(made, np.clip(np.rint(exact * np.float32(max_code)), 0, max_code))


@given(st.data(), st.sampled_from(PRECISIONS))
def test_the_reference_is_the_definition(data: st.DataObject, precision: Precision) -> None:
    stack, picture, max_code, _ = data.draw(cases(precision))
    network = with_bf16_weights(stack) if precision == "bf16" else stack
    values = evaluated(network, values_of(picture, max_code))[0, 0]
    expected = values if picture.dtype == np.float32 else np.clip(values * max_code, 0, max_code)
    allowed = 2e-5 if precision == "int8" else difference_allowed(stack, picture, 1, precision)
    if picture.dtype != np.float32:
        allowed = allowed * max_code + 0.5
    assert (np.abs(reference(stack, precision, picture, max_code) - expected) <= allowed).all()


@settings(max_examples=40)
@given(cases("fp32", [(np.float32, 255)]))
def test_fp32_is_what_onnxruntime_makes_of_the_graph(case: Case) -> None:
    stack, picture, max_code, output = case
    session = onnxruntime.InferenceSession(graph_of(stack), providers=["CPUExecutionProvider"])
    ((expected,),) = session.run(None, {"x": picture[None, None]})
    allowed = difference_allowed(stack, picture, max_code, "fp32")
    for path in paths("fp32"):
        assert (np.abs(run(Fused(stack, "fp32", path), picture, max_code, output) - expected[0]) <= allowed).all()
        output[:] = 0


# ---- a frame after another


@st.composite
def changed(draw: st.DrawFn, picture: Array, max_code: int) -> Array:
    """Nothing, a pixel, a rectangle or all of it is another; its strides too."""
    height, width = picture.shape
    other = draw(blank_planes(height, width, picture.dtype))
    other[:] = picture
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    tall, wide = draw(st.sampled_from([(0, 0), (1, 1), (9, 40), (height, width)]))
    part = other[top : top + tall, left : left + wide] if tall < height else other
    part[:] = max_code - part if picture.dtype != np.float32 else 1 - part
    return other


@given(st.data(), st.sampled_from(PRECISIONS), THREADS)
def test_what_did_not_change_may_be_kept(data: st.DataObject, precision: Precision, threads: int) -> None:
    stack, before, max_code, before_output = data.draw(cases(precision))
    after = data.draw(changed(before, max_code))
    largest = codes_of_largest(before.dtype, max_code)
    for path in fast_paths(precision):
        fused = Fused(stack, precision, path, threads)
        run(fused, before, max_code, before_output)
        output = np.zeros_like(before_output)
        kept = fused.run(after, output, largest, (before, before_output))
        np.testing.assert_array_equal(output, run(fused, after, max_code))
        same = before == after
        assert kept <= same.sum()
        assert (kept == after.size) == same.all()


POINTWISE = plain_stack(1, 1, kernel=1)


@pytest.mark.parametrize(
    ("stack", "reach"),
    [
        (plain_stack(8, 4), 4),
        (POINTWISE, 0),
        (replace(POINTWISE, shortcut="bicubic"), 2),  # which reads more than the network does
    ],
)
def test_far_from_a_change_all_is_kept(stack: Stack, reach: int) -> None:
    """Wherever it is: changes are looked for in parts of the picture."""
    fused = Fused(stack, "fp32", threads=2)
    before = np.random.default_rng(1).integers(0, 255, (200, 300), np.uint8)
    before_output = run(fused, before, 255)
    places = [(0, 0), (199, 299), *[(100 + i, 150 + i) for i in range(-36, 36)]]
    for y, x in places:
        after = before.copy()
        after[y, x] += 1
        output = np.zeros_like(before_output)
        kept = fused.run(after, output, 255, (before, before_output))
        assert before.size / 2 < kept < before.size - reach**2
        np.testing.assert_array_equal(output, run(fused, after, 255))


def test_a_change_is_followed_to_the_last_pixel_it_reaches() -> None:
    """Positive weights pass it on to the end of the receptive field, and float planes show how little arrives."""
    stack = plain_stack(4, 4)
    stack = replace(stack, layers=tuple(replace(layer, weight=np.abs(layer.weight)) for layer in stack.layers))
    fused = Fused(stack, "fp32")
    before = np.random.default_rng(1).random((160, 240), np.float32)
    before_output = run(fused, before, 1)
    for y, x in [(64 + i, 96 + i) for i in range(36)]:  # over the edges of the tiles that are looked at
        after = before.copy()
        after[y, x] += 1
        output = np.zeros_like(before_output)
        assert fused.run(after, output, 1, (before, before_output)) > 0
        np.testing.assert_array_equal(output, run(fused, after, 1))


@settings(max_examples=40)
@given(st.data(), st.sampled_from(PRECISIONS), THREADS, st.booleans())
def test_companions_are_resampled(data: st.DataObject, precision: Precision, threads: int, again: bool) -> None:
    stack, picture, max_code, output = data.draw(cases(precision, DEPTHS[:-1]))
    companions, expected = [], []
    for _ in range(2):
        height, width = (data.draw(st.integers(1, 40)) for _ in range(2))
        source = data.draw(pictures(height, width, picture.dtype, max_code))
        rows, columns = (taps_between(Grid(length), Grid(data.draw(st.integers(1, 60)))) for length in source.shape)
        made = data.draw(blank_planes(len(rows.first), len(columns.first), picture.dtype))
        companions.append(Companion(source, made, rows, columns))
        expected.append(np.zeros_like(made))
        resample_plane(source, expected[-1], rows, columns, max_code)
    for path in paths(precision):
        fused = Fused(stack, precision, path, threads)
        alone = run(fused, picture, max_code)
        previous = (picture, alone) if again else None
        fused.run(picture, output, max_code, previous, companions)
        np.testing.assert_array_equal(output, alone)
        for companion, plane in zip(companions, expected, strict=True):
            np.testing.assert_array_equal(companion.output, plane)
            companion.output[:] = 0


# ---- threads


@pytest.mark.parametrize("precision", PRECISIONS)
def test_many_threads_share_one_stack(precision: Precision) -> None:
    stack = plain_stack(8, 4, precision=precision)
    frames = [np.random.default_rng(i).integers(0, 256, (40 + i % 3, 60), np.uint8) for i in range(48)]
    alone = [run(Fused(stack, precision), frame, 255) for frame in frames]
    fused = Fused(stack, precision, threads=3)
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda frame: run(fused, frame, 255), frames))
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_stacks_come_and_go_while_others_run() -> None:
    """Each call is the last use of its stack."""
    stack, frame = plain_stack(8, 3), np.full((50, 30), 99, np.uint8)
    expected = run(Fused(stack, "fp32"), frame, 255)
    with ThreadPoolExecutor(4) as pool:
        for made in pool.map(lambda _: run(Fused(stack, "fp32", threads=3), frame, 255), range(40)):
            np.testing.assert_array_equal(made, expected)


def test_other_threads_go_on_during_a_call() -> None:
    """The interpreter would not take its lock from this thread: the call gives it away."""
    fused, frame = Fused(plain_stack(16, 5), "fp32"), np.zeros((60, 80), np.uint8)
    go, done = threading.Event(), threading.Event()

    def other() -> None:
        go.wait()
        done.set()

    thread, interval = threading.Thread(target=other), sys.getswitchinterval()
    thread.start()
    sys.setswitchinterval(1000)
    try:
        go.set()
        calls = 0
        while not done.is_set() and calls < 1000:
            run(fused, frame, 255)
            calls += 1
        assert done.is_set()
    finally:
        sys.setswitchinterval(interval)
        go.set()
        thread.join()


def test_more_threads_than_the_machine_has_are_refused() -> None:
    """Threads need memory for their stacks, which the limit does not leave."""
    program = """
import resource
import numpy as np
from framelift.engine import _native
layer = _native.StackLayer(np.ones((4, 1, 3, 3), np.float32), np.zeros(4, np.float32), None, None, None, -1, 1.0)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (256 << 20), resource.RLIM_INFINITY))
for threads in (1024, 2):
    try:
        _native.FusedStack([layer], 2, 1, "none", -0.5, "reference-f32", threads)
        print(threads, "started")
    except RuntimeError:
        print(threads, "refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1024 refused", "2 started"]
