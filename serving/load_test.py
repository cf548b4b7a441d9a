"""Loads a running server: throughput, latency and errors of two tasks.

python serving/load_test.py http://localhost:8501 --clients 8 --seconds 60
python serving/load_test.py http://localhost:8501 --compare photo.keras

Every client asks for a sample and a super-resolved picture in turn, as fast as it is
answered; a busy server's 429 counts as an error of its own kind and is not retried.
With --compare the same work is timed in this process, without a server, one picture
after the other.
"""

import argparse
import collections
import statistics
import sys
import threading
import time

from PIL import Image

from keras_singan.client import Client
from keras_singan.errors import ServingError

LOCK = threading.Lock()


def picture(side):
    """A smooth picture to enlarge."""
    return Image.radial_gradient("L").resize((side, side)).convert("RGB")


def tasks(model, image, factor):
    """The two tasks, of a `Client` or of a `SinGAN`: name to function of a seed."""
    return {
        "sample": lambda seed: model.sample(1, seed=seed),
        "super_resolution": lambda seed: model.super_resolve(image, factor),
    }


def work(run, until, first, taken, errors):
    """One client: asks until the time is over."""
    seed = first
    while time.monotonic() < until:
        for name, task in run.items():
            start = time.monotonic()
            try:
                task(seed)
            except ServingError as error:
                with LOCK:
                    errors[f"{name}: {error.status}"] += 1
                continue
            with LOCK:
                taken[name].append(time.monotonic() - start)
        seed += 1


def load(make_run, clients, seconds):
    """Runs the clients; returns each task's seconds, and the errors."""
    taken, errors = collections.defaultdict(list), collections.Counter()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=work, args=(make_run(), until, k * 10**6, taken, errors)
        )
        for k in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, errors


def report(title, taken, errors, seconds):
    """Prints a line for each task; returns whether there were no errors."""
    for name, values in sorted(taken.items()):
        middle, high = (
            statistics.median(values),
            sorted(values)[len(values) * 95 // 100],
        )
        print(
            f"{title} {name}: {len(values) / seconds:.2f}/s, p50 "
            f"{middle * 1e3:.0f} ms, p95 {high * 1e3:.0f} ms, {len(values)} answers"
        )
    for name, count in sorted(errors.items()):
        print(f"{title} {name}: {count} errors")
    return not errors


def main(argv=None):
    """Loads the server; the exit code is 1 if there was an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--model", default=None)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--side", type=int, default=64, help="px of what is enlarged")
    parser.add_argument("--factor", type=float, default=2)
    parser.add_argument(
        "--compare", metavar="MODEL", help="a .keras file or run folder"
    )
    args = parser.parse_args(argv)
    image = picture(args.side)

    def client():
        return tasks(Client(args.url, args.model, retries=0), image, args.factor)

    taken, errors = load(client, args.clients, args.seconds)
    good = report("server", taken, errors, args.seconds)
    if args.compare:
        from keras_singan import SinGAN

        run = tasks(SinGAN.load(args.compare), image, args.factor)
        for task in run.values():
            task(0)
        taken, errors = load(lambda: run, 1, args.seconds)
        report("in process", taken, errors, args.seconds)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
