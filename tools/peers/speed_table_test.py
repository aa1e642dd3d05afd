#!/usr/bin/env python3
"""Tests of the table of speed: python3 tools/peers/speed_table_test.py. They measure nothing."""

import contextlib
import datetime
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import results
import speed_table


def load(name):
    """A command of this folder as a module."""
    file = str(pathlib.Path(__file__).resolve().parent / name)
    loader = importlib.machinery.SourceFileLoader(name, file)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


table = load("table")

TRAINED = {
    "images_per_s.resnet4j": 20,
    "peak_rss_bytes.resnet4j": 3e9,
    "images_per_s.eager": 10,
    "peak_rss_bytes.eager": 5e9,
    "images_per_s.eager-tuned": 16,
    "peak_rss_bytes.eager-tuned": 2e9,
    "images_per_s.compile": 12,
    "peak_rss_bytes.compile": 4e9,
    "ratio.best": 1.25,
    "rounds": 5,
}
INFERRED = {
    "images_per_s.resnet4j-f32": 50,
    "images_per_s.onnxruntime-f32": 40,
    "images_per_s.djl-f32": 45,
    "images_per_s.resnet4j-int8": 200,
    "images_per_s.onnxruntime-int8": 160,
    "ratio.f32": 1.24,
    "ratio.f32.djl": 1.11,
    "ratio.int8": 1.26,
    "rounds": 5,
}
CELLS = {cell.name: cell for cell in speed_table.cells()}


