package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Draws the network of a run from what probes read in it: layers as boxes from left to right, rows
 * one below another, a block's layers on a common ground, its shortcut an arc above them. Boxes and
 * grounds carry their paths; a script of the page colours them.
 */
final class ProbeDiagram {
  private static final int ROW = 720;
  private static final int BOX = 14;
  private static final int HIGH = 34;
  private static final int GAP = 4;
  private static final int ARC = 18;
  private static final int BETWEEN = 14;
  private static final int MARGIN = 8;

  private final StringBuilder svg = new StringBuilder();
  private int x = MARGIN;
  private int y = MARGIN + ARC;

  private ProbeDiagram() {}

  /** A run of layers that belong together: a block, or one layer alone. */
  private record Part(String path, boolean shortcut, List<String> layers, List<String> bypass) {}

  /**
   * The picture of one reading's layers and blocks.
   *
   * @param title what it shows
   * @param run index of the run on the page
   */
  static String draw(String title, int run, JsonNode reading) {
    return new ProbeDiagram().drawn(title, run, parts(reading));
  }

  private static List<Part> parts(JsonNode reading) {
    List<Part> parts = new ArrayList<>();
    for (JsonNode layer : reading.path("layers")) {
      String path = layer.path("path").asText();
      JsonNode block = block(path, reading.path("blocks"));
      String name = block == null ? "" : block.path("path").asText();
      Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
      if (last == null || name.isEmpty() || !last.path().equals(name)) {
        boolean shortcut = block != null && block.has("shortcut_gradient");
        last = new Part(name, shortcut, new ArrayList<>(), new ArrayList<>());
        parts.add(last);
      }
      boolean beside = path.startsWith(name + ".downsample");
      (beside ? last.bypass() : last.layers()).add(path);
    }
    return parts;
  }

  private static @Nullable JsonNode block(String layer, JsonNode blocks) {
    for (JsonNode block : blocks) {
      if (layer.startsWith(block.path("path").asText() + ".")) {
        return block;
      }
    }
    return null;
  }

  private String drawn(String title, int run, List<Part> parts) {
    for (Part part : parts) {
      int wide = part.layers().size() * (BOX + GAP) + GAP;
      if (x + wide > ROW - MARGIN) {
        x = MARGIN;
        y += HIGH + ARC + BETWEEN;
      }
      draw(part, wide);
      x += wide + BETWEEN;
    }
    int high = y + HIGH + MARGIN;
    return String.format(
            Locale.ROOT,
            "<svg class=inside data-run=%d viewBox=\"0 0 %d %d\" role=img aria-label=\"%s\""
                + " font-size=\"9\">",
            run,
            ROW,
            high,
            Html.escape(title))
        + svg
        + "</svg>";
  }

  private void draw(Part part, int wide) {
    if (!part.path().isEmpty()) {
      rect(part.path(), "blocks", x, y, wide, HIGH);
    }
    if (part.shortcut()) {
      add(
          "<path d=\"M%d %d q0 %d %d %d h%d q%d 0 %d %d\" fill=\"none\" stroke=\"currentColor\"/>",
          x - 4,
          y + HIGH / 2,
          -(HIGH / 2 + 10),
          12,
          -(HIGH / 2 + 10),
          wide - 16,
          12,
          12,
          HIGH / 2 + 10);
    }
    for (int i = 0; i < part.bypass().size(); i++) {
      rect(part.bypass().get(i), "layers", x + wide / 2 - BOX / 2 + i * BOX, y - ARC + 2, BOX, 12);
    }
    for (int i = 0; i < part.layers().size(); i++) {
      int left = x + GAP + i * (BOX + GAP);
      rect(part.layers().get(i), "layers", left, y + GAP, BOX, HIGH - 2 * GAP);
    }
  }

  private void rect(String path, String part, int left, int top, int wide, int high) {
    String name = Html.escape(path);
    add(
        "<rect data-path=\"%s\" data-part=%s x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\">"
            + "<title>%s</title></rect>",
        name, part, left, top, wide, high, name);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
