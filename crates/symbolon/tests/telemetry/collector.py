"""A collector of traces, by OTLP over HTTP: prints its port, then each message as the published package reads it."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


def say(value):
    print(json.dumps(value), flush=True)


def attributes(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def told(span):
    return {
        "trace": span.trace_id.hex(),
        "span": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "name": span.name,
        "kind": span.SpanKind.Name(span.kind),
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "flags": span.flags,
        "status": span.status.StatusCode.Name(span.status.code),
        "attributes": attributes(span.attributes),
    }


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        message = ExportTraceServiceRequest.FromString(body)
        answer = ExportTraceServiceResponse()
        if sys.argv[1] == "rejects one":
            answer.partial_success.rejected_spans = 1
        say(
            {
                "asked": f"{self.path} {self.headers['content-type']}",
                "resources": [attributes(one.resource.attributes) for one in message.resource_spans],
                "spans": [
                    told(span)
                    for resource in message.resource_spans
                    for scope in resource.scope_spans
                    for span in scope.spans
                ],
                "bytes": body.hex(),
            }
        )
        answer = answer.SerializeToString()
        self.send_response(503 if sys.argv[1] == "refuses" else 200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
say({"port": server.server_port})
server.serve_forever()
