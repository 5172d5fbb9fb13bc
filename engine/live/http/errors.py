"""Errors as answers: a status and JSON with the two lines that the command would show."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ...errors import FrameliftError, InputError, ModelError, UsageError
from ..refused import Refused

__all__ = ["Refused", "answer_of", "install"]

_UNPROCESSABLE = (UsageError, InputError, ModelError)  # understood, well formed, and not possible
_HINTS = {
    404: "GET /openapi.json lists what there is",
    405: "the header Allow lists the methods of this address",
}


def answer_of(error: FrameliftError) -> JSONResponse:
    """The answer for an error that a client can act on."""
    status, headers = 500, dict[str, str]()
    if isinstance(error, Refused):
        status = error.status
        if error.retry_after is not None:
            headers["Retry-After"] = str(error.retry_after)
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="framelift"'  # RFC 6750 section 3
    elif isinstance(error, _UNPROCESSABLE):
        status = 422
    return _answer(status, error.message, error.hint, headers)


def install(app: FastAPI) -> None:
    """Make every error of `app` an answer of this form."""
    app.add_exception_handler(FrameliftError, _framelift_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _internal_error)


def _answer(status: int, message: str, hint: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message, "hint": hint}, status, headers)


async def _framelift_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FrameliftError)
    return answer_of(error)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    words = HTTPStatus(error.status_code).phrase
    message = f"{request.method} {request.scope['path']}: {words}"
    hint = _HINTS.get(error.status_code, error.detail if error.detail != words else "check the request")
    return _answer(error.status_code, message, hint, dict(error.headers or {}))


async def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _answer(422, f"{where}: {first['msg']}", "GET /openapi.json has what is allowed")


async def _internal_error(_: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("internal error", exc_info=error)
    return _answer(500, f"internal error: {type(error).__name__}", "the server's log has more; please report it")
