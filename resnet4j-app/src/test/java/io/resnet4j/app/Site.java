package io.resnet4j.app;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * Makes the documents a folder of plain HTML that needs no server and no network: a page for each
 * Markdown file, for each folder that one links to and for each text file, pictures beside them,
 * and on every page the way to all others, which is what docs/README.md lists. A link to what is
 * not there, heading included, is an error ({@code docs/adr/028-the-documents-as-a-site.md}).
 */
public final class Site {
  private static final Path CONTENTS = Path.of("docs/README.md");
  private static final Path STYLE = Path.of("site.css");
  private static final Path JAVADOC = Path.of("javadoc");
  private static final Set<String> PICTURES = Set.of("png", "svg", "jpg");
  private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");
  private static final Pattern ELSEWHERE = Pattern.compile("(?i)(https?|mailto):.*");

  private static final List<Extension> EXTENSIONS =
      List.of(TablesExtension.create(), HeadingAnchorExtension.create());
  private static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).build();
  private static final HtmlRenderer HTML =
      HtmlRenderer.builder().extensions(EXTENSIONS).escapeHtml(true).build();

  private final Path root;
  private final Path javadoc;
  private final Deque<Path> todo = new ArrayDeque<>();
  private final Set<Path> known = new HashSet<>();
  private final Map<Path, Page> pages = new TreeMap<>();
  private final Set<Path> copies = new TreeSet<>();
  private final List<Reference> references = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private final Map<String, List<List<Entry>>> contents = new LinkedHashMap<>();

  private Site(Path root, Path javadoc) {
    this.root = root;
    this.javadoc = javadoc;
  }

  private record Page(String title, String body) {}

  /** A place that is linked to; {@code heading} is empty for the whole page. */
  private record Reference(Path from, Path to, String heading) {}

  private record Entry(String text, Path to, String heading) {}

  /**
   * {@code Site ROOT OUT [JAVADOC]}: makes the site of the project at ROOT in the folder OUT, and
   * takes the Javadoc along where it has been made.
   */
  public static void main(String[] arguments) throws IOException {
    Path out = Path.of(arguments[1]);
    int pages =
        make(Path.of(arguments[0]), out, arguments.length > 2 ? Path.of(arguments[2]) : JAVADOC);
    System.out.println("site: " + pages + " pages, " + out.resolve("index.html"));
  }

  /**
   * Makes the site.
   *
   * @return how many pages it has
   * @throws IllegalArgumentException naming every link that leads nowhere
   */
  static int make(Path root, Path out, Path javadoc) throws IOException {
    Site site = new Site(root.toAbsolutePath().normalize(), javadoc);
    site.read();
    site.requireWhole();
    site.write(out);
    return site.pages.size();
  }

  /** The Markdown files that are the documents. */
  static List<Path> documents(Path root) throws IOException {
    try (Stream<Path> top = Files.list(root);
        Stream<Path> docs = Files.walk(root.resolve("docs"))) {
      return Stream.concat(top, docs)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  /** The documents and every file or folder that they lead to, as paths below {@code root}. */
  static Set<Path> linked(Path root) throws IOException {
    Site site = new Site(root, root);
    site.read();
    return new TreeSet<>(site.known);
  }

  private void read() throws IOException {
    Node list = PARSER.parse(Files.readString(root.resolve(CONTENTS)));
    for (Node each = list.getFirstChild(); each != null; each = each.getNext()) {
      if (each instanceof BulletList && each.getPrevious() instanceof Paragraph title) {
        contents.put(
            words(title.getFirstChild() instanceof StrongEmphasis s ? s : title), links(each));
      }
    }
    documents(root).forEach(file -> need(root.relativize(file)));
    while (!todo.isEmpty()) {
      Path path = todo.remove();
      if (Files.isDirectory(root.resolve(path))) {
        pages.put(path, folder(path));
      } else if (isMarkdown(path)) {
        pages.put(path, document(path));
      } else if (PICTURES.contains(ending(path))) {
        copies.add(path);
      } else {
        String text = Files.readString(root.resolve(path));
        pages.put(path, new Page(name(path), "<pre>" + Html.escape(text) + "</pre>\n"));
      }
    }
  }

  /** Of the items that begin with a link, the links of each. */
  private List<List<Entry>> links(Node list) {
    List<List<Entry>> found = new ArrayList<>();
    for (Node item = list.getFirstChild(); item != null; item = item.getNext()) {
      if (item.getFirstChild().getFirstChild() instanceof Link) {
        List<Entry> entries = new ArrayList<>();
        item.accept(
            new AbstractVisitor() {
              @Override
              public void visit(Link link) {
                Reference to = reference(CONTENTS, link.getDestination());
                entries.add(new Entry(words(link), to.to, to.heading));
              }
            });
        found.add(entries);
      }
    }
    return found;
  }

  /** What is read of a node, without what it looks like. */
  private static String words(Node node) {
    StringBuilder words = new StringBuilder();
    node.accept(
        new AbstractVisitor() {
          @Override
          public void visit(org.commonmark.node.Text text) {
            words.append(text.getLiteral());
          }

          @Override
          public void visit(Code code) {
            words.append(code.getLiteral());
          }
        });
    return words.toString();
  }

  private void need(Path path) {
    if (known.add(path)) {
      todo.add(path);
    }
  }

  private static boolean isMarkdown(Path path) {
    return ending(path).equals("md");
  }

  private static String ending(Path path) {
    return name(path).replaceFirst(".*\\.", "");
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  /** What {@code address} in {@code from} means; what it means must be there. */
  private Reference reference(Path from, String address) {
    String[] parts = address.split("#", 2);
    Path to = parts[0].isEmpty() ? from : from.resolveSibling(Path.of(parts[0])).normalize();
    // A folder's README is its page.
    Path readme = to.resolve("README.md");
    if (Files.isDirectory(root.resolve(to)) && Files.exists(root.resolve(readme))) {
      to = readme;
    }
    Reference reference = new Reference(from, to, parts.length > 1 ? parts[1] : "");
    if (to.startsWith("..") || !Files.exists(root.resolve(to))) {
      wrong.add(from + ": " + address + " is not there");
    } else {
      need(to);
      references.add(reference);
    }
    return reference;
  }

  private Page document(Path path) throws IOException {
    Node document = PARSER.parse(Files.readString(root.resolve(path)));
    String[] title = {name(path)};
    document.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Heading heading) {
            if (heading.getLevel() == 1) {
              title[0] = words(heading);
            }
            visitChildren(heading);
          }

          @Override
          public void visit(Link link) {
            if (!ELSEWHERE.matcher(link.getDestination()).matches()) {
              Reference to = reference(path, link.getDestination());
              link.setDestination(address(path, to.to, to.heading));
            }
            visitChildren(link);
          }

          @Override
          public void visit(Image image) {
            if (ELSEWHERE.matcher(image.getDestination()).matches()) {
              wrong.add(path + ": the picture " + image.getDestination() + " is not ours");
              return;
            }
            Reference to = reference(path, image.getDestination());
            image.setDestination(address(path, to.to, ""));
          }
        });
    return new Page(title[0], HTML.render(document));
  }

  private Page folder(Path path) throws IOException {
    StringBuilder body =
        new StringBuilder("<h1>").append(Html.escape(name(path))).append("</h1>\n<ul>\n");
    try (Stream<Path> files = Files.list(root.resolve(path))) {
      for (Path file : files.sorted(Comparator.comparing(Path::toString)).toList()) {
        Path to = reference(path.resolve(name(file)), "").to;
        body.append("<li>").append(anchor(path, new Entry(label(to), to, ""))).append("</li>\n");
      }
    }
    return new Page(name(path), body.append("</ul>\n").toString());
  }

  /** What lists call a file: a document's title, which readers know, or its name. */
  private String label(Path path) throws IOException {
    return isMarkdown(path) ? document(path).title : name(path);
  }

  private String anchor(Path from, Entry entry) {
    boolean here = entry.to.equals(from) && entry.heading.isEmpty();
    return "<a href=\""
        + Html.escape(address(from, entry.to, entry.heading))
        + (here ? "\" aria-current=\"page\">" : "\">")
        + Html.escape(entry.text)
        + "</a>";
  }

  /** Relative, so that the folder may lie anywhere. */
  private String address(Path from, Path to, String heading) {
    Path here = place(from).getParent();
    Path there = place(to);
    String relative = (here == null ? there : here.relativize(there)).toString().replace('\\', '/');
    return heading.isEmpty() ? relative : relative + "#" + heading;
  }

  /** Where the page or file of {@code path} lies in the site. */
  private Path place(Path path) {
    String name = name(path);
    if (name.startsWith("README") && isMarkdown(path)) {
      return path.resolveSibling(name.replace("README", "index").replaceFirst("md$", "html"));
    }
    if (isMarkdown(path)) {
      return path.resolveSibling(name.replaceFirst("md$", "html"));
    }
    if (Files.isDirectory(root.resolve(path))) {
      return path.resolve("index.html");
    }
    boolean asItIs =
        PICTURES.contains(ending(path)) || path.equals(STYLE) || path.startsWith(JAVADOC);
    return asItIs ? path : path.resolveSibling(name + ".html");
  }

  private void requireWhole() {
    for (Reference each : references) {
      if (!each.heading.isEmpty() && !ids(pages.get(each.to).body).contains(each.heading)) {
        wrong.add(each.from + ": " + each.to + " has no heading #" + each.heading);
      }
    }
    Map<Path, Path> taken = new TreeMap<>();
    for (Path path : pages.keySet()) {
      Path other = taken.put(place(path), path);
      if (other != null) {
        wrong.add(path + " and " + other + " would be one page");
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("site: " + String.join("\n", new TreeSet<>(wrong)));
    }
  }

  private static Set<String> ids(String body) {
    Set<String> ids = new HashSet<>();
    Matcher id = ID.matcher(body);
    while (id.find()) {
      ids.add(id.group(1));
    }
    return ids;
  }

  private void write(Path out) throws IOException {
    for (Map.Entry<Path, Page> each : pages.entrySet()) {
      put(out.resolve(place(each.getKey())), html(each.getKey(), each.getValue()));
    }
    for (Path each : copies) {
      copy(root.resolve(each), out.resolve(each));
    }
    put(out.resolve(STYLE), resource("site.css"));
    if (hasJavadoc()) {
      try (Stream<Path> files = Files.walk(javadoc)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          copy(file, out.resolve(JAVADOC).resolve(javadoc.relativize(file).toString()));
        }
      }
    }
  }

  private boolean hasJavadoc() {
    return Files.isRegularFile(javadoc.resolve("index.html"));
  }

  private String html(Path path, Page page) throws IOException {
    StringBuilder nav = new StringBuilder();
    contents.forEach(
        (title, items) -> {
          nav.append("<h2>").append(Html.escape(title)).append("</h2>\n<ul>\n");
          for (List<Entry> entries : items) {
            nav.append("<li>")
                .append(
                    entries.stream()
                        .map(entry -> anchor(path, entry))
                        .collect(joining(" &middot; ")))
                .append("</li>\n");
          }
          nav.append("</ul>\n");
        });
    if (hasJavadoc()) {
      Entry javadoc = new Entry("Javadoc", JAVADOC.resolve("index.html"), "");
      nav.append("<h2>").append(anchor(path, javadoc)).append("</h2>\n");
    }
    String wide = page.body.replace("<table>", "<div class=\"wide\"><table>");
    return resource("site.html")
        .replace("{{LANGUAGE}}", path.toString().matches(".*\\bzh\\b.*") ? "zh" : "en")
        .replace("{{TITLE}}", Html.escape(page.title))
        .replace("{{STYLE}}", address(path, STYLE, ""))
        .replace("{{HOME}}", address(path, Path.of("README.md"), ""))
        .replace("{{HOME_ZH}}", address(path, Path.of("README.zh.md"), ""))
        .replace("{{NAVIGATION}}", nav)
        .replace("{{BODY}}", wide.replace("</table>", "</table></div>"));
  }

  private static void put(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.write(to, Files.readAllBytes(from));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Site.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + ": not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
