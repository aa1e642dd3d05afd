"""The table of speed: what is measured, which rows of the CSVs belong to it, how a README shows it.

A cell is one measurement beside peers, by compare_speed or compare_infer. It fills one line of the
table or several (each precision of inference; memory beside speed), each with the latest complete
figures of every machine. tools/peers/table measures and writes; nothing here runs anything.
"""

import csv
import dataclasses
import re
import typing

from results import infer_recipe, train_recipe

BEGIN, END = "<!-- speed table: begin -->", "<!-- speed table: end -->"
OURS = "resnet4j"
GIGABYTE = 1e9

# Rows written before machine() told what a processor can do.
KNOWN = {
    "AMD EPYC x2": "AMD EPYC (AVX-512 VNNI BF16) x2",
    "Intel(R) Xeon(R) Processor x2": "Intel(R) Xeon(R) Processor (AVX-512 VNNI BF16 AMX) x2",
    "Intel(R) Xeon(R) Processor @ 2.50GHz x2": "Intel(R) Xeon(R) Processor @ 2.50GHz (AVX-512 VNNI) x2",
}

WORDS = {
    "en": {
        "head": ("work", "resnet4j", "best peer", "ratio", "machine", "rounds", "date"),
        "train": "train {model}, {size}, batch {batch}, {precision}",
        "memory": "the same, peak memory",
        "infer": "infer {model}, batch {batch}, {precision}",
        "machine": "{machine}, {threads} threads",
        "peer": "{figure} ({peer})",
        "resnet20-b": "ResNet-20 (option B)",
        "eager": "PyTorch eager",
        "eager-tuned": "PyTorch eager, tuned allocator",
        "compile": "PyTorch compiled",
        "compile-tuned": "PyTorch compiled, tuned allocator",
        "djl-tuned": "DJL, tuned allocator",
    },
    "zh": {
        "head": ("工作", "resnet4j", "最好的对手", "比值", "机器", "轮数", "日期"),
        "train": "训练 {model}，{size}，批量 {batch}，{precision}",
        "memory": "同上，内存峰值",
        "infer": "推理 {model}，批量 {batch}，{precision}",
        "machine": "{machine}，{threads} 个线程",
        "peer": "{figure}（{peer}）",
        "resnet20-b": "ResNet-20（方案 B）",
        "eager": "PyTorch eager",
        "eager-tuned": "PyTorch eager，调优的内存分配器",
        "compile": "PyTorch compile",
        "compile-tuned": "PyTorch compile，调优的内存分配器",
        "djl-tuned": "DJL，调优的内存分配器",
    },
}
NAMES = {
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "djl": "DJL",
    "djl-f32": "DJL",
    "onnxruntime-f32": "ONNX Runtime",
    "onnxruntime-int8": "ONNX Runtime, QDQ",
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """Ours and the best peer's of one measurement."""

    ours: float
    peer: str
    theirs: float
    ratio: float
    unit: str = ""


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of the table: its words and how it reads its figure from metrics; None if they lack it."""

    kind: str
    precision: str
    read: typing.Callable


@dataclasses.dataclass(frozen=True)
class Cell:
    """One measurement beside peers."""

    name: str
    tool: str
    model: str
    batch: int
    size: str
    settings: tuple
    lines: tuple

    @property
    def file(self):
        return "infer.csv" if self.infers else "speed.csv"

    @property
    def infers(self):
        return self.tool == "compare_infer"

    @property
    def precisions(self):
        return list(dict.fromkeys(line.precision for line in self.lines))

    def recipe(self, threads):
        if self.infers:
            return infer_recipe(self.batch, threads)
        return train_recipe(self.batch, self.size, CLASSES, self.precisions[0], threads)

    def words(self, line, language):
        return WORDS[language][line.kind].format(
            model=word(self.model, language),
            size=self.size[2:],
            batch=self.batch,
            precision=line.precision,
        )


def word(name, language):
    return WORDS[language].get(name) or NAMES[name]


# ---- what is measured

CLASSES = 1000


def cells():
    """Every cell, in the table's order."""
    networks = (
        ("resnet20-b", 128, "3x32x32", (8, 20, 2)),
        ("resnet18", 32, "3x224x224", (2, 3, 1)),
        ("resnet50", 32, "3x224x224", (2, 3, 1)),
    )
    made = []
    for model, batch, size, steps in networks:
        for precision in ("f32", "bf16"):
            made.append(training(model, batch, size, steps, precision))
    for model in ("resnet18", "resnet50"):
        for batch, steps in ((1, 60), (16, 12)):
            made.append(inference(model, batch, steps))
    return made


def training(model, batch, size, steps, precision):
    warmup, timed, repeats = steps
    settings = f"--model {model} --precision {precision} --batch {batch} --input {size}"
    settings += f" --classes {CLASSES} --warmup {warmup} --steps {timed} --repeats {repeats}"
    lines = [Line("train", precision, read_training)]
    if model == "resnet50":
        lines.append(Line("memory", precision, read_memory))
    name = f"train-{model}-{precision}"
    return Cell(name, "compare_speed", model, batch, size, tuple(settings.split()), tuple(lines))


def inference(model, batch, steps):
    settings = f"--model {model} --batch {batch} --steps {steps}"
    lines = [Line("infer", how, reader(how)) for how in ("f32", "bf16", "int8")]
    name = f"infer-{model}-b{batch}"
    return Cell(name, "compare_infer", model, batch, "", tuple(settings.split()), tuple(lines))


# ---- figures out of metrics


def read_training(metrics):
    rates = rates_of(metrics)
    if "ratio.best" not in metrics or OURS not in rates:
        return None
    ours = rates.pop(OURS)
    peer = max(rates, key=rates.get)
    return Figure(ours, peer, rates[peer], metrics["ratio.best"])


def read_memory(metrics):
    """Against the peers as they come: a tuned allocator buys speed with memory."""
    peaks = {who: metrics.get(f"peak_rss_bytes.{who}") for who in (OURS, "eager", "compile")}
    if None in peaks.values():
        return None
    ours = peaks.pop(OURS)
    peer = min(peaks, key=peaks.get)
    return Figure(ours / GIGABYTE, peer, peaks[peer] / GIGABYTE, ours / peaks[peer], " GB")


def reader(precision):
    """Of inference: bf16, which the peers have not, is held against their f32."""
    rival = "int8" if precision == "int8" else "f32"
    ratios = {f"onnxruntime-{rival}": f"ratio.{precision}"}
    if precision == "f32":
        ratios["djl-f32"] = "ratio.f32.djl"

    def read(metrics):
        rates = rates_of(metrics)
        peers = [peer for peer in ratios if peer in rates and ratios[peer] in metrics]
        if not peers or f"{OURS}-{precision}" not in rates:
            return None
        peer = max(peers, key=rates.get)
        return Figure(rates[f"{OURS}-{precision}"], peer, rates[peer], metrics[ratios[peer]])

    return read


def rates_of(metrics):
    start = "images_per_s."
    return {key[len(start) :]: v for key, v in metrics.items() if key.startswith(start)}


# ---- rows of the CSVs


@dataclasses.dataclass(frozen=True)
class Measured:
    """One run of a measurement: every metric of it."""

    date: str
    commit: str
    machine: str
    model: str
    recipe: str
    metrics: dict

    @property
    def threads(self):
        return int(self.recipe.rpartition("-t")[2])

    def belongs(self, cell):
        return self.model == cell.model and self.recipe == cell.recipe(self.threads)


def measurements(folder):
    """Those in the folder's CSVs, by file, oldest first."""
    return {name: read_csv(folder / name) for name in ("speed.csv", "infer.csv")}


def read_csv(file):
    """Its measurements; rows of one run share everything but metric and value."""
    runs = {}
    if file.exists():
        with open(file, newline="") as rows:
            for row in csv.DictReader(rows):
                machine = KNOWN.get(row["machine"], row["machine"])
                key = (row["date"], row["commit"], machine, row["model"], row["recipe"])
                runs.setdefault(key, {})[row["metric"]] = float(row["value"])
    return [Measured(*key, metrics) for key, metrics in sorted(runs.items(), key=lambda r: r[0])]


# ---- the table


def render(folder, language):
    """The table as Markdown, from the CSVs in ``folder``: machine by machine, in the cells' order."""
    runs = measurements(folder)
    rows = {}
    for cell in cells():
        for place, line, run, figure in latest(cell, runs[cell.file]):
            row = markdown(cell, line, place, run, figure, language)
            rows.setdefault(place, []).append(row)
    head = WORDS[language]["head"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + [row for place in sorted(rows) for row in rows[place]])


def latest(cell, runs):
    """For each line and each (machine, threads): the newest run that has its figure, and that."""
    for line in cell.lines:
        newest = {}
        for run in runs:
            figure = line.read(run.metrics) if run.belongs(cell) else None
            if figure:
                newest[run.machine, run.threads] = (run, figure)
        for place, (run, figure) in newest.items():
            yield place, line, run, figure


def markdown(cell, line, place, run, figure, language):
    words = WORDS[language]
    machine, threads = place
    columns = (
        cell.words(line, language),
        number(figure.ours) + figure.unit,
        words["peer"].format(
            figure=number(figure.theirs) + figure.unit, peer=word(figure.peer, language)
        ),
        f"{figure.ratio:.2f}",
        words["machine"].format(machine=plain(machine), threads=threads),
        f"{run.metrics['rounds']:.0f}",
        run.date[:10],
    )
    return "| " + " | ".join(columns) + " |"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def plain(machine):
    """'Intel(R) Xeon(R) Processor (VNNI) x2' in words: the threads stand for the cores."""
    return re.sub(r"\(R\)| Processor| CPU|( x\d+)$", "", machine)


def replaced(text, table):
    """The document with another table between its markers."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise ValueError(f"lacks the lines '{BEGIN}' and '{END}', in this order")
    return text[: begin + len(BEGIN)] + "\n" + table + "\n" + text[end:]
