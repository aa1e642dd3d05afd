package io.resnet4j.interop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a pickle of tensors is made of. Nothing here refers to a Java class. */
sealed interface Pickled {
  /** What no state dict is read from: numbers with a fraction, bytes, None. */
  enum Other implements Pickled {
    VALUE
  }

  /** A text. */
  record Text(String value) implements Pickled {}

  /** A whole number; 1 and 0 for the truth values, as in Python. */
  record Whole(long value) implements Pickled {}

  /** A tuple. */
  record Tuple(List<Pickled> items) implements Pickled {
    /** Copies the list. */
    public Tuple {
      items = List.copyOf(items);
    }
  }

  /** A list, which may hold itself. */
  final class Sequence implements Pickled {
    /** Replaced at the first item: a hostile pickle may hold a million empty ones. */
    private List<Pickled> items = List.of();

    void add(List<Pickled> more) {
      if (items.isEmpty()) {
        items = new ArrayList<>();
      }
      items.addAll(more);
    }

    List<Pickled> items() {
      return Collections.unmodifiableList(items);
    }
  }

  /** A name from the allow-list. */
  record Global(String name, PickleGlobals.Role role, @Nullable StoredType type)
      implements Pickled {}

  /**
   * Numbers in the file.
   *
   * @param key of the storage; in an archive the name of its entry below {@code data/}
   * @param elements how many
   */
  record Storage(StoredType type, String key, long elements) implements Pickled {}

  /** A tensor over a storage, in elements; nothing is checked yet. */
  record View(Storage storage, long offset, Tuple sizes, Tuple strides) implements Pickled {}

  /** A dictionary; entries whose key is no text are not kept. */
  final class Dict implements Pickled {
    /** Replaced at the first entry: a hostile pickle may hold a million empty ones. */
    private Map<String, Pickled> entries = Map.of();

    void put(Pickled key, Pickled value) {
      if (key instanceof Text text) {
        if (entries.isEmpty()) {
          entries = new LinkedHashMap<>();
        }
        entries.put(text.value(), value);
      }
    }

    Map<String, Pickled> entries() {
      return Collections.unmodifiableMap(entries);
    }

    /** The tensors among the entries, in their order. */
    Map<String, View> tensors() {
      Map<String, View> views = new LinkedHashMap<>();
      entries.forEach(
          (name, value) -> {
            if (value instanceof View view) {
              views.put(name, view);
            }
          });
      return views;
    }
  }
}