class Folder(unittest.TestCase):
    """With a folder of rows."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def measured(self, cell, metrics, hour=1, machine="A CPU x2", commit="c", day="2026-01-02"):
        cell = CELLS[cell]
        with (
            mock.patch.object(results, "machine", return_value=machine),
            mock.patch.object(results, "commit", return_value=commit),
            mock.patch.object(sys, "argv", [str(results.ROOT / "tools/peers/x")]),
        ):
            now = datetime.datetime.fromisoformat(f"{day}T{hour:02}:00:00")
            results.append(self.folder / cell.file, now, cell.model, cell.recipe(2), metrics)

    def rows(self, language="en"):
        return speed_table.render(self.folder, language).splitlines()[2:]


class RenderingTest(Folder):
    def test_each_line_holds_ours_and_the_best_peer(self):
        self.measured("train-resnet50-f32", TRAINED)
        self.measured("infer-resnet50-b16", INFERRED)
        self.assertEqual(
            [
                "| train ResNet-50, 224x224, batch 32, f32 | 20.0 | 16.0 (PyTorch eager, tuned"
                " allocator) | 1.25 | A, 2 threads | 5 | 2026-01-02 |",
                "| the same, peak memory | 3.00 GB | 4.00 GB (PyTorch compiled) | 0.75 | A,"
                " 2 threads | 5 | 2026-01-02 |",
                "| infer ResNet-50, batch 16, f32 | 50.0 | 45.0 (DJL) | 1.11 | A, 2 threads | 5 |"
                " 2026-01-02 |",
                "| infer ResNet-50, batch 16, int8 | 200 | 160 (ONNX Runtime, QDQ) | 1.26 | A,"
                " 2 threads | 5 | 2026-01-02 |",
            ],
            self.rows(),
        )

    def test_bf16_is_held_against_f32(self):
        bf16 = {"images_per_s.resnet4j-bf16": 90, "ratio.bf16": 2.2}
        self.measured("infer-resnet18-b1", {**INFERRED, **bf16})
        row = next(row for row in self.rows() if "bf16" in row)
        self.assertIn("| 90.0 | 40.0 (ONNX Runtime) | 2.20 |", row)

    def test_the_latest_complete_figures_of_each_machine_count(self):
        self.measured("train-resnet18-f32", {**TRAINED, "ratio.best": 1.5}, hour=3)
        self.measured("train-resnet18-f32", {**TRAINED, "ratio.best": 1.4}, hour=2)
        self.measured("train-resnet18-f32", {"images_per_s.eager": 10, "rounds": 1}, hour=4)
        self.measured("train-resnet18-f32", {**TRAINED, "ratio.best": 1.3}, machine="B CPU x2")
        self.assertEqual([" 1.50 ", " 1.30 "], [row.split("|")[4] for row in self.rows()])

    def test_a_machine_keeps_its_rows_from_before_it_told_its_features(self):
        old, new = next(iter(speed_table.KNOWN.items()))
        self.measured("train-resnet18-f32", TRAINED, hour=1, machine=old)
        self.measured("train-resnet18-f32", {**TRAINED, "ratio.best": 2}, hour=2, machine=new)
        self.assertEqual(1, len(self.rows()))

    def test_other_settings_are_other_measurements(self):
        self.measured("train-resnet18-f32", TRAINED)
        csv = self.folder / "speed.csv"
        csv.write_text(csv.read_text().replace("-b32-", "-b33-"))
        self.assertEqual([], self.rows())

    def test_a_document_changes_between_the_markers_only_and_once(self):
        self.measured("train-resnet18-f32", TRAINED)
        for language in speed_table.WORDS:
            new = speed_table.render(self.folder, language)
            text = f"before\n{speed_table.BEGIN}\nold\n{speed_table.END}\nafter\n"
            written = speed_table.replaced(text, new)
            self.assertEqual(written, speed_table.replaced(written, new))
            self.assertEqual(text.replace("old", new), written)

    def test_a_document_without_markers_is_refused(self):
        for text in ("", speed_table.BEGIN, speed_table.END + speed_table.BEGIN):
            with self.assertRaises(ValueError):
                speed_table.replaced(text, "")

    def test_every_document_has_its_markers_and_every_cell_its_words(self):
        for name, language in table.DOCUMENTS.items():
            text = (results.ROOT / name).read_text(encoding="utf-8")
            speed_table.replaced(text, speed_table.render(table.RESULTS, language))
            for cell in speed_table.cells():
                for line in cell.lines:
                    self.assertTrue(cell.words(line, language))


class CommandTest(Folder):
    def setUp(self):
        super().setUp()
        table.modules.cache_clear()
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))

    def arguments(self, *words):
        with mock.patch.object(sys, "argv", ["table", *words]):
            return table.arguments()

    def lacking(self, cell, python="python3", has=("torch", "onnx", "onnxruntime"), bf16=True):
        with (
            mock.patch.dict(os.environ, {"RESNET4J_PYTHON": python}),
            mock.patch.object(table, "modules", return_value=list(has)),
            mock.patch.object(results, "has_bf16", return_value=bf16),
        ):
            return table.lacking(CELLS[cell])

    def test_what_cannot_be_measured_is_told(self):
        self.assertIsNone(self.lacking("train-resnet50-bf16"))
        self.assertIsNone(self.lacking("train-resnet50-f32", has=("torch",), bf16=False))
        self.assertIsNone(self.lacking("infer-resnet50-b1", bf16=False))
        self.assertIn("no bf16", self.lacking("train-resnet50-bf16", bf16=False))
        self.assertIn("no onnxruntime", self.lacking("infer-resnet50-b1", has=("torch", "onnx")))
        self.assertIn("not set", self.lacking("train-resnet50-f32", python=""))

    def test_a_cell_is_measured_once_a_day_and_commit(self):
        today = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"
        here = {"machine": results.machine(), "commit": "c", "day": today}
        self.measured("train-resnet18-f32", TRAINED, **here)
        self.measured("train-resnet50-f32", TRAINED, **{**here, "commit": "d"})
        self.measured("train-resnet20-b-f32", TRAINED, **{**here, "day": "2026-01-01"})

        def again(cell, *words, commit="c"):
            with mock.patch.object(results, "commit", return_value=commit):
                return not table.measured(CELLS[cell], self.arguments(*words), self.folder)

        self.assertFalse(again("train-resnet18-f32"))
        self.assertTrue(again("train-resnet18-f32", "--again"))
        self.assertTrue(again("train-resnet18-f32", "--rounds", "6"))
        self.assertTrue(again("train-resnet18-f32", "--threads", "1"))
        self.assertTrue(again("train-resnet18-f32", commit="c" + results.DIRTY))
        self.assertTrue(again("train-resnet50-f32"))
        self.assertTrue(again("train-resnet20-b-f32"))

    def test_commands_leave_out_what_is_missing(self):
        args = self.arguments("--no-djl", "--rounds", "3")
        with (
            mock.patch.object(results, "has_bf16", return_value=False),
            mock.patch.object(table, "compiler", return_value=False),
        ):
            infer = table.command(CELLS["infer-resnet50-b1"], args, table.RESULTS)
            train = table.command(CELLS["train-resnet50-f32"], args, self.folder)
        self.assertEqual(["--precisions", "f32", "int8"], infer[-3:])
        self.assertEqual(
            ["--peers", "eager", "eager-tuned", "--out", str(self.folder)], train[-5:]
        )
        self.assertEqual("3", train[train.index("--rounds") + 1])

    def test_what_is_asked_for_is_what_there_is(self):
        for words in (("--only", "resnet50"), ("--quick", "--only", "train-resnet50-f32")):
            with self.assertRaises(SystemExit):
                table.chosen(self.arguments(*words))
        names = [cell.name for cell in table.chosen(self.arguments())]
        self.assertEqual(list(CELLS), names)
        quick = [cell.name for cell in table.chosen(self.arguments("--quick"))]
        self.assertEqual(sorted(table.QUICK), sorted(quick))

    def test_the_settings_of_a_cell_give_its_recipe(self):
        """Else its rows would not be found again."""
        for cell in CELLS.values():
            given = dict(zip(cell.settings[::2], cell.settings[1::2]))
            if not cell.infers:
                recipe = results.train_recipe(
                    given["--batch"],
                    given["--input"],
                    given["--classes"],
                    given["--precision"],
                    2,
                )
                self.assertEqual(cell.recipe(2), recipe)


if __name__ == "__main__":
    unittest.main()
