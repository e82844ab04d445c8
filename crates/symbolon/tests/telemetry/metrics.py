"""Reads metrics with Prometheus's own parser; prints each sample's name, labels and value."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[one.name, one.labels, one.value] for family in families for one in family.samples]))
