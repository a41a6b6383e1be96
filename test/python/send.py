"""Sends log records through the OpenTelemetry SDK: send.py http|grpc none|gzip ENDPOINT COUNT SERVICE."""

import logging
import sys

from opentelemetry._logs import set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

transport, compression, endpoint, count, service = sys.argv[1:6]

if transport == "grpc":
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    kind = Compression.Gzip if compression == "gzip" else Compression.NoCompression
    exporter = OTLPLogExporter(endpoint=endpoint, insecure=True, compression=kind)
else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    kind = Compression.Gzip if compression == "gzip" else Compression.NoCompression
    exporter = OTLPLogExporter(endpoint=endpoint + "/v1/logs", compression=kind)

provider = LoggerProvider(resource=Resource.create({"service.name": service}))
set_logger_provider(provider)
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
logger = logging.getLogger("shop.checkout")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(logger_provider=provider))
for i in range(int(count)):
    if i % 4 == 0:
        logger.error("payment %d failed", i, extra={"order": i})
    else:
        logger.info("payment %d done", i, extra={"order": i})
provider.shutdown()
