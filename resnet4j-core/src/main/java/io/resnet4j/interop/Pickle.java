package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a pickle of named tensors without running anything it says (ADR 009). First every opcode,
 * length and spelt-out name is checked; only then a stack machine builds {@link Pickled} values,
 * which are texts, whole numbers, tuples, lists, dictionaries and tensors over storages not yet
 * read. Work and memory are bounded: an opcode makes at most one value, which takes as much room as
 * the bytes it stands in.
 */
final class Pickle {
  /** Four times what a state dict of a thousand layers with an optimiser's state takes. */
  private static final int MOST_OPCODES = 1 << 21;

  private static final int NEWEST_PROTOCOL = 5;

  private final String where;
  private final ByteBuffer in;
  private final List<Pickled> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();

  private final Set<Pickled.Storage> storages = new LinkedHashSet<>();

  private Pickle(String where, ByteBuffer bytes) {
    this.where = where;
    this.in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A pickle that was read.
   *
   * @param value that it describes
   * @param storages that it names, each once
   */
  record Read(Pickled value, Set<Pickled.Storage> storages) {}

  /**
   * The value that the pickle describes.
   *
   * @param where what messages begin with, such as the file and its entry
   * @throws InvalidInputException if it is damaged, or names or does what no state dict does
   */
  static Pickled read(String where, byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Read read = next(where, in);
    if (in.hasRemaining()) {
      throw new InvalidInputException(
          where + ": goes on for " + in.remaining() + " bytes after its end");
    }
    return read.value();
  }

  /**
   * The pickle that begins at the position of {@code in}, which is then behind it.
   *
   * @throws InvalidInputException likewise
   */
  static Read next(String where, ByteBuffer in) {
    new Pickle(where, in).check();
    Pickle pickle = new Pickle(where, in);
    Pickled value = pickle.build();
    in.position(pickle.in.position());
    return new Read(value, pickle.storages);
  }

  /** Refuses what is not allowed, before anything is built. */
  private void check() {
    for (int count = 0; count < MOST_OPCODES; count++) {
      int at = in.position();
      if (!in.hasRemaining()) {
        throw error("ends at byte " + at + " without STOP; it is cut short");
      }
      byte code = in.get();
      PickleOp op = PickleOp.of(code);
      if (op == null) {
        throw error(
            String.format("opcode 0x%02x at byte %d, which no state dict needs", code & 0xff, at));
      }
      ByteBuffer argument = op.argument(in);
      if (argument == null) {
        throw error(op + " at byte " + at + " reaches beyond the end at byte " + in.limit());
      }
      switch (op) {
        case GLOBAL -> global(argument);
        case PROTO -> require(PickleOp.whole(argument) <= NEWEST_PROTOCOL, op, at);
        case FRAME -> {
          long length = PickleOp.whole(argument);
          require(length >= 0 && length <= in.remaining(), op, at);
        }
        case BINPUT, LONG_BINPUT -> require(PickleOp.whole(argument) < in.limit(), op, at);
        case STOP -> {
          return;
        }
        default -> {}
      }
    }
    throw error("more than " + MOST_OPCODES + " opcodes");
  }

  private void require(boolean holds, PickleOp op, int at) {
    if (!holds) {
      throw error(op + " at byte " + at + " says what cannot be");
    }
  }

  private Pickled build() {
    while (true) {
      int at = in.position();
      PickleOp op = PickleOp.of(in.get());
      ByteBuffer argument = op == null ? null : op.argument(in);
      if (op == null || argument == null) {
        throw new IllegalStateException("opcode at byte " + at + " was not checked");
      }
      if (op == PickleOp.STOP) {
        return pop(Pickled.class);
      }
      step(op, argument);
    }
  }

  private void step(PickleOp op, ByteBuffer argument) {
    switch (op) {
      case PROTO, FRAME, STOP -> {}
      case MARK -> marks.push(stack.size());
      case POP -> popAny();
      case POP_MARK -> popToMark();
      case NONE, BINFLOAT, BINBYTES, SHORT_BINBYTES, BINBYTES8 -> stack.add(Pickled.Other.VALUE);
      case NEWTRUE -> stack.add(new Pickled.Whole(1));
      case NEWFALSE -> stack.add(new Pickled.Whole(0));
      case EMPTY_LIST -> stack.add(new Pickled.Sequence());
      case BININT -> stack.add(new Pickled.Whole(argument.getInt(0)));
      case BININT1, BININT2 -> stack.add(new Pickled.Whole(PickleOp.whole(argument)));
      case LONG1, LONG4 -> stack.add(wide(argument));
      case BINUNICODE, SHORT_BINUNICODE, BINUNICODE8 -> stack.add(new Pickled.Text(text(argument)));
      case APPEND -> appended(List.of(pop(Pickled.class)));
      case APPENDS -> appended(popToMark());
      case EMPTY_TUPLE -> stack.add(new Pickled.Tuple(List.of()));
      case TUPLE -> stack.add(new Pickled.Tuple(popToMark()));
      case TUPLE1 -> stack.add(new Pickled.Tuple(pop(1)));
      case TUPLE2 -> stack.add(new Pickled.Tuple(pop(2)));
      case TUPLE3 -> stack.add(new Pickled.Tuple(pop(3)));
      case EMPTY_DICT -> stack.add(new Pickled.Dict());
      case SETITEM -> set(pop(2));
      case SETITEMS -> set(popToMark());
      case BINGET, LONG_BINGET -> stack.add(remembered((int) PickleOp.whole(argument)));
      case BINPUT, LONG_BINPUT -> memo.put((int) PickleOp.whole(argument), top());
      case MEMOIZE -> memo.put(memo.size(), top());
      case GLOBAL -> stack.add(global(argument));
      case STACK_GLOBAL -> {
        List<Pickled> name = pop(2);
        stack.add(global(text(name.get(0)), text(name.get(1))));
      }
      case REDUCE -> {
        Pickled.Tuple arguments = pop(Pickled.Tuple.class);
        stack.add(call(pop(Pickled.Global.class), arguments.items()));
      }
      case BUILD -> {
        // PyTorch hangs versions of modules on the dictionary; nothing here reads them.
        pop(Pickled.class);
        expect(Pickled.Dict.class, top());
      }
      case BINPERSID -> stack.add(storage(pop(Pickled.Tuple.class).items()));
    }
  }

  private Pickled call(Pickled.Global callee, List<Pickled> arguments) {
    return switch (callee.role()) {
      case DICT -> {
        requireArguments(callee, arguments.isEmpty());
        yield new Pickled.Dict();
      }
      case TENSOR -> {
        requireArguments(callee, arguments.size() >= 4);
        yield new Pickled.View(
            expect(Pickled.Storage.class, arguments.get(0)),
            expect(Pickled.Whole.class, arguments.get(1)).value(),
            expect(Pickled.Tuple.class, arguments.get(2)),
            expect(Pickled.Tuple.class, arguments.get(3)));
      }
      case PARAMETER -> {
        requireArguments(callee, !arguments.isEmpty());
        yield expect(Pickled.View.class, arguments.get(0));
      }
      case IGNORED -> Pickled.Other.VALUE;
      case STORAGE -> throw error("calls '" + callee.name() + "', which no state dict does");
    };
  }

  private void requireArguments(Pickled.Global callee, boolean fit) {
    if (!fit) {
      throw error("calls '" + callee.name() + "' with other arguments than PyTorch gives it");
    }
  }

  /** From ("storage", its type, key, device, elements), as {@code torch.save} writes it. */
  private Pickled.Storage storage(List<Pickled> id) {
    if (id.size() < 5 || !text(id.get(0)).equals("storage")) {
      throw error("a persistent id that is no storage");
    }
    Pickled.Global type = expect(Pickled.Global.class, id.get(1));
    StoredType stored = type.type();
    if (stored == null) {
      throw error("a storage of type '" + type.name() + "'");
    }
    if (id.size() > 5 && id.get(5) != Pickled.Other.VALUE) {
      throw error("a storage that is a part of another, as PyTorch wrote before version 0.4");
    }
    Pickled.Storage storage =
        new Pickled.Storage(
            stored, text(id.get(2)), expect(Pickled.Whole.class, id.get(4)).value());
    storages.add(storage);
    return storage;
  }

  private void set(List<Pickled> keysAndValues) {
    Pickled target = top();
    if (target == Pickled.Other.VALUE) {
      return;
    }
    Pickled.Dict dict = expect(Pickled.Dict.class, target);
    if (keysAndValues.size() % 2 != 0) {
      throw error("a key without a value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      dict.put(keysAndValues.get(i), keysAndValues.get(i + 1));
    }
  }

  private void appended(List<Pickled> items) {
    if (top() instanceof Pickled.Sequence list) {
      list.add(items);
    } else if (top() != Pickled.Other.VALUE) {
      throw error("appends " + items.size() + " items to what is no list");
    }
  }

  private Pickled.Global global(ByteBuffer twoLines) {
    String[] lines = text(twoLines).split("\n", -1);
    return global(lines[0], lines[1]);
  }

  private Pickled.Global global(String module, String name) {
    String full = module + "." + name;
    Pickled.Global known = PickleGlobals.named(full);
    if (known == null) {
      throw error(
          "names '"
              + Excerpt.of(full)
              + "', which no state dict needs; nothing of it was run; where you trust the file, save"
              + " its weights alone with PyTorch: torch.save(model.state_dict(), ...)");
    }
    return known;
  }

  /** Little-endian in two's complement. */
  private static Pickled wide(ByteBuffer argument) {
    if (argument.remaining() > Long.BYTES) {
      return Pickled.Other.VALUE;
    }
    long value = 0;
    for (int i = argument.remaining() - 1; i >= 0; i--) {
      boolean highest = i == argument.remaining() - 1;
      value = value << 8 | (highest ? argument.get(i) : argument.get(i) & 0xff);
    }
    return new Pickled.Whole(value);
  }

  private String text(Pickled value) {
    return expect(Pickled.Text.class, value).value();
  }

  private String text(ByteBuffer utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(message("a text that is not UTF-8"), e);
    }
  }

  private Pickled remembered(int index) {
    Pickled value = memo.get(index);
    if (value == null) {
      throw error("asks for item " + (index & 0xffff_ffffL) + " of its memo, which was never put");
    }
    return value;
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.peek();
  }

  private Pickled top() {
    if (stack.size() <= floor()) {
      throw error("takes more from its stack than it holds");
    }
    return stack.get(stack.size() - 1);
  }

  private <T extends Pickled> T pop(Class<T> kind) {
    T value = expect(kind, top());
    stack.remove(stack.size() - 1);
    return value;
  }

  private List<Pickled> pop(int count) {
    if (stack.size() - floor() < count) {
      throw error("takes more from its stack than it holds");
    }
    return cut(stack.size() - count);
  }

  private List<Pickled> popToMark() {
    if (marks.isEmpty()) {
      throw error("goes back to a mark that it never set");
    }
    return cut(marks.pop());
  }

  private List<Pickled> cut(int from) {
    List<Pickled> tail = stack.subList(from, stack.size());
    List<Pickled> items = List.copyOf(tail);
    tail.clear();
    return items;
  }

  private void popAny() {
    if (!marks.isEmpty() && marks.peek() == stack.size()) {
      marks.pop();
    } else {
      pop(Pickled.class);
    }
  }

  private <T extends Pickled> T expect(Class<T> kind, Pickled value) {
    if (!kind.isInstance(value)) {
      throw error(
          "a "
              + value.getClass().getSimpleName()
              + " stands where a "
              + kind.getSimpleName()
              + " belongs");
    }
    return kind.cast(value);
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(message(what));
  }

  private String message(String what) {
    return where + ": " + what;
  }
}
