package io.resnet4j.app;

import java.util.ArrayList;
import java.util.List;

/** Columns that line up. */
final class TextTable {
  private final List<String[]> rows = new ArrayList<>();
  private final String alignment;

  /**
   * @param alignment a letter for each column: l for left, r for right
   */
  TextTable(String alignment) {
    this.alignment = alignment;
  }

  TextTable row(String... cells) {
    rows.add(cells.clone());
    return this;
  }

  /** The rows as a table of a page, their first cells as headings. */
  String html() {
    StringBuilder table = new StringBuilder("<table class=figures><tbody>");
    for (String[] row : rows) {
      table.append("<tr>");
      for (int i = 0; i < row.length; i++) {
        table.append(i == 0 ? "<th scope=row>" : "<td>").append(Html.escape(row[i]));
        table.append(i == 0 ? "</th>" : "</td>");
      }
      table.append("</tr>");
    }
    return table.append("</tbody></table>").toString();
  }

  /** The rows with two blanks between columns and none at the ends. */
  @Override
  public String toString() {
    int[] widths = new int[alignment.length()];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String blanks = " ".repeat(widths[i] - row[i].length());
        line.append(alignment.charAt(i) == 'r' ? blanks + row[i] : row[i] + blanks).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    return String.join(System.lineSeparator(), lines);
  }
}
