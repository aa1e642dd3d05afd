package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Synthetic;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Losses around weights, drifts of layers and features of blocks. */
class SurfacesTest {
  private static final DataSplits DATA = Synthetic.draw(160, 32, 0).framed(8, 8, 8);

  @TempDir Path folder;

  private LabRun.Outcome run(String name, String... changes) {
    return SmallRuns.run(DATA, folder, name, changes);
  }

  @Test
  void directionsAreAsLongAsTheFilters() {
    Model model = Models.named("resnet20").initialise(1);
    Direction d = Direction.drawn(model.state(), KeyedRandom.of(1, "test"));
    assertFalse(d.parts().containsKey("bn1.weight"));
    assertFalse(d.parts().containsKey("fc.bias"));
    for (String path : List.of("layer2.0.conv1.weight", "fc.weight")) {
      Tensor weight = model.state().get(path);
      int filter = (int) weight.shape().elements() / weight.shape().dim(0);
      for (int start = 0; start < weight.shape().elements(); start += filter) {
        double own = 0;
        double drawn = 0;
        for (int i = start; i < start + filter; i++) {
          own += weight.get(i) * weight.get(i);
          drawn += d.parts().get(path)[i] * d.parts().get(path)[i];
        }
        assertEquals(own, drawn, 1e-5 * own);
      }
    }
    Map<String, Tensor> still = Direction.moved(model.state(), d, 0, d, 0);
    assertArrayEquals(
        model.state().get("conv1.weight").toFloats(), still.get("conv1.weight").toFloats());
    float moved = Direction.moved(model.state(), d, 0.5, d, 0.25).get("fc.weight").toFloats()[7];
    assertEquals(
        model.state().get("fc.weight").get(7) + 0.75 * d.parts().get("fc.weight")[7], moved, 1e-6);
  }

