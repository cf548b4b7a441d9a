"""Attacks a server of its own on this machine, and asks ordinary things beside it.

python serving/attack.py runs/birds --seconds 60

The server is `keras-singan serve` at free ports of 127.0.0.1; no other machine can be
named. Peers send claims without values, inputs that slow readers take long for, half
requests, and large bodies. All ordinary requests must be answered, 99 of 100 within
two seconds. Memory must stay flat within 200 MB, from quarter to quarter of the time
too. In the end the server must have the files and threads that it had. Else the exit
code is 1.
"""

import argparse
import collections
import contextlib
import gzip
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

HOST = "127.0.0.1"
SAMPLE = {
    "signature_name": "sample",
    "instances": [{"seed": 1, "index": 0, "start_scale": -1}],
}
PREDICT = "/tensorflow.serving.PredictionService/Predict"
HEALTH = "/grpc.health.v1.Health/Check"
TYPES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 17, 18, 19, 22, 23)
IDLE_PEERS, HALF_PEERS, BODY_PEERS, CALL_PEERS = 100, 60, 40, 40
ALLOWED_MEGABYTES = 200
ALLOWED_SECONDS = 2.0
KINDS = ("predict", "status", "health")
SETTLED_SECONDS = 60
WARM_SECONDS = 600


class Target:
    """The server that is attacked, in a process of its own."""

    def __init__(self, model, name="attacked"):
        command = [sys.executable, "-m", "keras_singan", "serve", str(model)]
        command += ["--name", name, "--port", "0", "--grpc-port", "0"]
        self.name, self.model = name, f"/v1/models/{name}"
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.port = self.grpc_port = None
        self.lines = []
        while self.grpc_port is None:
            line = self.process.stderr.readline()
            if not line:
                sys.exit(f"The server has not started: {' '.join(self.lines)}")
            self._read(line)
        threading.Thread(target=self._read_on, daemon=True).start()

    def _read(self, line):
        self.lines.append(line.rstrip())
        if match := re.match(r"(REST|gRPC): (?:http://)?127\.0\.0\.1:(\d+)", line):
            kind, port = match.groups()
            setattr(self, "port" if kind == "REST" else "grpc_port", int(port))

    def _read_on(self):
        for line in self.process.stderr:
            self._read(line)

    def ask(self, method, path, body=None, headers=(), timeout=60):
        """Sends a request; gives the status and the answer's bytes."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def predict(self, body, headers=()):
        """Sends a predict request's body, as `ask`."""
        return self.ask("POST", f"{self.model}:predict", body, headers)

    def channel(self):
        """Opens a gRPC channel of its own."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        return grpc.insecure_channel(f"{HOST}:{self.grpc_port}", options=options)

    def usage(self):
        """Gives memory in MB with the children's, open files and threads."""
        pids = [self.process.pid, *children(self.process.pid)]
        own = Path(f"/proc/{pids[0]}")
        return {
            "memory": sum(map(resident, pids)),
            "files": len(os.listdir(own / "fd")),
            "threads": len(os.listdir(own / "task")),
        }

    def worked(self):
        """Gives the seconds of processor time that the server has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().split(") ")[-1]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def wait_until_idle(self):
        """Waits, a while at most: behind its first signature it warms up the others."""
        end, before = time.monotonic() + WARM_SECONDS, -1.0
        while time.monotonic() < end and self.worked() > before + 0.1:
            before = self.worked()
            time.sleep(1)

    def stop(self):
        """Ends the server; gives its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def children(pid):
    """Gives the process ids of a process' children."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def resident(pid):
    """Gives the memory of a process in MB; 0 when it has ended."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


# Each attack is one round; it is repeated until the time is over.


