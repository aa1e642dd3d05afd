package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Version;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Synthetic;
import io.resnet4j.interop.FolderLock;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.train.StepProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Experiments from settings to findings. */
class LabRunTest {
  private static final DataSplits DATA = Synthetic.draw(64, 16, 0);

  @TempDir Path folder;

  private static Settings settings(Experiment experiment, String... changes) {
    Settings settings = experiment.settings(false);
    for (String change : changes) {
      settings = settings.set(change);
    }
    return settings;
  }

  private LabRun.Outcome run(Experiment experiment, Settings settings, LabListener listener) {
    return new LabRun(experiment, settings, DATA, 3, folder).run(listener);
  }

  /** The line, at its own depth. */
  @Test
  void sigmoidVanishesWithoutACleanPath() {
    Experiment gradients = Experiments.named("gradients");
    LabRun.Outcome outcome =
        run(
            gradients,
            settings(
                gradients,
                "depths=56",
                "activations=sigmoid",
                "norms=none",
                "pictures=2",
                "precisions=f64"),
            new LabListener() {});
    assertEquals(3, outcome.done());
    assertEquals(4, outcome.findings().claims().size());
    for (Findings.Claim claim : outcome.findings().claims()) {
      assertEquals(Verdict.AGREES, claim.verdict(), claim.claim() + ": " + claim.measured());
    }
    assertTrue(Files.exists(folder.resolve("results.csv")));
  }

  @Test
  void underflowInSinglePrecisionIsSaid() {
    Experiment gradients = Experiments.named("gradients");
    Settings settings =
        settings(
            gradients,
            "depths=110",
            "networks=plain",
            "activations=sigmoid",
            "norms=none",
            "pictures=2");
    LabRun.Outcome outcome =
        new LabRun(gradients, settings, DATA.framed(8, 8, 8), 3, folder).run(new LabListener() {});
    String notes = String.join(" ", outcome.findings().notes());
    assertTrue(notes.contains("Underflow: in f32"), notes);
    assertTrue(notes.contains("plain 110 sigmoid without batch norm (f64: "), notes);
  }

