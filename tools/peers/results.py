"""Where measurements beside peers go, and what is said of the machine; shared by compare_*."""

import csv
import os
import pathlib
import platform
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def append(file, now, model, recipe, figures):
    """A row of the CSV for each figure."""
    new = not file.exists() or file.stat().st_size == 0
    command = os.path.relpath(sys.argv[0], ROOT) + " " + shlex.join(sys.argv[1:])
    with open(file, "a", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        if new:
            writer.writerow(
                "date,commit,machine,command,seed,model,recipe,metric,value".split(",")
            )
        for metric, value in figures.items():
            row = [now.strftime("%Y-%m-%dT%H:%M:%SZ"), commit(), machine(), command, 0]
            writer.writerow(row + [model, recipe, metric, value])


def commit():
    def git(*words):
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        # Results written by this run do not make the code another one.
        changed = git("status", "--porcelain", "--", ".", ":!docs/results")
        return git("rev-parse", "--short=12", "HEAD") + ("-dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    """Processor model and how many cores this process may use; never a host's name."""
    name = platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    name = line.split(":", 1)[1].strip()
                    break
        cores = len(os.sched_getaffinity(0))
    except (OSError, AttributeError):
        cores = os.cpu_count()
    return f"{name} x{cores}"
