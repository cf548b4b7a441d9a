"""Counters and histograms in Prometheus' text format, under TF Serving's names.

The names begin with a colon, which client libraries refuse; the format allows it.
"""

import bisect
import threading

PATH = "/monitoring/prometheus/metrics"
_PREFIX = ":tensorflow:serving:"
# Microseconds; the last of them is half an hour.
LIMITS = [10 * 1.8**power for power in range(33)]


class Metrics:
    """The counters and histograms that TensorFlow Serving has for its requests.

    Args:
        name: The served model's name. Requests for other names share one label, so
            that clients cannot make up any number of them.
    """

    def __init__(self, name):
        self._name = name
        self._lock = threading.Lock()
        self._counts = {}
        self._histograms = {"request_latency": {}, "runtime_latency": {}}

    def request(self, name, api, entrypoint, status, seconds):
        """Counts a request.

        Args:
            name: The model's name, as the request has it.
            api: What was asked for, `Predict` say.
            entrypoint: `REST` or `GRPC`.
            status: Name of the status' code.
            seconds: From its arrival to its answer.
        """
        name = name if name == self._name else "unknown"
        labels = _labels(model_name=name, status=status)
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + 1
        if status == "OK":
            labels = _labels(model_name=name, API=api, entrypoint=entrypoint)
            self._observe("request_latency", labels, seconds)

    def runtime(self, seconds):
        """Counts a run of the graph."""
        labels = _labels(model_name=self._name, API="Predict", runtime="TF1")
        self._observe("runtime_latency", labels, seconds)

    def _observe(self, histogram, labels, seconds):
        micros = seconds * 1e6
        with self._lock:
            empty = ([0] * (len(LIMITS) + 1), [0.0])
            buckets, total = self._histograms[histogram].setdefault(labels, empty)
            buckets[bisect.bisect_right(LIMITS, micros)] += 1
            total[0] += micros

    def page(self):
        """Returns all of it in Prometheus' text format."""
        with self._lock:
            lines = [f"# TYPE {_PREFIX}request_count counter"]
            for labels, count in self._counts.items():
                lines.append(f"{_PREFIX}request_count{{{labels}}} {count}")
            for name, points in self._histograms.items():
                lines.append(f"# TYPE {_PREFIX}{name} histogram")
                for labels, (buckets, total) in points.items():
                    lines += _histogram(_PREFIX + name, labels, buckets, total[0])
        return "\n".join(lines) + "\n"


def _labels(**values):
    return ",".join(f'{name}="{_escaped(text)}"' for name, text in values.items())


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _histogram(name, labels, buckets, total):
    count = 0
    for limit, size in zip(
        [*map("{:.6g}".format, LIMITS), "+Inf"], buckets, strict=True
    ):
        count += size
        yield f'{name}_bucket{{{labels},le="{limit}"}} {count}'
    yield f"{name}_sum{{{labels}}} {total:.6f}"
    yield f"{name}_count{{{labels}}} {count}"