  @Test
  void aStoppedExperimentGoesOn() throws IOException {
    Experiment gradients = Experiments.named("gradients");
    Settings settings =
        settings(
            gradients,
            "depths=8",
            "activations=relu",
            "norms=none",
            "pictures=2",
            "precisions=f32");
    LabRun first = new LabRun(gradients, settings, DATA, 3, folder);
    LabRun.Outcome stopped =
        first.run(
            new LabListener() {
              @Override
              public void cellDone(String what, int index, double seconds) {
                first.requestStop();
              }
            });
    assertEquals(1, stopped.done());
    assertTrue(stopped.stopped());
    Path cells = folder.resolve("cells.jsonl");
    Files.writeString(cells, "{\"cell\":{\"dep", StandardOpenOption.APPEND);
    List<String> again = new ArrayList<>();
    LabRun.Outcome outcome =
        run(
            gradients,
            settings,
            new LabListener() {
              @Override
              public void cellStarted(String what, int index) {
                again.add(what);
              }
            });
    assertEquals(2, again.size(), again::toString);
    assertEquals(3, outcome.done());
    assertEquals(3, Files.readAllLines(cells).size());
    assertEquals(1 + 3 * 3, Files.readAllLines(folder.resolve("results.csv")).size());
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> new LabRun(gradients, settings.set("pictures=3"), DATA, 3, folder));
    assertTrue(e.getMessage().contains("was begun with settings"), e.getMessage());
  }

  @Test
  void cellsSayWhichVersionMeasuredThem() throws IOException {
    Experiment explosion = Experiments.named("explosion");
    Settings settings = settings(explosion, "depths=20", "pictures=2", "designs=none,zero");
    Path cells = folder.resolve("cells.jsonl");
    String notes = notes(explosion, settings);
    assertFalse(notes.contains("version"), notes);
    List<String> lines = Files.readAllLines(cells);
    String own = ",\"version\":\"" + Version.own() + "\"";
    assertEquals(2, lines.stream().filter(line -> line.contains(own)).count(), lines::toString);
    Files.write(cells, lines.stream().map(line -> line.replace(own, "")).toList());
    assertEquals(notes, notes(explosion, settings), "a folder from before");
    Files.write(cells, List.of(lines.get(0).replace(own, ""), lines.get(1)));
    String mixed = notes(explosion, settings);
    assertTrue(
        mixed.contains("1 by one that did not say which, 1 by " + Version.own() + "."), mixed);
  }

  private String notes(Experiment experiment, Settings settings) {
    LabRun.Outcome outcome = run(experiment, settings, new LabListener() {});
    assertEquals(2, outcome.done());
    return String.join(" ", outcome.findings().notes());
  }

  /** A folder of a version whose experiments had no weights to be given. */
  @Test
  void aSettingThatCameLaterIsItsDefault() throws IOException {
    Experiment features = Experiments.named("features");
    Settings settings = settings(features, "steps=3");
    assertDoesNotThrow(() -> new LabRun(features, settings, DATA, 3, folder));
    Path about = folder.resolve("experiment.json");
    String without = Files.readString(about).replaceAll("\\s*\"weights\" : \"\",", "");
    assertFalse(without.contains("weights"), without);
    Files.writeString(about, without);
    assertDoesNotThrow(() -> new LabRun(features, settings, DATA, 3, folder));
    for (String other : List.of("steps=4", "weights=here,here")) {
      assertThrows(
          InvalidInputException.class,
          () -> new LabRun(features, settings.set(other), DATA, 3, folder));
    }
  }

  /** A weight decay that throws the weights out of range diverges, the other one does not. */
  @Test
  void aTrainingThatDivergesIsOneCell() throws IOException {
    Experiment identity = Experiments.named("identity");
    Settings settings =
        settings(identity, "layers=2", "limit=2", "seeds=1", "depth=8", "steps=4", "decays=1e30,0");
    DataSplits small = DATA.framed(8, 8, 8);
    List<String> done = new ArrayList<>();
    LabListener listener =
        new LabListener() {
          @Override
          public void cellDone(String what, int index, double seconds) {
            done.add(what);
          }
        };
    LabRun.Outcome outcome = new LabRun(identity, settings, small, 3, folder).run(listener);
    assertEquals(6, outcome.done());
    assertFalse(outcome.stopped());
    assertEquals(2, done.stream().filter(what -> what.contains(": diverged at step")).count());
    List<Row> diverged = Row.where(outcome.rows(), "diverged", true);
    assertEquals(2, diverged.size());
    assertEquals("1e30", diverged.get(0).text("decay"));
    assertEquals(2, outcome.findings().charts().get(1).series().size());
    String notes = String.join(" ", outcome.findings().notes());
    assertTrue(notes.contains("decay 1e30 at step "), notes);
    assertTrue(Files.readString(folder.resolve("results.csv")).contains("1e30"));
    done.clear();
    LabRun.Outcome again = new LabRun(identity, settings, small, 3, folder).run(listener);
    assertEquals(List.of(), done);
    assertEquals(outcome.findings().notes(), again.findings().notes());
  }

  /** Cells that share a network train it once, also where that diverges. */
  @Test
  void aTrainingThatDivergedIsNotBegunAgain() {
    Bench bench = new Bench(DATA.framed(8, 8, 8), null, 0, folder, () -> false);
    ModelSpec spec = Networks.of(Networks.RESIDUAL, 8, bench.data());
    ShortTraining training = new ShortTraining(bench, 4).with("weightDecay", "1e30");
    DivergedException first =
        assertThrows(DivergedException.class, () -> training.model("one", spec, 0));
    ShortTraining other = new ShortTraining(bench, 4);
    DivergedException second =
        assertThrows(DivergedException.class, () -> other.model("one", spec, 0));
    assertEquals(first.step(), second.step());
    assertEquals(first.getMessage(), second.getMessage());
  }

  /** Stopped after two of three steps, it ends with the bits of one that never was. */
  @Test
  void anInterruptedTrainingGoesOn() {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    assertEquals(3, steps(whole, 3, "", Integer.MAX_VALUE));
    assertEquals(2, steps(parts, 3, "", 2));
    assertEquals(1, steps(parts, 3, "", Integer.MAX_VALUE));
    Model expected = Model.load(whole.resolve("runs/one/last.safetensors"));
    Model actual = Model.load(parts.resolve("runs/one/last.safetensors"));
    expected
        .state()
        .forEach((path, weight) -> assertEquals(weight.bytes(), actual.state().get(path).bytes()));
    assertEquals(0, steps(parts, 3, "", Integer.MAX_VALUE), "it is finished");
  }

  @Test
  void aTrainingThatWasBegunOtherwiseBeginsAgain() {
    assertEquals(1, steps(folder, 3, "weightDecay=0", 1));
    assertEquals(2, steps(folder, 2, "weightDecay=0.1", Integer.MAX_VALUE));
  }

  /** What a probe has read before is not in the run folder. */
  @Test
  void aTrainingThatIsProbedBeginsAgain() {
    assertEquals(1, steps(folder, 2, "", 1));
    assertEquals(2, steps(folder, 2, "", Integer.MAX_VALUE, Snapshots.ofFilters(1, 2)));
  }

  /** How many steps a training took that is stopped after so many. */
  private static int steps(Path at, int length, String change, int stopped, StepProbe... probes) {
    AtomicInteger steps = new AtomicInteger();
    Bench bench =
        new Bench(DATA.framed(8, 8, 8), null, 0, at, () -> steps.incrementAndGet() >= stopped);
    ShortTraining training = new ShortTraining(bench, length);
    ModelSpec spec = Networks.of(Networks.RESIDUAL, 8, bench.data());
    (change.isEmpty() ? training : training.with(List.of(change)))
        .model("one", spec, 0, List.of(probes));
    return steps.get();
  }

  @ParameterizedTest
  @CsvSource({
    "depths=21,6n + 2",
    "depths=many,a whole number",
    "activations=rleu,did you mean 'relu'",
    "depth=20,did you mean 'depths'",
    "pictures=1,at least 2",
    "pictures,name=value"
  })
  void wrongSettingsAreNamed(String change, String part) {
    Experiment gradients = Experiments.named("gradients");
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> gradients.cells(gradients.settings(false).set(change)));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  /** Two of them would take each other's trainings for those of an earlier one. */
  @Test
  void oneExperimentIsDoneInAFolderAtATime() {
    Experiment experiment = Experiments.named("explosion");
    Settings settings =
        experiment.settings(false).set("depths=14").set("designs=scaled").set("seeds=1");
    LabRun run = new LabRun(experiment, settings, DATA, 3, folder);
    FolderLock other = FolderLock.of(folder, "something else");
    try {
      for (Executable again :
          List.<Executable>of(
              () -> run.run(new LabListener() {}),
              () -> new LabRun(experiment, settings, DATA, 3, folder))) {
        InvalidInputException e = assertThrows(InvalidInputException.class, again);
        assertTrue(
            e.getMessage().contains("an experiment is going on in it; wait"), e.getMessage());
      }
    } finally {
      other.close();
    }
    assertFalse(run.run(new LabListener() {}).stopped());
  }

  @Test
  void everyExperimentHasCellsAndSaysNothingOfNoNumbers() {
    for (Experiment experiment : Experiments.all()) {
      for (boolean full : new boolean[] {false, true}) {
        Settings settings = experiment.settings(full);
        if (experiment.name().equals("overfit")) {
          // As many others are to be left.
          settings = settings.set("pictures=32");
        }
        assertTrue(experiment.cells(settings).size() > 0, experiment.name());
        LabRun run =
            new LabRun(experiment, settings, DATA, 3, folder.resolve(experiment.name() + full));
        run.requestStop();
        assertEquals(Findings.NONE, run.run(new LabListener() {}).findings(), experiment.name());
      }
    }
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Experiments.named("gradient"))
            .getMessage()
            .contains("did you mean 'gradients'"));
  }
}
