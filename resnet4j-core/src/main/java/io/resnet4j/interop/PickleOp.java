package io.resnet4j.interop;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The opcodes of Python's pickle (protocols 2 to 5; CPython, {@code Lib/pickletools.py}) that a
 * state dict is written with. Any other is refused: those that make objects of a class (NEWOBJ,
 * INST, OBJ), extension codes, and the texts of protocols 0 and 1.
 */
enum PickleOp {
  PROTO(0x80, Argument.FIXED, 1),
  FRAME(0x95, Argument.FIXED, 8),
  STOP('.', Argument.FIXED, 0),
  MARK('(', Argument.FIXED, 0),
  POP('0', Argument.FIXED, 0),
  POP_MARK('1', Argument.FIXED, 0),
  NONE('N', Argument.FIXED, 0),
  NEWTRUE(0x88, Argument.FIXED, 0),
  NEWFALSE(0x89, Argument.FIXED, 0),
  BININT('J', Argument.FIXED, 4),
  BININT1('K', Argument.FIXED, 1),
  BININT2('M', Argument.FIXED, 2),
  LONG1(0x8a, Argument.COUNTED, 1),
  LONG4(0x8b, Argument.COUNTED, 4),
  BINFLOAT('G', Argument.FIXED, 8),
  BINUNICODE('X', Argument.COUNTED, 4),
  SHORT_BINUNICODE(0x8c, Argument.COUNTED, 1),
  BINUNICODE8(0x8d, Argument.COUNTED, 8),
  BINBYTES('B', Argument.COUNTED, 4),
  SHORT_BINBYTES('C', Argument.COUNTED, 1),
  BINBYTES8(0x8e, Argument.COUNTED, 8),
  EMPTY_LIST(']', Argument.FIXED, 0),
  APPEND('a', Argument.FIXED, 0),
  APPENDS('e', Argument.FIXED, 0),
  EMPTY_TUPLE(')', Argument.FIXED, 0),
  TUPLE('t', Argument.FIXED, 0),
  TUPLE1(0x85, Argument.FIXED, 0),
  TUPLE2(0x86, Argument.FIXED, 0),
  TUPLE3(0x87, Argument.FIXED, 0),
  EMPTY_DICT('}', Argument.FIXED, 0),
  SETITEM('s', Argument.FIXED, 0),
  SETITEMS('u', Argument.FIXED, 0),
  BINGET('h', Argument.FIXED, 1),
  LONG_BINGET('j', Argument.FIXED, 4),
  BINPUT('q', Argument.FIXED, 1),
  LONG_BINPUT('r', Argument.FIXED, 4),
  MEMOIZE(0x94, Argument.FIXED, 0),
  GLOBAL('c', Argument.TWO_LINES, 0),
  STACK_GLOBAL(0x93, Argument.FIXED, 0),
  REDUCE('R', Argument.FIXED, 0),
  BUILD('b', Argument.FIXED, 0),
  BINPERSID('Q', Argument.FIXED, 0);

  /** What follows an opcode. */
  private enum Argument {
    /** So many bytes. */
    FIXED,
    /** A little-endian number of so many bytes, and as many bytes as it says. */
    COUNTED,
    /** Two texts, each ended by a line feed. */
    TWO_LINES
  }

  private static final PickleOp[] BY_CODE = new PickleOp[256];

  static {
    for (PickleOp op : values()) {
      BY_CODE[op.code] = op;
    }
  }

  private final int code;
  private final Argument argument;
  private final int bytes;

  PickleOp(int code, Argument argument, int bytes) {
    this.code = code;
    this.argument = argument;
    this.bytes = bytes;
  }

  /** The opcode of this byte; null where it is not allowed. */
  static @Nullable PickleOp of(byte code) {
    return BY_CODE[code & 0xff];
  }

  /**
   * Takes this opcode's argument off {@code in}, which stands behind the opcode: without the number
   * that counts it, a view and no copy. Null where it would pass the end.
   */
  @Nullable ByteBuffer argument(ByteBuffer in) {
    long length = bytes;
    switch (argument) {
      case FIXED -> {}
      case COUNTED -> {
        if (in.remaining() < bytes) {
          return null;
        }
        length = whole(take(in, bytes));
      }
      case TWO_LINES -> length = twoLines(in);
    }
    return length < 0 || length > in.remaining() ? null : take(in, (int) length);
  }

  private static ByteBuffer take(ByteBuffer in, int length) {
    ByteBuffer taken = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return taken;
  }

  /** An unsigned number of 1, 2 or 4 bytes, or one of 8, which is negative from 2^63 on. */
  static long whole(ByteBuffer argument) {
    return switch (argument.remaining()) {
      case 1 -> argument.get(0) & 0xff;
      case 2 -> argument.getShort(0) & 0xffff;
      case 4 -> argument.getInt(0) & 0xffff_ffffL;
      default -> argument.getLong(0);
    };
  }

  /** Length of two lines from the position of {@code in} on; -1 where they do not end. */
  private static int twoLines(ByteBuffer in) {
    int lines = 0;
    for (int at = in.position(); at < in.limit(); at++) {
      if (in.get(at) == '\n' && ++lines == 2) {
        return at + 1 - in.position();
      }
    }
    return -1;
  }
}
