"""Forms with a file, read as they come (RFC 7578): the file goes where it is told to, the fields are kept."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ..refused import Refused

MOST_FIELDS = 16
LONGEST_FIELD = 1 << 10  # bytes


class FileForm:
    """A form with one file, in the field `file`."""

    def __init__(self, content_type: str, write: Callable[[bytes], object], most: int) -> None:
        """The file's bytes go to `write`, `most` of them. Raises Refused for a content type without a boundary."""
        self._write, self._most, self._written = write, most, 0
        self._fields: dict[str, bytearray] = {}
        self._filename: str | None = None
        self._field: bytearray | None = None  # that is being read; None: the file is
        self._header = self._value = self._disposition = b""
        self._ended = False
        callbacks = {
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_end": self._on_end,
        }
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise Refused(400, "the form's content type has no boundary", "let the HTTP library set it")
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of all there are

    def feed(self, block: bytes) -> None:
        """The next bytes of the body. Raises Refused."""
        try:
            self._parser.write(block)
        except FormParserError as error:
            raise Refused(400, f"the form cannot be read: {error}", "send it as RFC 7578 has it") from None

    def finish(self) -> tuple[str, dict[str, str]]:
        """What the client calls the file, and the fields. Raises Refused when the form is not whole."""
        if not self._ended:
            raise Refused(400, "the form ends before its last boundary", "send all of it")
        if self._filename is None:
            raise Refused(422, "the form has no file", "send it as the field 'file', with a file name")
        return self._filename, {name: _text(bytes(value)) for name, value in self._fields.items()}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        options = parse_options_header(self._disposition)[1]
        name, self._disposition = _text(options.get(b"name", b"")), b""
        if b"filename" not in options:
            if len(self._fields) == MOST_FIELDS:
                raise Refused(413, f"the form has more than {MOST_FIELDS} fields", "send file, model and scale")
            self._field = self._fields[name] = bytearray()
        elif name != "file" or self._filename is not None:
            raise Refused(422, f"the form has a file {name!r}", "send one file, as the field 'file'")
        else:
            self._field, self._filename = None, _unescaped(_text(options[b"filename"]))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = data[start:end]
        if self._field is not None:
            self._field += part
            if len(self._field) > LONGEST_FIELD:
                raise Refused(
                    413, f"a field of the form is over {LONGEST_FIELD} bytes", "send the file with a file name"
                )
            return
        self._written += len(part)
        if self._written > self._most:
            raise Refused(413, f"the file is over {self._most} bytes", "send a smaller one")
        self._write(part)

    def _on_end(self) -> None:
        self._ended = True


def _unescaped(name: str) -> str:
    """What browsers escape in names (HTML Living Standard, multipart/form-data encoding algorithm)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _text(data: bytes) -> str:
    """Browsers send UTF-8; who sends anything else gets its bytes back as characters."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
