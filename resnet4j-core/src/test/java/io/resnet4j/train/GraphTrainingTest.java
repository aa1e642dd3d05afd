package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.interop.Onnx;
import io.resnet4j.model.GraphSpec;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.OnnxModels;
import io.resnet4j.tensor.Shape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Networks that are given node by node train with the same trainer. */
class GraphTrainingTest extends RunTests {
  private static ModelSpec written() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input(ModelSpec.IMAGES, Shape.of(4, 1, 8, 8));
    x = g.relu("act1", g.batchNorm("bn1", g.conv("conv1", x, 6, Window.square(3, 1, 1), 1)));
    Value y = g.batchNorm("bn2", g.conv("conv2", x, 6, Window.square(3, 1, 1), 1));
    x = g.relu("out", g.add("add", y, x));
    x = g.flatten("flat", g.maxPool("pool", x, Window.square(2, 2, 0)));
    g.output(ModelSpec.LOGITS, g.linear("fc", g.dropout("drop", x, 0.1), 3));
    return GraphSpec.of("by hand", g.build());
  }

  private TrainResult fit(Model model, String folder) {
    try (Trainer trainer =
        Trainer.of(model, Stripes.recipe().set("epochs=16"), DATA, options(folder))) {
      return trainer.fit();
    }
  }

  @Test
  void aGraphWrittenByHandLearnsAndComesBackFromItsRun() {
    TrainResult result = fit(written().initialise(3), "run");
    assertTrue(result.testAcc() > 0.9, "test accuracy " + result.testAcc());
    Model trained = Model.load(temp.resolve("run/last.safetensors"));
    assertEquals(written(), trained.spec());
  }

  /** Every weight and every running statistic moves again. */
  @Test
  void anImportedNetworkCanBeFineTuned() {
    Path file = temp.resolve("m.onnx");
    OnnxModels.write(written().initialise(3), file, Onnx.Options.DEFAULT);
    Model imported = OnnxModels.read(file);
    TrainResult result = fit(imported, "run");
    assertTrue(result.testAcc() > 0.9, "test accuracy " + result.testAcc());
    Model trained = Model.load(temp.resolve("run/last.safetensors"));
    imported
        .state()
        .forEach((name, t) -> assertNotEquals(t.bytes(), trained.state().get(name).bytes(), name));
  }
}
