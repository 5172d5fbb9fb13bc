"""JSON in small bodies that are read with care: capped, in time, and checked against a model."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..refused import Refused

Payload = TypeVar("Payload", bound=BaseModel)


def parsed(kind: type[Payload], body: bytes) -> Payload:
    """Raises Refused with 422, naming the first field that is wrong."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        status = 400 if first["type"] == "json_invalid" else 422
        raise Refused(status, f"{where}: {first['msg']}", "GET /openapi.json has what is allowed") from None


def json_body(kind: type[BaseModel]) -> dict[str, Any]:
    """Its description for OpenAPI."""
    schema = kind.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
