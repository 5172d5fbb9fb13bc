"""aiortc's peer connection, made of our parts."""

from __future__ import annotations

from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCPeerConnection
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport, SRTPProtectionProfile
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from OpenSSL import SSL

from . import constants
from .adopt import adopt, replace_private
from .dtls import LiveDtls
from .ice import LiveIce
from .receiver import LiveReceiver
from .sender import LiveSender

# aiortc's, each also for a peer whose certificate is RSA (FFmpeg's WHIP muxer, GStreamer), strongest first.
CIPHER_SUITES = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA")
    for key in ("ECDSA", "RSA")
).encode()


class LiveCertificate(RTCCertificate):
    """A certificate whose connections allow RSA on the other side."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHER_SUITES)
        return context


class LivePeer(RTCPeerConnection):
    """A connection whose transports, senders and receivers are ours, all over one transport (max-bundle)."""

    def __init__(self, servers: list[RTCIceServer], addresses: tuple[str, ...]) -> None:
        """`addresses` are the local ones to offer; none: those that aioice finds."""
        constants.apply()
        super().__init__(RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._addresses = addresses
        replace_private(self, RTCPeerConnection, "certificates", [LiveCertificate.generateCertificate()])

    def _RTCPeerConnection__createDtlsTransport(self) -> RTCDtlsTransport:  # noqa: N802  aiortc's name
        transport = super()._RTCPeerConnection__createDtlsTransport()  # type: ignore[misc]  # private to its class
        adopt(transport.transport._connection, LiveIce).addresses = self._addresses
        return adopt(transport, LiveDtls)

    def _RTCPeerConnection__createTransceiver(  # noqa: N802  aiortc's name
        self, direction: str, kind: str, sender_track: MediaStreamTrack | None = None
    ) -> RTCRtpTransceiver:
        transceiver: RTCRtpTransceiver = super()._RTCPeerConnection__createTransceiver(  # type: ignore[misc]
            direction, kind, sender_track
        )
        adopt(transceiver.sender, LiveSender)
        adopt(transceiver.receiver, LiveReceiver)
        return transceiver