def claim(target, draw):
    """Claims tensors of sizes that no machine has, without values."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = target.name
    for number in range(draw.choice([1, 50])):
        proto = tensor_pb2.TensorProto(dtype=draw.choice(TYPES))
        for size in draw.choice([[2**31], [2**62], [2**20], [0, 2**40, 2**40]]):
            proto.tensor_shape.dim.add().size = size
        request.inputs[f"input{number}"].CopyFrom(proto)
    message = draw.choice([request.SerializeToString(), draw.randbytes(200)])
    with target.channel() as channel, contextlib.suppress(grpc.RpcError):
        channel.unary_unary(PREDICT)(message, timeout=30)


def slow_text(target, draw):
    """Sends paths, numbers and names that a careless pattern reads for seconds."""
    path = draw.choice(["a", "a+", "/versions/1", ":", "%41"]) * 12_000
    target.ask("GET", draw.choice([path, f"/v1/models/{path}", f"a{path}://"]))
    part = draw.choice(["9" * 299 + ",", "9", '"\\ud83d\\ude00', "[", '{"a":', "1e99,"])
    target.predict('{"inputs": [' + part * (2_000_000 // len(part)))


def broken(target, draw):
    """Sends what is no HTTP, and half of what is."""
    head = f"POST {target.model}:predict HTTP/1.1\r\nHost: x\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    start = draw.choice([b"", head, chunked, chunked + b"2\r\n{}\r\n0\r\n\r\n"])
    with socket.create_connection((HOST, target.port), timeout=15) as peer:
        peer.sendall(start + draw.randbytes(200) + b"\r\n\r\n")
        peer.recv(1000)


def large(target, draw):
    """Sends bodies as large as the server takes them, and larger."""
    part = draw.choice([b"0.123456,", b"0.5,", b"[],", b'{"a":1},', b'"abcdefg",'])
    size = draw.choice([4, 15, 15, 20]) << 20
    target.predict(b'{"inputs": [' + part * (size // len(part)) + b"1]}")


def bomb(target, draw):
    """Sends bodies that inflate to 100 MB."""
    body = gzip.compress(draw.choice([b" ", b"[1],"]) * (25 << 20), 1)
    target.predict(body, {"Content-Encoding": "gzip"})


def give_up(target, draw):
    """Asks, and goes before the answer comes."""
    body = json.dumps(SAMPLE).encode()
    head = f"POST {target.model}:predict HTTP/1.1\r\nHost: x\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((HOST, target.port), timeout=15) as peer:
        peer.sendall(head.encode() + body)
        time.sleep(draw.uniform(0, 0.05))


ROUNDS = (claim, slow_text, broken, large, bomb, give_up)


def repeat(attack, target, stop, counts, errors):
    """Repeats an attack until the time is over."""
    draw = random.Random(attack.__name__)
    while not stop.is_set():
        try:
            attack(target, draw)
        except (OSError, http.client.HTTPException) as error:
            errors[f"{attack.__name__}: {type(error).__name__}"] += 1
        counts[attack.__name__] += 1
        stop.wait(0.02)


def hold_connections(target, stop, counts):
    """Keeps connections open that send nothing, half a header, or half a body."""
    head = f"POST {target.model}:predict HTTP/1.1\r\nHost: x\r\n".encode()
    starts = [b""] * IDLE_PEERS + [head] * HALF_PEERS
    starts += [head + b"Content-Length: 99\r\n\r\n{"] * BODY_PEERS
    while not stop.is_set():
        with contextlib.ExitStack() as stack:
            for start in starts:
                for port in (target.port, target.grpc_port)[: 2 - bool(start)]:
                    with contextlib.suppress(OSError):
                        peer = socket.create_connection((HOST, port), timeout=5)
                        stack.enter_context(peer).sendall(start)
                        counts["held connections"] += 1
            stop.wait(12)


def hold_calls(target, stop, counts):
    """Keeps gRPC calls open whose message never comes."""
    with target.channel() as channel:
        call = channel.stream_unary(PREDICT)
        while not stop.is_set():
            calls = [call.future(iter(stop.wait, True)) for _ in range(CALL_PEERS)]
            counts["held calls"] += len(calls)
            stop.wait(12)
            for each in calls:
                each.cancel()


class Ordinary:
    """Asks ordinary things, one after the other, and notes what comes back."""

    def __init__(self, target, body):
        self.target, self.body = target, json.dumps(body)
        self.taken, self.failed = collections.defaultdict(list), []

    def ask_until(self, stop):
        """Asks for a prediction, the status, and the health until told to stop."""
        with self.target.channel() as channel:
            check = channel.unary_unary(HEALTH)
            while not stop.is_set():
                self._note("predict", lambda: self.target.predict(self.body))
                self._note("status", self._status)
                self._note("health", lambda: (200, check(b"", timeout=60)))
                stop.wait(0.05)

    def _status(self):
        return self.target.ask("GET", self.target.model)

    def _note(self, kind, function):
        start = time.monotonic()
        try:
            answer, data = function()
        except (OSError, http.client.HTTPException, grpc.RpcError) as error:
            answer, data = type(error).__name__, b""
        self.taken[kind].append(time.monotonic() - start)
        if answer != 200:
            self.failed.append(
                f"{kind}: {answer} {data[:200].decode(errors='replace')}"
            )


def percentile(values, share):
    """Gives a percentile, `share` of 1."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def settle(target, before):
    """Waits until files and threads are few again; gives the usage then."""
    end = time.monotonic() + SETTLED_SECONDS
    while True:
        usage = target.usage()
        few = all(usage[name] <= before[name] for name in ("files", "threads"))
        if few or time.monotonic() > end:
            return usage
        time.sleep(0.5)


