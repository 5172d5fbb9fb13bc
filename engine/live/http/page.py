"""The web page: a folder of files as they are, under a policy that lets nothing else in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

FOLDER = Path(__file__).parent.parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' blob:",  # blob: what the page made or received itself
    "media-src": "'self' blob:",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "Permissions-Policy": "camera=(self), display-capture=(self), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # kept, but asked after each time: a new version shows at once
}


@dataclass(frozen=True)
class _File:
    body: bytes
    content_type: str
    tag: str


def router() -> APIRouter:
    """`GET /` and `GET /page/{name}`, open to everybody. The files are read once."""
    files = {path.name: _read(path) for path in FOLDER.iterdir() if path.suffix in _TYPES}
    routes = APIRouter(include_in_schema=False)

    @routes.head("/")
    @routes.get("/")
    async def page(request: Request) -> Response:
        return _answer(request, files["index.html"])

    @routes.get("/page/{name}")
    async def file(request: Request, name: str) -> Response:
        if name not in files:  # looked up among what was read: a name never becomes a path
            raise HTTPException(404)
        return _answer(request, files[name])

    return routes


def _read(path: Path) -> _File:
    body = path.read_bytes()
    return _File(body, _TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _answer(request: Request, file: _File) -> Response:
    headers = {**_HEADERS, "ETag": file.tag}
    if request.headers.get("If-None-Match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers, media_type=file.content_type)
