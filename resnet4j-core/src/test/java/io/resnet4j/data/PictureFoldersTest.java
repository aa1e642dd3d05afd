package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class PictureFoldersTest {
  private static final FolderOptions FAIL = new FolderOptions(FolderOptions.OnBad.FAIL, 10_000_000);
  private static final FolderOptions SKIP = new FolderOptions(FolderOptions.OnBad.SKIP, 10_000_000);

  @TempDir Path root;

  private Path picture(String path, int width, int height, int colour) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, colour + i * 7);
    }
    String ending = path.substring(path.lastIndexOf('.') + 1);
    assertTrue(ImageIO.write(image, ending, file.toFile()));
    return file;
  }

  /** Two classes with two and one training pictures, and one of each to validate with. */
  private void small() throws IOException {
    picture("train/b/2.png", 40, 30, 1);
    picture("train/b/10.jpg", 30, 40, 2);
    picture("train/a/x.bmp", 20, 20, 3);
    picture("val/a/v.png", 25, 35, 4);
    picture("val/b/v.png", 35, 25, 5);
  }

  private static List<Integer> labels(Dataset data) {
    return IntStream.range(0, data.size()).mapToObj(data::label).toList();
  }

  private String refused(FolderOptions options) {
    String message =
        assertThrows(InvalidInputException.class, () -> PictureFolders.open(root, options))
            .getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  @Test
  void listsClassesAndFilesByName() throws IOException {
    small();
    Files.createDirectories(root.resolve("train/.hidden"));
    Files.writeString(root.resolve("train/b/.DS_Store"), "x");
    Files.writeString(root.resolve("train/b/notes.txt"), "x");
    DataSplits splits = PictureFolders.open(root, FAIL);
    Dataset train = splits.train();
    assertEquals(List.of("a", "b"), train.classes());
    assertEquals(List.of(0, 1, 1), labels(train));
    // Names are compared letter by letter: 10.jpg stands before 2.png.
    assertEquals(new PictureSize(3, 40, 30), train.whole(1).size());
    assertEquals(new PictureSize(3, 30, 40), train.whole(2).size());
    assertEquals(2, splits.validation().orElseThrow().size());
    assertEquals(Optional.empty(), splits.testing());
    assertTrue(assertThrows(InvalidInputException.class, splits::test).getMessage().contains("no"));
    assertEquals(1, splits.notes().size());
    assertTrue(splits.notes().get(0).contains("passed over 1 file "), splits.notes().get(0));
    assertTrue(splits.description().contains("3 training, 2 validation and no test pictures"));
    assertEquals(splits.validation(), splits.holdOut(0.5, 1).validation());
    assertEquals(train, splits.holdOut(0, 1).train());
  }

  @Test
  void framesWholePicturesAsPreprocessingDoes() throws IOException {
    small();
    DataSplits splits = PictureFolders.open(root, FAIL);
    assertEquals(new PictureSize(3, 224, 224), splits.train().pictureSize());
    Dataset framed = splits.framed(16, 12, 18).train();
    assertEquals(new PictureSize(3, 16, 12), framed.pictureSize());
    byte[] chw = new byte[3 * 16 * 12];
    framed.picture(1, chw);
    Preprocessing as = Preprocessing.of(framed, Normalisation.imageNet());
    assertEquals(18, as.resize());
    assertArrayEquals(as.levels(framed.whole(1)), chw);
    Dataset part = framed.subset(new int[] {2, 1});
    assertEquals(18, part.resize());
    assertArrayEquals(framed.whole(1).toPlanes(), part.whole(1).toPlanes());
    assertThrows(InvalidInputException.class, () -> framed.framed(16, 16, 15));
    // Data of one size can be framed too, and comes back.
    Dataset drawn = Synthetic.draw(20, 10, 1).train();
    Dataset larger = drawn.framed(48, 48, 48);
    larger.picture(3, new byte[larger.pictureSize().samples()]);
    assertEquals(drawn.pictureSize(), larger.framed(32, 32, 32).pictureSize());
    assertSame(drawn, drawn.framed(32, 32, 32));
  }

  @Test
  void viewsAreMiddleAndCornersAndTheirMirrorImages() throws IOException {
    small();
    Dataset framed = PictureFolders.open(root, FAIL).framed(16, 12, 18).train();
    Dataset ten = Views.CROPS.over(framed);
    assertEquals(30, ten.size());
    assertEquals(framed.label(2), ten.label(29));
    // 40x30 becomes 24x18.
    Picture resized = framed.whole(1).resize(24, 18);
    List<Picture> expected =
        List.of(
            resized.centreCrop(16, 12),
            resized.crop(0, 0, 16, 12),
            resized.crop(0, 6, 16, 12),
            resized.crop(8, 0, 16, 12),
            resized.crop(8, 6, 16, 12));
    for (int v = 0; v < 10; v++) {
      byte[] chw = new byte[3 * 16 * 12];
      ten.picture(10 + v, chw);
      Picture view = Picture.of(framed.pictureSize(), chw);
      Picture upright = v < 5 ? view : view.mirrored();
      assertArrayEquals(expected.get(v % 5).toPlanes(), upright.toPlanes(), "view " + v);
    }
    assertSame(framed, Views.CENTRE.over(framed));
  }

  @Test
  void picturesOfTheInputsSizeAreMovedByTwoPixels() {
    Dataset drawn = Synthetic.draw(20, 10, 1).train();
    Picture whole = drawn.whole(3);
    int side = whole.height();
    Dataset ten = Views.CROPS.over(drawn);
    int[][] moved = {{0, 0}, {-2, -2}, {-2, 2}, {2, -2}, {2, 2}};
    byte[] chw = new byte[drawn.pictureSize().samples()];
    for (int v = 0; v < 5; v++) {
      ten.picture(30 + v, chw);
      Picture view = Picture.of(drawn.pictureSize(), chw);
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          int fromY = mirrored(y + moved[v][0], side);
          int fromX = mirrored(x + moved[v][1], side);
          assertEquals(whole.sample(1, fromY, fromX), view.sample(1, y, x), v + " " + y + " " + x);
        }
      }
      ten.picture(35 + v, chw);
      assertArrayEquals(view.mirrored().toPlanes(), chw);
    }
    assertEquals(1, Picture.of(new PictureSize(1, 1, 1), new byte[1]).reflected(2).height());
  }

  /** The edge is not repeated. */
  private static int mirrored(int at, int side) {
    return at < 0 ? -at : at >= side ? 2 * side - 2 - at : at;
  }

  @Test
  void keepsWhatFits() throws IOException {
    small();
    long one = 20 * 20 * 3 + 200;
    Dataset train =
        PictureFolders.open(root, new FolderOptions(FolderOptions.OnBad.FAIL, one)).train();
    assertSame(train.whole(0), train.whole(0));
    assertNotSame(train.whole(1), train.whole(1));
    Dataset none =
        PictureFolders.open(root, new FolderOptions(FolderOptions.OnBad.FAIL, 0)).train();
    assertNotSame(none.whole(0), none.whole(0));
    assertThrows(
        InvalidInputException.class, () -> new FolderOptions(FolderOptions.OnBad.FAIL, -1));
  }

  @Test
  void foldersThatAreNoDataSetAreRefused() throws IOException {
    assertTrue(refused(FAIL).contains("no folders in it"));
    picture("val/a/1.png", 9, 9, 0);
    assertTrue(refused(FAIL).contains("has a folder val and no folder train"));
    for (String each : List.of("val/a/1.png", "val/a", "val")) {
      Files.delete(root.resolve(each));
    }
    Files.createDirectories(root.resolve("train"));
    assertTrue(refused(SKIP).contains("no folders in it"));
    picture("train/a/1.png", 9, 9, 0);
    assertTrue(refused(SKIP).contains("one class only (a)"));
    Files.createDirectories(root.resolve("train/b"));
    assertTrue(refused(FAIL).contains("no pictures of this class"));
    DataSplits kept = PictureFolders.open(root, SKIP);
    assertEquals(List.of("a", "b"), kept.train().classes());
    assertTrue(kept.notes().get(0).contains("b: no pictures of this class; left out"));
    picture("val/c/1.png", 9, 9, 0);
    assertTrue(refused(SKIP).contains("has a class 'c' that train lacks"));
    Files.delete(root.resolve("train/a/1.png"));
    assertTrue(refused(SKIP).contains("holds no picture"));
  }

  /** Twenty pictures of class a, six of b, two of c, one of d. */
  private void plain() throws IOException {
    for (int i = 0; i < 20; i++) {
      picture("a/" + i + ".png", 9, 9, i);
    }
    for (int i = 0; i < 6; i++) {
      picture("b/more/" + i + ".png", 9, 9, i);
    }
    picture("c/0.png", 9, 9, 0);
    picture("c/1.png", 9, 9, 0);
    picture("d/0.png", 9, 9, 0);
  }

  private static Set<String> titles(Dataset data) {
    return IntStream.range(0, data.size()).mapToObj(data::title).collect(Collectors.toSet());
  }

  private static long count(Dataset data, int label) {
    return labels(data).stream().filter(l -> l == label).count();
  }

  @Test
  void classesAloneGiveATestSetByTheNamesOfTheirFiles() throws IOException {
    plain();
    DataSplits splits = PictureFolders.open(root, FAIL);
    Dataset train = splits.train();
    Dataset test = splits.test();
    assertEquals(List.of("a", "b", "c", "d"), train.classes());
    assertEquals(29, train.size() + test.size());
    assertTrue(Collections.disjoint(titles(train), titles(test)));
    assertTrue(count(test, 0) >= 1 && count(test, 0) <= 8, labels(test).toString());
    assertTrue(count(test, 1) >= 1, "six pictures are enough for one");
    for (int label = 0; label < 4; label++) {
      assertTrue(count(train, label) >= 1, "some of class " + label + " are left to learn from");
    }
    assertTrue(
        splits.description().contains("test pictures (about a fifth of each class, by file name)"),
        splits.description());
    assertEquals(Optional.empty(), splits.validation());
    // The seed is for what is held out of the rest.
    assertEquals(titles(test), titles(PictureFolders.open(root, FAIL).test()));
    assertTrue(
        Collections.disjoint(
            titles(splits.holdOut(0.2, 7).validation().orElseThrow()), titles(test)));
    for (int i = 100; i < 120; i++) {
      picture("a/" + i + ".png", 9, 9, i);
    }
    Set<String> before = titles(test);
    Set<String> after = titles(PictureFolders.open(root, FAIL).test());
    assertTrue(after.containsAll(before), "more pictures move no other");
    assertTrue(Collections.disjoint(after, titles(train)));
    assertTrue(after.size() > before.size());
  }

  @Test
  void ofManyPicturesAFifthIsForTesting() {
    List<String> names = IntStream.range(0, 5000).mapToObj(i -> "class/" + i + ".jpg").toList();
    long aside = 0;
    for (boolean each : TestShare.of(names)) {
      aside += each ? 1 : 0;
    }
    // Three deviations of a binomial are 85.
    assertEquals(1000, aside, 85);
    for (int size = 1; size <= 40; size++) {
      for (int key = 0; key < 20; key++) {
        String folder = key + "/";
        boolean[] few = TestShare.of(IntStream.range(0, size).mapToObj(i -> folder + i).toList());
        long count = IntStream.range(0, size).filter(i -> few[i]).count();
        assertTrue(count < size && (size < 5 || count > 0), count + " of " + size);
      }
    }
  }

  @Test
  void classesAloneAreHeldToTheSameRules() throws IOException {
    picture("a/0.png", 9, 9, 0);
    assertTrue(refused(FAIL).contains("one class only (a)"));
    Files.createDirectories(root.resolve("b"));
    assertTrue(refused(FAIL).contains("b: no pictures of this class"));
    picture("b/0.png", 9, 9, 0);
    picture("loose.png", 9, 9, 0);
    Files.writeString(root.resolve("README.md"), "x");
    Files.createDirectories(root.resolve(".hidden"));
    DataSplits splits = PictureFolders.open(root, FAIL);
    assertEquals(List.of("a", "b"), splits.train().classes());
    assertEquals(Optional.empty(), splits.testing());
    assertTrue(splits.description().contains("and no test pictures, 2 classes"));
    assertTrue(splits.notes().get(0).endsWith("passed over 1 picture in no folder of a class"));
    picture("Valid/0.png", 9, 9, 0);
    assertTrue(refused(FAIL).contains("has a folder Valid and no folder train"));
    Files.delete(root.resolve("Valid/0.png"));
    Files.delete(root.resolve("Valid"));
    try {
      Files.createSymbolicLink(root.resolve("again"), root);
    } catch (IOException | UnsupportedOperationException e) {
      Assumptions.abort("no symbolic links here");
    }
    assertTrue(refused(FAIL).contains("again: a link back to a folder above it"));
    assertEquals(List.of("a", "b"), PictureFolders.open(root, SKIP).train().classes());
  }

  @Test
  void badPicturesFailOrAreLeftOut() throws IOException {
    small();
    Path good = picture("train/a/good.jpg", 64, 48, 9);
    byte[] whole = Files.readAllBytes(good);
    Path bad = root.resolve("train/a");
    Files.write(bad.resolve("empty.jpg"), new byte[0]);
    assertTrue(refused(FAIL).contains("empty.jpg: is empty"));
    assertTrue(refused(FAIL).contains("--on-bad-image skip"));
    Files.delete(bad.resolve("empty.jpg"));
    Files.writeString(bad.resolve("text.png"), "<html>", StandardCharsets.UTF_8);
    assertTrue(refused(FAIL).contains("text.png: is HTML"));
    Files.write(bad.resolve("text.png"), whole);
    Files.write(bad.resolve("torn.jpg"), Arrays.copyOf(whole, whole.length / 2));
    // The head is sound, so it shows when the picture is decoded; a JPEG called .png is none.
    Dataset train = PictureFolders.open(root, FAIL).train();
    assertEquals(new PictureSize(3, 48, 64), train.whole(1).size());
    String message = assertThrows(InvalidInputException.class, () -> train.whole(2)).getMessage();
    assertTrue(message.contains("torn.jpg"), message);
    Files.write(bad.resolve("empty.jpg"), new byte[0]);
    Files.writeString(bad.resolve("note.gif"), "hello");
    picture("train/a/thin.png", 3000, 2, 1);
    DataSplits splits = PictureFolders.open(root, SKIP);
    assertEquals(5, splits.train().size(), splits.notes().toString());
    assertEquals(List.of(0, 0, 0, 1, 1), labels(splits.train()));
    assertEquals(4, splits.notes().size());
    assertTrue(splits.notes().get(0).contains("empty.jpg: is empty"));
    assertTrue(splits.notes().get(2).contains("thin.png: 3000x2 pixels are too long"));
    assertTrue(splits.notes().get(3).contains("torn.jpg"));
    for (int i = 0; i < 5; i++) {
      splits.train().picture(i, new byte[3 * 224 * 224]);
    }
  }

  @Test
  void linksAreFollowedButNotInCircles() throws IOException {
    small();
    picture("elsewhere/l.png", 9, 9, 1);
    try {
      Files.createSymbolicLink(root.resolve("train/a/far"), root.resolve("elsewhere"));
    } catch (IOException | UnsupportedOperationException e) {
      Assumptions.abort("no symbolic links here");
    }
    assertEquals(4, PictureFolders.open(root, FAIL).train().size());
    Files.createSymbolicLink(root.resolve("train/a/loop"), root.resolve("train/a"));
    assertTrue(refused(FAIL).contains("a link back to a folder above it"));
    assertEquals(4, PictureFolders.open(root, SKIP).train().size());
    Files.delete(root.resolve("train/a/loop"));
    Files.createSymbolicLink(root.resolve("train/a/no.png"), root.resolve("nowhere"));
    assertTrue(refused(FAIL).contains("a link to nothing"));
    assertEquals(1, PictureFolders.open(root, SKIP).notes().size());
  }

  /** Walked, they would put every class, and the test set too, into one. */
  @Test
  void linksUpOutOfAClassAreNotFollowed() throws IOException {
    small();
    Path deep = Files.createDirectories(root.resolve("train/a/deep"));
    for (String link : List.of("train/a/up", "train/a/deep/top", "val/a/up", "test/b")) {
      Path file = root.resolve(link);
      Files.createDirectories(file.getParent());
      try {
        Files.createSymbolicLink(file, link.startsWith("train/a/up") ? Path.of("..") : root);
      } catch (IOException | UnsupportedOperationException e) {
        Assumptions.abort("no symbolic links here");
      }
    }
    picture("test/a/t.png", 9, 9, 6);
    DataSplits splits = PictureFolders.open(root, SKIP);
    assertEquals(List.of(0, 1, 1), labels(splits.train()));
    assertEquals(List.of(0, 1), labels(splits.validation().orElseThrow()));
    assertEquals(List.of(0), labels(splits.test()));
    List<String> notes = splits.notes();
    for (String link : List.of("a/up", "deep/top", "val/a/up", "test/b")) {
      Path file = Path.of(link);
      assertTrue(
          notes.stream().anyMatch(n -> n.contains(file + ": a link back to a folder above it")),
          link + ": " + notes);
    }
    Files.delete(deep.resolve("top"));
    assertTrue(
        refused(FAIL).contains(Path.of("train/a/up") + ": a link back to a folder above it"));
    List<String> problems = new ArrayList<>();
    assertEquals(1, PictureFolders.files(root.resolve("train/a"), problems::add).size());
    assertEquals(1, problems.size(), problems.toString());
  }

  @Test
  void unreadableFoldersAreNamed() throws IOException {
    small();
    Path locked = Files.createDirectories(root.resolve("train/b/locked"));
    Assumptions.assumeTrue(locked.toFile().setReadable(false, false));
    Assumptions.assumeFalse(Files.isReadable(locked), "whoever runs this may read everything");
    assertTrue(refused(FAIL).contains("locked: may not be read"));
    assertEquals(3, PictureFolders.open(root, SKIP).train().size());
    assertTrue(locked.toFile().setReadable(true));
  }

  @Test
  void realPicturesOfGroceries() {
    Path folder = TestData.require("grocery10");
    DataSplits splits = DataSource.parse(folder.toString()).open();
    assertEquals(10, splits.train().classes().size());
    assertEquals("Avocado", splits.train().classes().get(0));
    assertFalse(splits.validation().isEmpty());
    assertTrue(splits.test().whole(0).height() > 100);
  }
}
