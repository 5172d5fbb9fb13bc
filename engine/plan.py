"""What a run will do, decided in full before any work: `--dry-run` prints it, the pipeline carries it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .backends import check_backend
from .colour import ColourTags
from .compute import Compute
from .containers import Container, container_for
from .decode import Deinterlacing
from .encoders import EncoderChoice, EncodeSettings, choose_encoder, encoder_options
from .errors import OutputError, UsageError
from .geometry import Geometry, TargetSize, plan_geometry, wanted_scale
from .layout import PixelLayout, layout_of
from .media import MediaFacts, VideoFacts, probe
from .memory import estimate, refuse_what_does_not_fit
from .model import Foreign, Model, load_model, precisions_of, scales_of
from .orientation import Turn, turn_of
from .pixel_format import tags_after
from .plane_road import takes
from .tracks import TrackPlan, plan_tracks, way_out, what_is_lost
from .upscaler import DEFAULT_MODEL


@dataclass(frozen=True)
class Options:
    """What the user may choose for a run."""

    model: str | Path = DEFAULT_MODEL
    target: TargetSize = field(default_factory=TargetSize)
    foreign: Foreign | None = None
    backend: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    mode: str = "throughput"
    reuse: bool = True
    tile: int | None = None
    encode: EncodeSettings = field(default_factory=EncodeSettings)
    deinterlace: Deinterlacing = "auto"
    stream: int | None = None
    overwrite: bool = False
    drop_unsupported: bool = False

    @property
    def compute(self) -> Compute:
        """How the network is computed."""
        return Compute(self.backend, self.precision, self.threads, self.mode, self.reuse)


@dataclass(frozen=True)
class Plan:
    """All decisions of one run."""

    input: Path
    output: Path
    options: Options
    facts: MediaFacts
    container: Container
    model: Model
    layout: PixelLayout
    colour: ColourTags  # the input's, decided
    geometry: Geometry
    choice: EncoderChoice
    output_colour: ColourTags
    tracks: list[TrackPlan]
    turn: Turn | None  # turns the frames where the container cannot keep the display matrix
    dropped: list[str]
    memory: float  # bytes, estimated

    @property
    def output_size(self) -> tuple[int, int]:
        """(width, height) of the frames that are encoded."""
        size = self.geometry.output_width, self.geometry.output_height
        return size[::-1] if self.turn is not None and self.turn.swaps_axes else size

    def lines(self) -> list[str]:
        """The plan in words."""
        video, g, compute = self.facts.video, self.geometry, self.options.compute
        frames = f"{video.frames} frames" if video.frames else "frames counted on the way"
        made = [
            f"video: stream {video.index}, {video.codec} {g.width}x{g.height} {video.pix_fmt}, {frames}"
            + (", interlaced" if video.interlaced else ""),
            f"model: {self.model.name}, x{self.model.scale}, on {g.width}x{g.height} pixels",
            f"backend: {self.options.backend}, precision {self.options.precision}, threads {compute.cores}",
            f"output: {self.output_size[0]}x{self.output_size[1]} {self.choice.pix_fmt} in {self.container.muxer}",
            f"encoder: {self.choice.encoder.name}, {self.choice.reason}",
        ]
        for plan in self.tracks:
            codec = f" to {plan.codec}" if plan.codec else ""
            made.append(f"stream {plan.track.index}: {plan.track.type} {plan.track.codec or ''} {plan.action}{codec}")
        made += [f"dropped: {words}" for words in self.dropped]
        return [*made, f"memory: about {self.memory / 1e9:.2f} GB"]


def make_plan(source: Path, output: Path, options: Options, *, new_folder: bool = False) -> Plan:
    """Decide everything; `new_folder` says that the output's folder need not be there yet.

    Raises FrameliftError for whatever makes the run impossible.
    """
    container = container_for(output)
    facts = probe(source, options.stream)
    _check_output(source, output, overwrite=options.overwrite, new_folder=new_folder)
    video, layout = facts.video, layout_of(facts.video.pix_fmt)
    turn = None if container.rotation else turn_of(video.display_matrix)
    swapped = turn is not None and turn.swaps_axes
    target = options.target.turned() if swapped else options.target
    options.compute.check()
    check_backend(options.backend)
    model = _model_for(options, target, video)
    choice = choose_encoder(container, layout, options.encode.codec, options.encode.pix_fmt)
    encoder_options(choice.encoder, options.encode.crf, options.encode.preset)
    geometry = _geometry(video, target, model, choice, swapped=swapped)
    tracks = plan_tracks(facts, container)
    aspect = geometry.sample_aspect_ratio
    dropped = what_is_lost(facts, tracks, container, choice.encoder, aspect)
    if dropped and not options.drop_unsupported:
        raise OutputError(
            f"{container.muxer} with {choice.encoder.name} cannot carry: {'; '.join(dropped)}",
            way_out(facts, container, choice.encoder, aspect),
        )
    fused = options.backend in ("auto", "native") and model.manifest is not None and takes(model, layout, geometry)
    memory = estimate(model, layout, choice, geometry, options.tile, fused_threads=options.compute.cores * fused)
    refuse_what_does_not_fit(memory, geometry)
    colour = video.colour.decided(lines=video.height, pix_fmt=video.pix_fmt)
    return Plan(
        input=source,
        output=output,
        options=options,
        facts=facts,
        container=container,
        model=model,
        layout=layout,
        colour=colour,
        geometry=geometry,
        choice=choice,
        output_colour=tags_after(colour, layout, choice.layout),
        tracks=tracks,
        turn=turn,
        dropped=dropped,
        memory=memory,
    )


def _check_output(source: Path, output: Path, *, overwrite: bool, new_folder: bool) -> None:
    try:
        there = output.exists()
        if output.is_dir():
            raise OutputError(f"{output} is a directory", "name a file in it")
        if not output.parent.is_dir() and not (new_folder and not output.parent.exists()):
            raise OutputError(f"{output.parent} is not a folder", "create it first")
    except OSError as error:  # the system will not even look: a name too long, a folder that may not be entered
        raise OutputError(f"{output} cannot be written: {error.strerror}", "choose another name or folder") from error
    if there and output.samefile(source):
        raise UsageError(f"{output} is the input itself", "give the output another name")
    if there and not overwrite:
        raise OutputError(f"{output} exists", "choose another name, or --overwrite it")


def _model_for(options: Options, target: TargetSize, video: VideoFacts) -> Model:
    """The model file that the target size, in the stored orientation, asks for."""
    compute, scale = options.compute, None
    scales = scales_of(options.model, compute.file_precision)
    if scales:
        scale = wanted_scale(video.width, video.height, target, scales)
    form = compute.form_among(precisions_of(options.model, scale), layout_of(video.pix_fmt).depth)
    model = load_model(options.model, scale=scale, precision=form, foreign=options.foreign)
    if not scales:  # a file, or a full name: it has the scale it has
        wanted_scale(video.width, video.height, target, (model.scale,))
    return model


def _geometry(video: VideoFacts, target: TargetSize, model: Model, choice: EncoderChoice, *, swapped: bool) -> Geometry:
    """Sizes in the stored orientation; `swapped` frames are turned by a quarter before they are encoded."""
    encoder, (across, down) = choice.encoder, choice.layout.subsampling
    even = (encoder.subsampled_even and across > 1, encoder.subsampled_even and down > 1)
    if swapped:
        even = (even[1], even[0])
    geometry = plan_geometry(video.width, video.height, video.sample_aspect_ratio, target, model.scale, even=even)
    sides = geometry.output_width, geometry.output_height
    if min(sides) < encoder.smallest_side:
        raise OutputError(
            f"{geometry.output_width}x{geometry.output_height} is smaller than {encoder.name} takes "
            f"({encoder.smallest_side} pixels a side)",
            "choose a larger --scale or --height, or --codec ffv1 in .mkv",
        )
    if max(sides) > encoder.largest_side:
        raise OutputError(
            f"{geometry.output_width}x{geometry.output_height} is larger than {encoder.name} takes "
            f"({encoder.largest_side} pixels a side)",
            "choose a smaller --scale or --height, or --codec ffv1 in .mkv",
        )
    return geometry
