"""Servers on 127.0.0.1 that behave like the services of the catalogue, faults included."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What a server was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """What a server answers, and how badly."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """Close the connection after so many bytes, though more are announced."""
    delay_s: float = 0.0
    drip_s: float = 0.0
    """Send byte by byte, with this wait between them."""
    without_length: bool = False


Fault = Callable[[Request, Reply], Reply]


def busy(status: int = 429, **headers: str) -> Fault:
    """Answer that there is no time, instead."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda _, __: Reply(b"<html><title>Busy</title></html>", status, "text/html", named)


def cut(at: int) -> Fault:
    """Close the connection in the middle of the body."""
    return lambda _, reply: replace(reply, cut_at=at)


def slow(seconds: float) -> Fault:
    """Send nothing for a while."""
    return lambda _, reply: replace(reply, delay_s=seconds)


def dripping(seconds: float) -> Fault:
    """Send a byte now and then."""
    return lambda _, reply: replace(reply, drip_s=seconds)


def page_for_browsers(_: Request, __: Reply) -> Reply:
    """Answer 200 with a page that says something to people."""
    return Reply(b"<html><title>Please enable JavaScript</title></html>", 200, "text/html")


def answer(body: bytes, kind: str = "application/json", status: int = 200) -> Fault:
    """Answer something else."""
    return lambda _, __: Reply(body, status, kind)


class Server:
    """A server that answers as it is told, notes what it is asked, and has faults in turn."""

    def __init__(self, reply: Callable[[Request], Reply]) -> None:
        self.reply = reply
        self.faults: deque[Fault | None] = deque()
        self.asked: list[Request] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                sent = parse_qs(self.rfile.read(length).decode()) if length else {}
                request = Request(
                    self.command,
                    self.path if "://" in self.path else parts.path,
                    {key: values[0] for key, values in parse_qs(parts.query).items()},
                    dict(self.headers.items()),
                    {key: values[0] for key, values in sent.items()},
                )
                server.asked.append(request)
                reply = server.reply(request)
                fault = server.faults.popleft() if server.faults else None
                self._send(fault(request, reply) if fault else reply)

            def _send(self, reply: Reply) -> None:
                time.sleep(reply.delay_s)
                self.close_connection = True
                try:
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Connection", "close")
                    if not reply.without_length:
                        self.send_header("Content-Length", str(len(reply.body)))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    if reply.drip_s:
                        for byte in reply.body:
                            self.wfile.write(bytes([byte]))
                            self.wfile.flush()
                            time.sleep(reply.drip_s)
                    else:
                        self.wfile.write(reply.body[: reply.cut_at])
                except OSError:
                    pass  # whoever asked has gone

            do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# --- files ------------------------------------------------------------------------------------


@dataclass
class Files:
    """Files with ranges, validators, redirects and checksums, like a download server."""

    content: dict[str, bytes]
    kind: str = "application/octet-stream"
    redirects: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    weak: bool = False

    def __call__(self, request: Request) -> Reply:
        path = request.path
        if path in self.redirects:
            return Reply(b"", 302, headers={"Location": self.redirects[path]})
        if path.endswith(".md5") and path[:-4] in self.content:
            digest = hashlib.md5(self.content[path[:-4]]).hexdigest()
            return Reply(f"{digest}  {path[1:-4]}\n".encode(), kind="text/plain")
        if path not in self.content:
            return Reply(b"<html><title>Not Found</title></html>", 404, "text/html")
        body = self.content[path]
        etag = ("W/" if self.weak else "") + f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        wanted = request.headers.get("Range")
        if not (self.ranges and wanted and request.headers.get("If-Range") == etag):
            return Reply(body, kind=self.kind, headers=headers)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            return Reply(b"", 416, headers={"Content-Range": f"bytes */{len(body)}"})
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return Reply(body[start:], 206, self.kind, headers)


# --- Web Feature Service ----------------------------------------------------------------------

_CAPABILITIES = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="2.0.0" xmlns:wfs="http://www.opengis.net/wfs/2.0"
    xmlns:ows="http://www.opengis.net/ows/1.1">
  <ows:ServiceIdentification>
    <ows:Title>Test</ows:Title>
    <ows:Fees>Für die Nutzung gilt die Lizenz T.</ows:Fees>
    <ows:AccessConstraints>Es gelten keine Zugriffsbeschränkungen.</ows:AccessConstraints>
  </ows:ServiceIdentification>
  <ows:OperationsMetadata>
    <ows:Constraint name="CountDefault"><ows:NoValues/>
      <ows:DefaultValue>{limit}</ows:DefaultValue></ows:Constraint>
  </ows:OperationsMetadata>
  <wfs:FeatureTypeList>{types}</wfs:FeatureTypeList>
