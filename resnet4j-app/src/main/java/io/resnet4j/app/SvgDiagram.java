package io.resnet4j.app;

import io.resnet4j.model.Diagram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Draws the boxes and arrows of {@link Diagram} as a column: the main path runs down, shortcuts
 * (dotted) bend around it on the right.
 */
final class SvgDiagram {
  private static final Pattern BOX =
      Pattern.compile("  (n\\d+)(?:\\[\"(.*)\"\\]|\\(\\(\"\\+\"\\)\\))");
  private static final Pattern ARROW = Pattern.compile("  (n\\d+) (-->|-\\.->) (n\\d+)");
  private static final int WIDTH = 320;
  private static final int HEIGHT = 54;
  private static final int GAP = 22;
  private static final int MARGIN = 16;
  private static final int BEND = 120;
  private static final int RADIUS = 14;
  private static final int MIDDLE = MARGIN + WIDTH / 2;

  /** Where a box stands, or the circle of a sum. */
  private record Place(int row, boolean sum) {
    private int centre() {
      return MARGIN + row * (HEIGHT + GAP) + HEIGHT / 2;
    }

    private int half() {
      return sum ? RADIUS : HEIGHT / 2;
    }

    private int top() {
      return centre() - half();
    }

    private int bottom() {
      return centre() + half();
    }

    private int right() {
      return MIDDLE + (sum ? RADIUS : WIDTH / 2);
    }
  }

  private SvgDiagram() {}

  /**
   * The picture of what {@link Diagram} wrote.
   *
   * @param title what it shows
   */
  static String draw(String title, String mermaid) {
    Map<String, Place> places = new LinkedHashMap<>();
    StringBuilder boxes = new StringBuilder();
    List<String> arrows = new ArrayList<>();
    for (String line : mermaid.split("\n")) {
      Matcher box = BOX.matcher(line);
      Matcher arrow = ARROW.matcher(line);
      if (box.matches()) {
        String label = box.group(2);
        Place place = new Place(places.size(), label == null);
        boxes.append(label == null ? sum(place) : box(place, label));
        places.put(box.group(1), place);
      } else if (arrow.matches()) {
        boolean dotted = !arrow.group(2).equals("-->");
        arrows.add(arrow(places.get(arrow.group(1)), places.get(arrow.group(3)), dotted));
      }
    }
    int height = places.size() * (HEIGHT + GAP) + 2 * MARGIN;
    int width = WIDTH + BEND + 2 * MARGIN;
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
        font-family="sans-serif" font-size="12" text-anchor="middle">
        <title>%s</title>
        <defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" \
        markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#456"/></marker></defs>
        <rect width="100%%" height="100%%" fill="#fff"/>
        <g fill="none" stroke="#456" marker-end="url(#tip)">
        %s</g>
        %s</svg>"""
        .formatted(width, height, width, height, title, String.join("", arrows), boxes);
  }

  private static String sum(Place at) {
    return "<circle cx='%d' cy='%d' r='%d' fill='#fff' stroke='#456'/><text x='%d' y='%d'>+</text>%n"
        .formatted(MIDDLE, at.centre(), RADIUS, MIDDLE, at.centre() + 4);
  }

  private static String box(Place at, String label) {
    StringBuilder text = new StringBuilder();
    String[] lines = label.split("<br/>");
    for (int i = 0; i < lines.length; i++) {
      text.append(
          "<tspan x='%d' y='%d'>%s</tspan>"
              .formatted(MIDDLE, at.top() + 16 + 15 * i, lines[i].replace("&", "&amp;")));
    }
    return "<rect x='%d' y='%d' width='%d' height='%d' rx='5' fill='#eef3f8' stroke='#456'/>"
            .formatted(MARGIN, at.top(), WIDTH, HEIGHT)
        + "<text>"
        + text
        + "</text>\n";
  }

  private static String arrow(Place from, Place to, boolean dotted) {
    String dash = dotted ? " stroke-dasharray='4 3'" : "";
    if (to.row() == from.row() + 1) {
      return "<path d='M%d %d V%d'%s/>\n".formatted(MIDDLE, from.bottom(), to.top(), dash);
    }
    int edge = MARGIN + WIDTH;
    return "<path d='M%d %d H%d C%d %d %d %d %d %d H%d'%s/>\n"
        .formatted(
            from.right(),
            from.centre(),
            edge,
            edge + BEND,
            from.centre(),
            edge + BEND,
            to.centre(),
            edge,
            to.centre(),
            to.right(),
            dash);
  }
}
