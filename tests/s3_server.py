"""An S3 server in this process, on the loopback, for as long as a block lasts; it checks no credentials."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

BUCKETS = ("contents", "keys")
_SIGNED = "AWS4-HMAC-SHA256 Credential=mock/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class _Quiet(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address; there are the buckets `contents` and `keys`, emptied at the beginning."""
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="s3")
    thread.start()
    try:
        _send(server.server_port, "POST", "/moto-api/reset")
        for bucket in BUCKETS:
            _send(server.server_port, "PUT", f"/{bucket}")
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _send(port: int, method: str, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers={"Authorization": _SIGNED})
    assert connection.getresponse().status == 200
    connection.close()
