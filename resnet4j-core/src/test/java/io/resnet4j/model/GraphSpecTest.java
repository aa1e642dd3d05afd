package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphSpecTest {
  /** Convolution, batch norm, pooling and an affine map. */
  private static GraphBuilder tiny(int batch) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(batch, 3, 8, 8));
    x = g.relu("act", g.batchNorm("norm", g.conv("conv", x, 4, Window.square(3, 2, 1), 1)));
    g.output("logits", g.linear("fc", g.flatten("flat", g.globalAveragePool("pool", x)), 10));
    return g;
  }

  private static GraphSpec tiny() {
    return GraphSpec.of("tiny", tiny(4).build());
  }

  @Test
  void aGraphIsTheSameNetworkAtEveryBatch() {
    GraphSpec spec = GraphSpec.of("all", ManyOps.graph(5));
    assertEquals(ManyOps.graph(5).toString(), spec.graph(5).toString());
    assertEquals(ManyOps.graph(1).toString(), spec.graph(1).toString());
    assertEquals(spec, GraphSpec.of("all", ManyOps.graph(2)));
    assertEquals(Counts.of(ManyOps.graph(3)), spec.counts());
    assertEquals("3x13x11", spec.channels() + "x" + spec.height() + "x" + spec.width());
    Graph training = spec.trainingGraph(6, 0.1);
    assertEquals(Shape.of(6, 5), training.output("logits").shape());
    assertEquals(Shape.of(1), training.output("loss").shape());
  }

  @Test
  void whatTheLogitsDoNotNeedIsLeftOut() {
    GraphBuilder g = tiny(4);
    Value targets = g.input("targets", Shape.of(4, 10));
    Value logits = g.build().output("logits");
    g.output("loss", g.softmaxCrossEntropy("loss", logits, targets, 0));
    assertEquals(tiny(), GraphSpec.of("tiny", g.build()));
  }

  @Test
  void oneValuePerChannelUsesRunningStatistics() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.batchNorm("norm", g.input("images", Shape.of(2, 3, 1, 1)));
    g.output("logits", g.linear("fc", g.flatten("flat", x), 2));
    GraphSpec spec = GraphSpec.of("dot", g.build());
    Op.BatchNorm norm = (Op.BatchNorm) spec.graph(1).find("norm").orElseThrow().op();
    assertEquals(Op.Statistics.RUNNING, norm.statistics());
    assertThrows(InvalidInputException.class, () -> spec.trainingGraph(1, 0));
  }

  @Test
  void jsonKeepsEverything() {
    GraphSpec spec = GraphSpec.of("all", ManyOps.graph(2));
    assertEquals(spec, ModelSpec.fromJson(spec.toJson(), "test"));
    assertTrue(
        tiny()
            .toJson()
            .contains(
                "{\"path\":\"fc\",\"op\":\"Linear\",\"attributes\":{},\"inputs\":[\"flat\","
                    + "\"fc.weight\",\"fc.bias\"]}"),
        tiny().toJson());
  }

  @Test
  void theHeadAndThePictureCanBeReplaced() {
    GraphSpec spec = tiny().withClasses(3);
    assertEquals(3, spec.classes());
    assertEquals(Shape.of(3, 4), spec.stateShapes().get("fc.weight"));
    assertEquals(tiny(), spec.withClasses(10));
    GraphSpec grey = tiny().withInput(1, 20, 9);
    assertEquals(Shape.of(4, 1, 3, 3), grey.stateShapes().get("conv.weight"));
    assertEquals(Shape.of(2, 4, 10, 5), grey.graph(2).find("conv").orElseThrow().output().shape());
    assertEquals(tiny(), grey.withInput(3, 8, 8));
    // What is flattened without pooling fixes the picture.
    GraphSpec all = GraphSpec.of("all", ManyOps.graph(2));
    message("fc: expected x [N,I]", () -> all.withInput(3, 40, 40));
    message("model tiny: pictures of 3x0x8", () -> tiny().withInput(3, 0, 8));
    message("model tiny: classes 0", () -> tiny().withClasses(0));
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(2, 3, 8, 8));
    g.output("logits", g.flatten("flat", g.globalAveragePool("pool", x)));
    GraphSpec headless = GraphSpec.of("headless", g.build());
    message("model headless: ends in Reshape, not Linear", () -> headless.withClasses(4));
  }

  private static void message(String expected, Runnable action) {
    String message = assertThrows(InvalidInputException.class, action::run).getMessage();
    assertTrue(message.contains(expected), message);
    assertTrue(!message.contains("\n"), message);
  }

  @Test
  void graphsThatAreNoClassifiersAreRefused() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("pictures", Shape.of(2, 3, 8, 8));
    g.output("logits", g.flatten("flat", g.globalAveragePool("pool", x)));
    message("no input called images", () -> GraphSpec.of("x", g.build()));
    GraphBuilder four = new GraphBuilder();
    four.output("logits", four.relu("act", four.input("images", Shape.of(2, 3, 8, 8))));
    message("expected logits [N,K], got [2,3,8,8]", () -> GraphSpec.of("x", four.build()));
    message(
        "no output named 'logits'", () -> GraphSpec.of("x", tiny(2).build().withOutputs(Map.of())));
    GraphBuilder odd = new GraphBuilder();
    Value y = odd.input("images", Shape.of(4, 1, 2, 2));
    odd.output(
        "logits", odd.emit("odd", new Op.Reshape(Shape.of(2, 8)), java.util.List.of(y)).output());
    message("odd: shape [2,8]; expected the batch, 4", () -> GraphSpec.of("x", odd.build()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"op\":\"Linear\" | \"op\":\"Lineer\" | fc: there is no operation 'Lineer'; did you mean",
        "\"op\":\"Linear\" | \"op\":\"LinearInputGradient\" | there is no operation",
        "\"op\":\"Linear\" | \"op\":7 | no text 'op'",
        "\"strideH\":2 | \"strideH\":0 | at least 1",
        "\"strideH\":2 | \"strideH\":2.5 | network cannot be read",
        "\"strideH\":2 | \"strideH\":99999999999 | network cannot be read",
        "\"strideH\":2 | \"strideH\":70000 | conv: Conv2d",
        "\"strideH\":2 | \"strideQ\":2 | network cannot be read",
        "\"strideH\":2, | `` | network cannot be read",
        "\"groups\":1 | \"groups\":0 | out of range",
        "\"momentum\":0.1 | \"momentum\":-3 | out of range",
        "\"shape\":[1,3,8,8] | \"shape\":[1,3,8,70000] | out of range",
        "\"shape\":[1,3,8,8] | \"shape\":[2,3,8,8] | first extent",
        "\"shape\":[1,3,8,8] | \"shape\":[1,3,8,-8] | every extent must be positive",
        "\"shape\":[1,3,8,8] | \"shape\":\"all\" | network cannot be read",
        "\"shape\":[1,3,8,8] | \"shape\":[] | out of range",
        "\"shape\":[4] | \"shape\":[16777217] | out of range",
        "\"inputs\":[\"flat\" | \"inputs\":[\"fc\" | reads 'fc', which no earlier node makes",
        "\"inputs\":[\"flat\" | \"inputs\":[\"later\" | which no earlier node makes",
        "\"inputs\":[\"flat\" | \"inputs\":[1 | inputs are paths",
        "\"path\":\"act\" | \"path\":\"conv\" | conv: this path is used twice",
        "\"path\":\"images\" | \"path\":\"pictures\" | called images",
        "\"logits\":\"fc\" | \"logits\":\"none\" | reads 'none'",
        "\"logits\":\"fc\" | \"logits\":\"conv\" | expected logits [N,K]",
        "\"name\":\"tiny\" | \"name\":\" \" | no text 'name'",
        "\"nodes\":[ | \"knots\":[ | no list of nodes",
      })
  void brokenJsonIsOneLine(String from, String to, String expected) {
    String json = tiny().toJson();
    assertTrue(json.contains(from), json);
    String broken = json.replace(from, to);
    String message =
        assertThrows(InvalidInputException.class, () -> ModelSpec.fromJson(broken, "test"))
            .getMessage();
    assertTrue(message.startsWith("test: the network cannot be read: "), message);
    assertTrue(message.contains(expected) && !message.contains("\n"), message);
  }

  private static int nextDigit(CharSequence text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (Character.isDigit(text.charAt(i))) {
        return i;
      }
    }
    return from;
  }

  @Test
  void mutatedJsonIsRefusedOrRead() {
    String json = GraphSpec.of("all", ManyOps.graph(2)).toJson();
    int read = 0;
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      KeyedRandom random = KeyedRandom.of(round, "graph json mutation");
      StringBuilder mutated = new StringBuilder(json);
      for (int i = 0; i <= random.nextInt(3); i++) {
        int at = random.nextInt(mutated.length());
        if (random.nextInt(2) == 0) {
          at = nextDigit(mutated, at);
          mutated.setCharAt(at, (char) ('0' + random.nextInt(10)));
        } else if (random.nextInt(3) == 0) {
          int from = random.nextInt(json.length() - 20);
          mutated.replace(at, Math.min(at + 20, mutated.length()), json.substring(from, from + 20));
        } else {
          mutated.setCharAt(at, "0123456789-.e{}[],:\"xa".charAt(random.nextInt(22)));
        }
      }
      try {
        ModelSpec spec = ModelSpec.fromJson(mutated.toString(), "test");
        spec.graph(3);
        spec.counts();
        read++;
      } catch (InvalidInputException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + ": " + mutated, e);
      }
    }
    assertTrue(refused > 1000 && read > 50, refused + " refused, " + read + " read");
  }
}
