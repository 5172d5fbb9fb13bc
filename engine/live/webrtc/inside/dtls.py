"""aiortc's DTLS transport: a packet that cannot be parsed is dropped, whatever the parser raises."""

from __future__ import annotations

import logging

from aiortc.rtcdtlstransport import RTCDtlsTransport

MOST_SOURCES = 64  # SSRCs routed; aiortc adds every one that it sees and never forgets any
_log = logging.getLogger(__name__)


class LiveDtls(RTCDtlsTransport):
    """One connection's DTLS transport, over which RTP and RTCP come in.

    aiortc expects ValueError of its parsers; short header extensions and reports raise struct.error, which would end
    its reading task and with it the connection.
    """

    refused: int  # packets dropped

    def adopted(self) -> None:
        """Begin to count."""
        self.refused = 0

    async def _handle_rtcp_data(self, data: bytes) -> None:
        try:
            await super()._handle_rtcp_data(data)
        except Exception as error:  # noqa: BLE001  whatever a peer sends, the connection goes on
            self._refuse("RTCP", error)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        try:
            await super()._handle_rtp_data(data, arrival_time_ms)
        except Exception as error:  # noqa: BLE001  likewise
            self._refuse("RTP", error)
        sources = self._rtp_router.ssrc_table
        while len(sources) > MOST_SOURCES:
            sources.popitem()  # the newest

    def _refuse(self, kind: str, error: Exception) -> None:
        self.refused += 1
        if self.refused == 1:
            _log.warning("%s packet refused (further ones are only counted): %r", kind, error)
