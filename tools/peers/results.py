"""Where measurements beside peers go and what is said of the machine; shared by everything here."""

import contextlib
import csv
import json
import os
import pathlib
import platform
import shlex
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = "date,commit,machine,command,seed,model,recipe,metric,value".split(",")
DIRTY = "-dirty"
FEATURES = {
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI",
    "avx512_bf16": "BF16",
    "amx_bf16": "AMX",
    "sve": "SVE",
    "bf16": "BF16",
}
BF16 = {"avx512_bf16", "amx_bf16", "bf16"}


def train_recipe(batch, size, classes, precision, threads):
    """What a training measurement is called in the CSV."""
    return f"train-b{batch}-{size}-c{classes}-{precision}-t{threads}"


def infer_recipe(batch, threads):
    """What a measurement of inference, in several precisions, is called in the CSV."""
    return f"infer-b{batch}-t{threads}"


def append(file, now, model, recipe, figures):
    """A row of the CSV for each figure."""
    new = not file.exists() or file.stat().st_size == 0
    command = os.path.relpath(sys.argv[0], ROOT) + " " + shlex.join(sys.argv[1:])
    with open(file, "a", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        for metric, value in figures.items():
            row = [now.strftime("%Y-%m-%dT%H:%M:%SZ"), commit(), machine(), command, 0]
            writer.writerow(row + [model, recipe, metric, value])


def interleave(contenders, rounds, measure, log, hidden=""):
    """
    What ``measure`` gives of each contender, for each round; every round begins with another one.
    ``log`` gets a line for each, without the text ``hidden``.
    """
    measured = []
    for number in range(rounds):
        shift = number % len(contenders)
        results = {}
        for contender in contenders[shift:] + contenders[:shift]:
            result = results[contender] = measure(contender)
            line = json.dumps({"round": number, "contender": contender, **result})
            with open(log, "a") as file:
                file.write((line.replace(hidden, "") if hidden else line) + "\n")
            print(
                f"round {number + 1}/{rounds} {contender:17}"
                f" {result['images_per_s_median']:10.2f} img/s"
                f" {result['peak_rss_bytes'] / 1e9:6.2f} GB",
                file=sys.stderr,
                flush=True,
            )
        measured.append(results)
    return measured


@contextlib.contextmanager
def unless_interrupted(log):
    """Ctrl-C ends a measurement in one line, and leaves no log of a part of it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        log.unlink(missing_ok=True)
        print("interrupted: nothing of this measurement is kept", file=sys.stderr)
        sys.exit(130)


def commit():
    def git(*words):
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        # Results and documents written by a run do not make the code another one.
        changed = git("status", "--porcelain", "--", ".", ":!docs", ":!*.md")
        return git("rev-parse", "--short=12", "HEAD") + (DIRTY if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    """Processor, what speeds up its convolutions, cores this process may use; never a host's name."""
    name = cpu_info("model name") or platform.machine()
    has = dict.fromkeys(word for flag, word in FEATURES.items() if flag in cpu_flags())
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count()
    return f"{name} ({' '.join(has)}) x{cores}" if has else f"{name} x{cores}"


def cpu_flags():
    return set((cpu_info("flags") or cpu_info("Features") or "").split())


def has_bf16():
    """Whether the processor multiplies bf16 numbers."""
    return bool(BF16 & cpu_flags())


def cpu_info(key):
    """The first entry of that name in /proc/cpuinfo; None where there is none."""
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return None