def attack(target, body, seconds, clients=2):
    """Runs it all; gives the `Ordinary` requests, memory samples, and counts."""
    ordinary, stop = Ordinary(target, body), threading.Event()
    counts, errors = collections.Counter(), collections.Counter()
    jobs = [(repeat, (each, target, stop, counts, errors)) for each in ROUNDS]
    jobs += [(repeat, (large, target, stop, counts, errors))]
    jobs += [(hold, (target, stop, counts)) for hold in (hold_connections, hold_calls)]
    jobs += [(ordinary.ask_until, (stop,))] * clients
    threads = [threading.Thread(target=job, args=args) for job, args in jobs]
    for thread in threads:
        thread.start()
    end, memory = time.monotonic() + seconds, []
    while time.monotonic() < end and target.process.poll() is None:
        memory.append(target.usage()["memory"])
        time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    return ordinary, memory, counts, errors


def quarters(memory):
    """Gives the median memory of each quarter of the time.

    Not the most: what a large body takes for a moment is bounded, and given back.
    """
    size = max(1, len(memory) // 4)
    parts = [memory[k : k + size] or memory[-1:] for k in range(0, 4 * size, size)]
    return [statistics.median(part) for part in parts]


def report(target, before, after, ordinary, memory):
    """Prints the figures."""
    for kind, values in ordinary.taken.items():
        print(
            f"{kind}: {len(values)} asked, p50 {statistics.median(values) * 1e3:.0f} "
            f"ms, p99 {percentile(values, 0.99) * 1e3:.0f} ms"
        )
    print(
        f"memory: {before['memory']:.0f} MB before, "
        f"{', '.join(f'{part:.0f}' for part in quarters(memory))} MB in the middle of "
        f"each quarter, {max(memory):.0f} MB at most, {after['memory']:.0f} MB after"
    )
    for name in ("files", "threads"):
        print(f"{name}: {before[name]} before, {after[name]} after")
    print(f"log: {len(target.lines)} lines")


def faults(before, after, ordinary, memory, seconds=ALLOWED_SECONDS):
    """Gives the list of what is wrong; `seconds` is what p99 may take."""
    wrong = [f"{len(ordinary.failed)} not answered"] if ordinary.failed else []
    wrong += sorted(set(ordinary.failed))
    for kind in KINDS:
        if not ordinary.taken[kind]:
            wrong.append(f"no {kind} was asked")
        elif percentile(ordinary.taken[kind], 0.99) > seconds:
            wrong.append(f"p99 of {kind} is over {seconds:g} s")
    # The first quarter is when the server takes what it needs for such traffic.
    _, second, *later = quarters(memory)
    grown = [after["memory"] - before["memory"], *(part - second for part in later)]
    if max(grown) > ALLOWED_MEGABYTES:
        wrong.append("memory has grown")
    return wrong + [
        f"more {name}" for name in ("files", "threads") if after[name] > before[name]
    ]


def warm(target, ordinary):
    """Asks each ordinary thing and sends each large body once: what stays, stays."""
    for _ in range(20):
        target.predict(ordinary)
    target.ask("GET", target.model)
    with target.channel() as channel:
        channel.unary_unary(HEALTH)(b"", timeout=60)
    numbers = b'{"inputs": [' + b"0.5," * 60_000 + b"1]}"
    target.predict(numbers)
    target.predict(gzip.compress(numbers), {"Content-Encoding": "gzip"})
    target.wait_until_idle()


def main(argv=None):
    """Attacks a server; the exit code is 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="what keras-singan serve takes")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=2, help="ordinary ones")
    parser.add_argument(
        "--body", default=json.dumps(SAMPLE), help="an ordinary request"
    )
    parser.add_argument(
        "--p99", type=float, default=ALLOWED_SECONDS, help="seconds it may take"
    )
    args = parser.parse_args(argv)
    target = Target(args.model)
    try:
        warm(target, args.body)
        before = target.usage()
        body = json.loads(args.body)
        ordinary, memory, counts, errors = attack(
            target, body, args.seconds, args.clients
        )
        print("sent:", ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
        print("not read to their end:", dict(errors))
        figures = before, settle(target, before), ordinary, memory
        report(target, *figures)
        wrong = faults(*figures, args.p99)
    finally:
        code = target.stop()
    if code:
        wrong.append(f"the server ended with {code}")
    print("wrong: " + "; ".join(wrong) if wrong else "All is well.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
