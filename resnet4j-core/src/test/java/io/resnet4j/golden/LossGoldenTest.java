package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.RowLoss;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every criterion and its gradient against PyTorch's float64. */
class LossGoldenTest {
  @TestFactory
  Stream<DynamicTest> referenceInF64() {
    return tests("reference", Precision.F64, 1e-12);
  }

  @TestFactory
  Stream<DynamicTest> oneDnnInF32() {
    return tests("onednn", Precision.F32, 1e-6);
  }

  private static Stream<DynamicTest> tests(String backend, Precision precision, double tolerance) {
    return TrainingGolden.losses().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(
                    golden.toString(), () -> check(golden, backend, precision, tolerance)));
  }

  private static void check(
      TrainingGolden.Loss golden, String backend, Precision precision, double tolerance) {
    GraphBuilder g = new GraphBuilder();
    Value logits = g.input(ModelSpec.LOGITS, golden.shape());
    ModelSpec.writeLoss(g, golden.criterion(), logits);
    Graph graph = g.build();
    Program program = Program.training(graph, ModelSpec.LOSS, precision).by(List.of(logits));
    try (Session session = Backends.named(backend).open()) {
      Executable executable = session.prepare(Planner.plan(program));
      for (Value input : graph.inputs()) {
        executable.feed(input.name(), Tensor.ofDoubles(golden.shape(), golden.input(input.name())));
      }
      executable.run(0, 0);
      assertEquals(golden.y(), executable.scalar(ModelSpec.LOSS), tolerance * golden.y());
      Value gradient = executable.plan().gradients().get(ModelSpec.LOGITS);
      double[] actual = executable.fetch(gradient).toDoubles();
      double[] wanted = golden.gradient();
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < wanted.length; i++) {
        difference += Math.pow(actual[i] - wanted[i], 2);
        norm += Math.pow(wanted[i], 2);
      }
      double error = Math.sqrt(difference / norm);
      assertTrue(error <= tolerance, () -> golden + ": gradient is off by " + error);
    }
  }

  @Test
  void finiteDifferencesAgree() {
    double h = 1e-5;
    for (TrainingGolden.Loss golden : TrainingGolden.losses()) {
      int classes = golden.shape().dim(1);
      RowLoss row = new RowLoss(golden.criterion(), classes);
      System.arraycopy(golden.input("logits"), 0, row.logits, 0, classes);
      System.arraycopy(golden.input("targets"), 0, row.targets, 0, classes);
      System.arraycopy(golden.input("teacher"), 0, row.teacher, 0, classes);
      row.compute();
      double[] gradient = row.gradient.clone();
      for (int k = 0; k < classes; k++) {
        double at = row.logits[k];
        row.logits[k] = at + h;
        double above = row.compute();
        row.logits[k] = at - h;
        double below = row.compute();
        row.logits[k] = at;
        assertEquals((above - below) / (2 * h), gradient[k], 1e-8, golden + " " + k);
      }
    }
  }

  @Test
  void aSureAnswerHasNoLossAndAFiniteGradient() {
    for (Criterion criterion :
        List.of(
            new Criterion.CrossEntropy(0, 2, List.of()),
            new Criterion.BinaryCrossEntropy(0, 1, 1, List.of()),
            new Criterion.BinaryCrossEntropy(0, 0, 1, List.of()))) {
      RowLoss row = new RowLoss(criterion, 2);
      row.logits[0] = 900;
      row.logits[1] = -900;
      row.targets[0] = 1;
      assertEquals(0, row.compute());
      assertEquals(0, row.gradient[0]);
      row.targets[0] = 0;
      row.targets[1] = 1;
      assertTrue(row.compute() > 100);
      assertTrue(row.gradient[0] > 0 && Double.isFinite(row.gradient[0]));
    }
  }

  @Test
  void impossibleCriteriaAreRefused() {
    assertRefused("focus 0.5", () -> new Criterion.CrossEntropy(0, 0.5, List.of()));
    assertRefused("smoothing 1.0", () -> new Criterion.CrossEntropy(1));
    assertRefused("class weight -1.0", () -> new Criterion.CrossEntropy(0, 0, List.of(-1.0)));
    assertRefused("threshold 2.0", () -> new Criterion.BinaryCrossEntropy(0, 0, 2, List.of()));
    Criterion hard = new Criterion.CrossEntropy(0);
    assertRefused("temperature 0.0", () -> new Criterion.Distillation(hard, 0, 0.5));
    Criterion soft = new Criterion.Distillation(hard, 4, 0.5);
    assertRefused("one teacher", () -> new Criterion.Distillation(soft, 4, 0.5));
    GraphBuilder g = new GraphBuilder();
    Value logits = g.input("logits", Shape.of(2, 3));
    Criterion two = new Criterion.CrossEntropy(0, 0, List.of(1.0, 2.0));
    assertRefused("2 class weights for 3 classes", () -> g.loss("loss", two, logits, logits));
    assertRefused("loss", () -> g.loss("loss", soft, logits, logits));
  }

  private static void assertRefused(String part, org.junit.jupiter.api.function.Executable action) {
    String message = assertThrows(InvalidInputException.class, action).getMessage();
    assertTrue(message.contains(part), message);
  }
}
