"""What every host of a portal has: a listening socket, and a record of each request."""

from __future__ import annotations

import asyncio
import socket

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.portal import ADDRESS, CLIENT_CLOSED_REQUEST, RECORD, RECORD_DONE, SandboxPortal
from sandbox.records import Records


def listen(base_port: int | None, number: int) -> socket.socket:
    """A listening socket on port `base_port + number`, a free one if there is no base. Raises `OSError` if taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if base_port is not None:
        # A restart must not wait for the old connections to time out.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, 0 if base_port is None else base_port + number))
    except OSError:
        listener.close()
        raise
    return listener


def recording(portal: SandboxPortal, host: str, records: Records) -> Middleware:
    """A middleware that notes every request of a host."""

    @web.middleware
    async def record_request(request: web.Request, handler: Handler) -> web.StreamResponse:
        shop, call = portal.shop_of(request), portal.call_of(host, request.path)
        record = records.begin(
            host=host,
            method=request.method,
            path=request.path,
            query_keys=tuple(request.query),
            user_agent=request.headers.get("User-Agent", ""),
            shop_id=None if shop is None else shop.id,
            account=None if shop is None else shop.username,
            call=call,
            is_paced=call in portal.paced_calls,
        )
        request[RECORD] = record
        request[RECORD_DONE] = lambda status: records.finish(record, status)
        status = web.HTTPInternalServerError.status_code
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as answer:
            status = answer.status
            raise
        except asyncio.CancelledError:
            status = CLIENT_CLOSED_REQUEST
            raise
        finally:
            records.finish(record, status)
        return response

    return record_request
