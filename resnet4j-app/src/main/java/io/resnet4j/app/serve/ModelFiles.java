package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Where models lie. Names of requests are looked up among those found and never become a path. */
final class ModelFiles {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");

  private final Path path;
  private final String only;

  private ModelFiles(Path path, String only) {
    this.path = path;
    this.only = only;
  }

  static ModelFiles one(String name, Path file) {
    return new ModelFiles(file, name);
  }

  static ModelFiles folder(Path folder) {
    return new ModelFiles(folder, "");
  }

  static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidInputException(
          "model name '"
              + Repository.shorten(name)
              + "': expected letters, digits, '.', '_' and '-', beginning with a letter or digit");
    }
  }

  static Optional<Integer> version(String text) {
    return VERSION.matcher(text).matches() ? Optional.of(Integer.parseInt(text)) : Optional.empty();
  }

  /** For messages: where a model's file is looked for. */
  String where(String name) {
    return only.isEmpty()
        ? name + "/VERSION/" + Repository.FILE + " in the folder of models"
        : "model but '" + only + "'";
  }

  /**
   * All files by name and version.
   *
   * @param odd for a name that cannot be one: where to tell of it
   */
  Map<String, Map<Integer, Path>> find(Function<String, Consumer<String>> odd) throws IOException {
    Map<String, Map<Integer, Path>> found = new TreeMap<>();
    if (!only.isEmpty()) {
      if (Files.exists(path)) {
        found.put(only, Map.of(1, path));
      }
      return found;
    }
    try (DirectoryStream<Path> names = Files.newDirectoryStream(path, Files::isDirectory)) {
      for (Path model : names) {
        String name = model.getFileName().toString();
        if (name.startsWith(".")) {
          continue;
        }
        if (!NAME.matcher(name).matches()) {
          odd.apply(name)
              .accept("models: folder '" + Repository.shorten(name) + "' has no name for a model");
          continue;
        }
        versions(model, name, odd)
            .forEach(
                (version, file) ->
                    found.computeIfAbsent(name, n -> new TreeMap<>()).put(version, file));
      }
    }
    return found;
  }

  private static Map<Integer, Path> versions(
      Path model, String name, Function<String, Consumer<String>> odd) throws IOException {
    Map<Integer, Path> versions = new TreeMap<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(model, Files::isDirectory)) {
      for (Path folder : folders) {
        String text = folder.getFileName().toString();
        Path file = folder.resolve(Repository.FILE);
        Optional<Integer> version = version(text);
        if (version.isPresent() && Files.exists(file)) {
          versions.put(version.get(), file);
        } else if (!text.startsWith(".")) {
          odd.apply(name + "/" + text)
              .accept(
                  "models: "
                      + Repository.shorten(name + "/" + text)
                      + ": not served: "
                      + (version.isPresent()
                          ? "it holds no " + Repository.FILE + " yet"
                          : "a version is a whole number from 1 on"));
        }
      }
    }
    return versions;
  }
}
