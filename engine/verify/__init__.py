"""Does an upscaled file keep what its input holds? `verify` compares them; no code that writes files is used.

The checks, by the names findings carry:

    frames.count         as many frames
    frames.pts           every pts, rounded to the output's time base; rising; `reading` has the rule for
                         files without
    frames.duration      the last frame's, where both files tell it
    frames.order         each frame where the input has it: none lost, doubled or swapped
    frames.resemblance   each output picture resembles its input
    frames.damage        nothing in the output fails to decode that does not in the input
    duration             the declared length
    format.size          no fewer pixels
    format.depth         no fewer bits a sample
    format.chroma        no coarser chroma
    format.alpha         alpha is there
    colour.matrix, colour.range, colour.primaries, colour.transfer, colour.siting
                         tags: kept, or for an untagged input as `ColourTags.decided` has it
    colour.values        values were not converted
    aspect               display aspect ratio within 0.5 %
    rotation             the display matrix, or the picture turned by it
    hdr.mastering, hdr.light, hdr.dynamic, hdr.dolby_vision
    captions             closed captions (A53), frame by frame
    side_data.icc, side_data.spherical, side_data.stereo
    tracks.video, tracks.audio, tracks.subtitle, tracks.data, tracks.unknown
                         as many of the kind; if not, tracks of the kind are not compared further
    tracks.codec, tracks.language, tracks.title, tracks.disposition
    tracks.packets, tracks.payload, tracks.pts, tracks.text
                         contents of copied tracks; `packets` says what may change with the container
    attachments, cover   payload and name
    chapters             start, end and title, to the millisecond
    timecode             start timecodes
    metadata.file, metadata.track
                         every key but those that muxers write themselves (`tracks.MADE_BY_MUXERS`)
"""

from .compare import verify
from .report import Counts, Finding, VerifyReport

__all__ = ["Counts", "Finding", "VerifyReport", "verify"]