</wfs:WFS_Capabilities>
"""
_EXCEPTION = (
    '<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1">'
    '<ows:Exception exceptionCode="InvalidParameterValue"><ows:ExceptionText>{text}'
    "</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"
)


@dataclass
class Wfs:
    """A GeoServer: capabilities, and features page by page as GeoJSON."""

    layers: dict[str, list[dict[str, Any]]]
    crs: str = "urn:ogc:def:crs:EPSG::25833"
    limit: int = 1000
    pages: bool = True

    def __call__(self, request: Request) -> Reply:
        asked = {key.lower(): value for key, value in request.query.items()}
        if asked.get("request") == "GetCapabilities":
            types = "".join(
                f"<wfs:FeatureType><wfs:Name>{name}</wfs:Name></wfs:FeatureType>"
                for name in self.layers
            )
            text = _CAPABILITIES.format(limit=self.limit, types=types)
            return Reply(text.encode(), kind="application/xml")
        name = asked.get("typenames", "")
        if name not in self.layers or asked.get("outputformat") != "application/json":
            text = _EXCEPTION.format(text=f"Feature type {name} unknown")
            return Reply(text.encode(), 400, "application/xml")
        return Reply(json.dumps(self.page(name, asked)).encode(), kind="application/json")

    def page(self, name: str, asked: dict[str, str]) -> dict[str, Any]:
        key = asked["sortby"]
        rows = sorted(self.layers[name], key=lambda f: str(f["properties"][key]))
        start = int(asked["startindex"]) if self.pages else 0
        found = rows[start : start + min(int(asked["count"]), self.limit)]
        return {
            "type": "FeatureCollection",
            "features": found,
            "totalFeatures": len(rows),
            "numberMatched": len(rows),
            "numberReturned": len(found),
            "timeStamp": f"2026-01-01T00:00:{time.time_ns() % 60:02d}Z",
            "crs": {"type": "name", "properties": {"name": self.crs}},
        }


# --- OpenStreetMap ----------------------------------------------------------------------------

FREE = (
    "Connected as: 1234\nCurrent time: 2026-01-01T00:00:00Z\nAnnounced endpoint: test/\n"
    "Rate limit: 2\n2 slots available now.\n"
    "Currently running queries (pid, space limit, time limit, start time):\n"
)


def full(seconds: int) -> str:
    """Status of a server without a free slot."""
    return FREE.replace(
        "2 slots available now.",
        f"Slot available after: 2026-01-01T00:10:00Z, in {seconds} seconds.\n"
        f"Slot available after: 2026-01-01T00:20:00Z, in {seconds + 600} seconds.",
    )


@dataclass
class OpenStreetMap:
    """Overpass and Nominatim."""

    elements: list[dict[str, Any]]
    place: dict[str, Any] | None = None
    status: deque[str] = field(default_factory=deque)
    date: str = "2026-01-01T00:00:00Z"

    def __call__(self, request: Request) -> Reply:
        if request.path == "/api/status":
            text = self.status.popleft() if self.status else FREE
            return Reply(text.encode(), kind="text/plain")
        if request.path == "/search":
            found = [self.place] if self.place else []
            return Reply(json.dumps(found).encode(), kind="application/json")
        if request.path == "/api/interpreter":
            return Reply(self.found(request.form["data"]), kind="application/json")
        return Reply(b"", 404, "text/html")

    def found(self, query: str) -> bytes:
        """Answer a query by the tags that it names; where it looks is not checked."""
        amenity = "amenity" in query
        kept = [e for e in self.elements if ("amenity" in e.get("tags", {})) == amenity]
        corners = {node for e in kept for node in e.get("nodes", ())}
        if amenity:
            kept += [e for e in self.elements if e["type"] == "node" and e["id"] in corners]
        said = {
            "version": 0.6,
            "generator": "Overpass API",
            "osm3s": {"timestamp_osm_base": self.date, "copyright": "ODbL"},
            "elements": kept,
        }
        return json.dumps(said).encode()