  @Test
  void eigenvectorsAreThose() {
    KeyedRandom random = KeyedRandom.of(3, "eigen");
    int n = 6;
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        a[i][j] = random.nextNormal();
        a[j][i] = a[i][j];
      }
    }
    Eigen eigen = Eigen.of(a);
    for (int k = 0; k < n; k++) {
      assertTrue(k == 0 || eigen.values()[k] <= eigen.values()[k - 1]);
      for (int i = 0; i < n; i++) {
        double product = 0;
        for (int j = 0; j < n; j++) {
          product += a[i][j] * eigen.vectors()[k][j];
        }
        assertEquals(eigen.values()[k] * eigen.vectors()[k][i], product, 1e-10);
      }
    }
  }

  /** An ellipse in two of many dimensions, with half-axes 2 and 1. */
  @Test
  void aWayInAPlaneIsSeenWhole() {
    int size = 50;
    List<Map<String, Tensor>> way = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      float[] point = new float[size];
      point[3] = (float) (2 * Math.cos(2 * Math.PI * i / 12));
      point[8] = (float) Math.sin(2 * Math.PI * i / 12);
      way.add(Map.of("w", Tensor.ofFloats(Shape.of(1, size), point)));
    }
    float[] along = new float[size];
    along[8] = 7;
    Trajectory trajectory =
        new Trajectory(way, new Direction(new LinkedHashMap<>(Map.of("w", along))));
    Trajectory.View view = trajectory.view();
    assertEquals(0.8, view.shares()[0], 1e-6);
    assertEquals(0.2, view.shares()[1], 1e-6);
    assertEquals(0.2, view.random(), 1e-6);
    assertEquals(0, view.points().get(11).first(), 1e-9);
    Trajectory.Point opposite = view.points().get(5);
    assertEquals(Math.hypot(opposite.first(), opposite.second()), opposite.away(), 1e-5);
    Map<String, Tensor> found =
        Direction.moved(
            way.get(11),
            trajectory.principal(0),
            opposite.first(),
            trajectory.principal(1),
            opposite.second());
    assertArrayEquals(way.get(5).get("w").toFloats(), found.get("w").toFloats(), 1e-5f);
  }

  @Test
  void aWayThatLeadsNowhereHasNoDirection() {
    Tensor weight = Tensor.ofFloats(Shape.of(1, 2), new float[] {1, 2});
    Trajectory still =
        new Trajectory(
            List.of(Map.of("w", weight), Map.of("w", weight)),
            new Direction(Map.of("w", new float[] {1, 0})));
    assertArrayEquals(new float[2], still.principal(0).parts().get("w"));
  }

  @Test
  void whereALossBendsDownwardsIsCounted() {
    double[][] bowl = new double[9][9];
    double[][] waves = new double[9][9];
    for (int i = 0; i < 9; i++) {
      for (int j = 0; j < 9; j++) {
        bowl[i][j] = (i - 4) * (i - 4) + 0.1 * (j - 4) * (j - 4);
        waves[i][j] = Math.cos(2 * i + 0.5);
      }
    }
    assertEquals(0, LandscapeFindings.Bend.of(bowl).most());
    assertTrue(LandscapeFindings.Bend.of(waves).least() > 0.1);
  }

  @Test
  void theLossAroundWeightsHasItsTrainedValueInTheMiddle() {
    LabRun.Outcome outcome =
        run(
            "landscape",
            "networks=resnet20,plain20",
            "pictures=64",
            "steps=7",
            "points=3",
            "shown=20",
            "snapshots=3");
    List<Row> rows = outcome.rows();
    // Weights after 0, 2, 4, 6 and 7 steps; the last ones are where the way ends.
    assertEquals(2 * (5 + 9 + 9), rows.size());
    List<Row> centre = Row.where(rows, "alpha", "0.0", "beta", "0.0");
    assertEquals(2, centre.size());
    assertTrue(centre.stream().allMatch(row -> row.number("loss") < 10));
    List<Chart> grids =
        outcome.findings().charts().stream().filter(c -> c.kind() == Chart.Kind.GRID).toList();
    assertEquals(4, grids.size());
    assertEquals(grids.get(0).scale(), grids.get(1).scale());
    assertEquals(grids.get(2).scale(), grids.get(3).scale());
    assertTrue(grids.stream().allMatch(grid -> grid.scale().high() <= 1), "a loss of ten");
    for (Chart plane : grids.subList(2, 4)) {
      Chart.Series way = plane.over().get(0);
      assertEquals(5, way.x().size());
      // A fifth of the way's extent lies beyond it to either side.
      assertEquals(0.2 / 1.4, Collections.min(way.x()), 1e-9);
      assertEquals(1.2 / 1.4, Collections.max(way.y()), 1e-9);
    }
    assertEquals(5, outcome.findings().claims().size());
  }

  @Test
  void whatDoesNotMoveDoesNotDrift() {
    List<Row> rows =
        run(
                "convergence",
                "depth=8",
                "networks=residual",
                "rates=0.3,0.0000001",
                "seeds=0",
                "pictures=64",
                "steps=2",
                "window=1",
                "every=1",
                "target=9")
            .rows();
    for (String norm : Networks.NORMS) {
      List<Row> still = Row.where(rows, "part", "drift", "norm", norm, "rate", "0.0000001");
      List<Row> moving = Row.where(rows, "part", "drift", "norm", norm, "rate", "0.3");
      assertEquals(6, still.size());
      assertTrue(Stats.median(Row.column(still, "shift")) < 1e-5);
      assertTrue(Stats.median(Row.column(moving, "shift")) > 1e-4);
      assertEquals(1, Stats.median(Row.column(still, "cosine")), 1e-4);
      assertTrue(Stats.median(Row.column(moving, "change")) > 1e-3);
    }
    List<Row> results = Row.where(rows, "part", "result", "reached", true);
    assertEquals(4, results.size());
    assertEquals(1, results.get(0).integer("steps"));
  }

  @Test
  void featuresThatAreTurnedAndScaledAreAlike() {
    KeyedRandom random = KeyedRandom.of(4, "cka");
    float[][] x = new float[40][3];
    float[][] turned = new float[40][3];
    float[][] other = new float[40][3];
    for (int i = 0; i < 40; i++) {
      for (int f = 0; f < 3; f++) {
        x[i][f] = (float) random.nextNormal();
        other[i][f] = (float) random.nextNormal();
      }
      turned[i] = new float[] {5 * x[i][1] + 2, -5 * x[i][0], 5 * x[i][2]};
    }
    assertEquals(1, Cka.alignment(Cka.gram(x), Cka.gram(turned)), 1e-5);
    assertTrue(Cka.alignment(Cka.gram(x), Cka.gram(other)) < 0.4);
  }

  @Test
  void aLinearProbeFindsWhatIsLinear() {
    KeyedRandom random = KeyedRandom.of(5, "probe");
    double[][] features = new double[90][4];
    int[] labels = new int[90];
    int[] drawn = new int[90];
    for (int i = 0; i < 90; i++) {
      labels[i] = i % 3;
      drawn[i] = random.nextInt(3);
      for (int f = 0; f < 4; f++) {
        features[i][f] = 100 * f + 0.1 * random.nextNormal() + (f == labels[i] ? 1 : 0);
      }
    }
    assertEquals(0, new LinearProbe(features, labels, 3).error(features, labels));
    assertTrue(new LinearProbe(features, drawn, 3).error(features, drawn) > 0.3);
    double[][] solved =
        LinearProbe.solved(new double[][] {{4, 0}, {2, 3}}, new double[][] {{2}, {5}});
    assertEquals(-0.5, solved[0][0], 1e-12);
    assertEquals(2, solved[1][0], 1e-12);
  }

  @Test
  void featuresOfEveryBlockAreLookedAt() {
    LabRun.Outcome outcome = run("features", "pictures=64", "steps=2", "probed=32", "alike=16");
    List<Row> rows = outcome.rows();
    assertEquals(2 * (9 + 81), rows.size());
    for (Row row : Row.where(rows, "part", "similarity", "block", 4, "other", 4)) {
      assertEquals(1, row.number("cka"), 1e-9);
    }
    assertEquals(3, outcome.findings().claims().size());
  }
}
