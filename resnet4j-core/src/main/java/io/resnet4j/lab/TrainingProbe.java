package io.resnet4j.lab;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.Session;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.EventFile;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import io.resnet4j.train.StepProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a run every so many steps and writes what it reads into {@value #FILE} of the run folder, a
 * {@link Reading} a line, and into its TensorBoard events: every number by its name there, such as
 * {@code layer_gradient/layer1.0.conv1}, and histograms of what the numbers of layers are made of.
 *
 * <p>Every reading is of the same few pictures, so that readings can be compared; it comes from a
 * second plan over a copy of the network's state, which a step of training never sees. All it costs
 * is a forward and backward pass of a few pictures every few hundred steps, and as much memory as
 * the network's weights and gradients take.
 */
public final class TrainingProbe implements StepProbe {
  /** The file in the run folder. */
  public static final String FILE = "probes.jsonl";

  private static final String NAMESPACE = "probe";

  private final ProbeOptions options;
  private @Nullable Subject subject;
  private @Nullable Instrument instrument;
  private @Nullable Pictures pictures;
  private @Nullable Reading waiting;
  private EventFile.Values drawn = new EventFile.Values();
  private long nanos;

  /** A probe for one run. */
  public TrainingProbe(ProbeOptions options) {
    this.options = options;
  }

  @Override
  public void attach(Subject to) {
    subject = to;
    pictures = Pictures.of(to.training(), options.pictures(), to.normalisation());
    instrument =
        new Instrument(
            to.session(),
            to.spec(),
            pictures.count(),
            to.precision(),
            NAMESPACE,
            options.probes(),
            options.layers(),
            false);
    trim(to.folder().resolve(FILE), to.done());
  }

  /** Drops readings of steps that a resumed run takes again. */
  private static void trim(Path file, long done) {
    List<JsonNode> lines = Json.lines(file);
    if (lines.isEmpty()) {
      return;
    }
    StringBuilder kept = new StringBuilder();
    for (JsonNode line : lines) {
      if (line.path("step").asLong() < done) {
        kept.append(Json.line(line)).append('\n');
      }
    }
    try {
      AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  @Override
  public void beforeUpdate(long done) {
    if (done % options.every() != 0 || subject == null || instrument == null || pictures == null) {
      return;
    }
    long begin = System.nanoTime();
    Session session = subject.session();
    Set<String> state = instrument.state();
    session.blend(NAMESPACE, 0, Program.MODEL, 1, state);
    drawn = new EventFile.Values();
    waiting =
        instrument.read(
            pictures.images(), pictures.targets(), subject.seed(), done, drawn::histogram);
    nanos = System.nanoTime() - begin;
  }

  @Override
  public void afterUpdate(long done) {
    if (waiting == null || subject == null || instrument == null) {
      return;
    }
    long begin = System.nanoTime();
    Reading reading = waiting;
    waiting = null;
    if (options.probes().contains(Probe.UPDATES)) {
      reading = withUpdates(reading, subject.session(), instrument);
    }
    scalars(reading);
    subject.events().write(done, drawn);
    double seconds = (nanos + System.nanoTime() - begin) * 1e-9;
    Json.append(subject.folder().resolve(FILE), reading.took(seconds));
  }

  private void scalars(Reading reading) {
    drawn.scalar("probe/loss", reading.loss());
    reading.layers().forEach(layer -> scalars("layer", layer.path(), layer));
    reading.blocks().forEach(block -> scalars("block", block.path(), block));
    reading.relus().forEach(relu -> scalars("relu", relu.path(), relu));
    reading.norms().forEach(norm -> scalars("norm", norm.path(), norm));
  }

  /** Every number of a part of a reading, by the name that it has in the file of readings. */
  private void scalars(String kind, String path, Object part) {
    for (Map.Entry<String, JsonNode> field : Json.tree(part).properties()) {
      if (!field.getKey().equals("path")) {
        drawn.scalar(kind + "_" + field.getKey() + "/" + path, Json.number(field.getValue()));
      }
    }
  }

  private Reading withUpdates(Reading reading, Session session, Instrument instrument) {
    Map<String, String> weights = new HashMap<>();
    List<String> paths = instrument.weights();
    for (int i = 0; i < paths.size(); i++) {
      weights.put(reading.layers().get(i).path(), paths.get(i));
    }
    List<Reading.Layer> layers = new ArrayList<>();
    for (Reading.Layer layer : reading.layers()) {
      String weight = weights.get(layer.path());
      Tensor before = session.read(NAMESPACE, weight);
      double[] old = Stats.values(before);
      double[] now = Stats.values(session.read(Program.MODEL, weight));
      double size = Stats.norm(old);
      for (int i = 0; i < old.length; i++) {
        now[i] -= old[i];
      }
      drawn.histogram("updates/" + layer.path(), now);
      layers.add(layer.moved(Stats.norm(now) / size));
    }
    return new Reading(
        reading.step(),
        reading.loss(),
        layers,
        reading.blocks(),
        reading.relus(),
        reading.norms(),
        null);
  }
}
