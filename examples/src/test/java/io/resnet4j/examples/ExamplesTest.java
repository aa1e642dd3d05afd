package io.resnet4j.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Synthetic;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.FineTuner;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainResult;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example, as small as it can be. */
class ExamplesTest {
  private static final DataSplits DATA = Synthetic.draw(60, 20, 1);
  private static final Recipe RECIPE =
      Recipe.named("synthetic-default").set("epochs=1").set("batch=20").set("precision=f32");

  @TempDir Path folder;

  private static ModelSpec tiny(int classes) {
    return Models.resnet20(classes).withBlocks(List.of(1, 1, 1)).withWidths(List.of(4, 8, 8));
  }

  @Test
  void train() {
    TrainResult result = Train.train(tiny(10), DATA, RECIPE, folder.resolve("run"));
    assertEquals(1, result.epochs());
    assertEquals(10, Model.load(folder.resolve("run/trained.safetensors")).spec().classes());
  }

  @Test
  void fineTune() {
    FineTuner.Outcome done =
        FineTuner.of(tiny(7).initialise(1), DATA, folder.resolve("tuned")).withEpochs(1).fit();
    FineTune.report(done);
    assertEquals(10, Model.load(done.weights()).spec().classes());
  }

  @Test
  void predictService() throws Exception {
    Path weights = folder.resolve("w.safetensors");
    tiny(3)
        .initialise(1)
        .withClassNames(List.of("a", "b", "c"))
        .withMetadata(Model.PREPROCESSING, PreprocessingJson.write(Preprocessing.imageNet(36, 32)))
        .save(weights);
    try (PredictService service = new PredictService(weights, 0)) {
      assertTrue(post(service, 200, picture()).matches("[abc] 0\\.\\d+\\s*"));
      assertTrue(post(service, 400, new byte[] {1, 2, 3}).contains("the picture"));
    }
  }

  private static byte[] picture() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(40, 50, BufferedImage.TYPE_INT_RGB), "png", file);
    return file.toByteArray();
  }

  private static String post(PredictService service, int status, byte[] body) throws Exception {
    URI address = URI.create("http://127.0.0.1:" + service.port() + "/classify");
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(address)
                    .timeout(Duration.ofSeconds(20))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(status, answer.statusCode(), answer.body());
    return answer.body();
  }

  @Test
  void customBlock() {
    ModelSpec network = CustomBlock.network(4, 10);
    Path run = folder.resolve("block");
    Train.train(network, DATA, RECIPE, run);
    assertEquals(network, Model.load(run.resolve("trained.safetensors")).spec());
  }

  @Test
  void customDataset() {
    DataSplits spots = CustomDataset.splits(80, 20);
    byte[] picture = new byte[spots.train().pictureSize().samples()];
    spots.train().picture(1, picture);
    assertEquals("right", spots.train().classes().get(spots.train().label(1)));
    Train.train(tiny(2), spots, RECIPE, folder.resolve("spots"));
  }

  @Test
  void customTrainingStep() {
    // Forty steps; by chance the loss would stay at 0.69.
    assertTrue(CustomTrainingStep.train(tiny(2), CustomDataset.splits(1280, 2).train()) < 0.6);
  }

  /** A state dict in safetensors' form; the reader tells the formats apart by their content. */
  @Test
  void fromPyTorch() {
    Model model = tiny(5).initialise(1);
    Path file = folder.resolve("state.pth");
    new Safetensors(model.state(), Map.of()).write(file);
    Model read = FromPyTorch.read(tiny(5), file);
    assertEquals(model.state().get("fc.weight").bytes(), read.state().get("fc.weight").bytes());
  }
}
