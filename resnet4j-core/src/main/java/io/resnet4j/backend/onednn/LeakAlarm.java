package io.resnet4j.backend.onednn;

import java.lang.StackWalker.StackFrame;
import java.lang.ref.Cleaner;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Frees what the garbage collector finds unreachable and still open, and warns of it with the place
 * where it was opened: memory outside the heap presses on no collector, so that it may come late or
 * never. The place is known by the frames nearest to the library, a few microseconds at an opening
 * that takes milliseconds.
 */
final class LeakAlarm implements Runnable {
  private static final System.Logger LOG = System.getLogger(LeakAlarm.class.getName());
  private static final Cleaner CLEANER = Cleaner.create();
  private static final int FRAMES = 4;

  private final String openedAt = whereOpened();
  private final Runnable free;
  private boolean asked;

  private LeakAlarm(Runnable free) {
    this.free = free;
  }

  /**
   * Sets the alarm.
   *
   * @param owner that must be closed
   * @param free frees what it owns, from a thread of its own or the owner's; must not know the
   *     owner
   */
  static Handle set(Object owner, Runnable free) {
    LeakAlarm alarm = new LeakAlarm(free);
    return new Handle(alarm, CLEANER.register(owner, alarm));
  }

  /** The owner's end of it. */
  record Handle(LeakAlarm alarm, Cleaner.Cleanable cleanable) {
    /** Frees without a warning; a second call does nothing. */
    void free() {
      alarm.asked = true;
      cleanable.clean();
    }
  }

  @Override
  public void run() {
    if (!asked) {
      LOG.log(
          System.Logger.Level.WARNING,
          "never closed, and freed only because the garbage collector came by: "
              + openedAt
              + "; close it, best by try-with-resources");
    }
    free.run();
  }

  /** Such as {@code Predictor.open at com.shop.Search.start(Search.java:31)}, with its callers. */
  private static String whereOpened() {
    List<StackFrame> frames =
        StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
            .walk(all -> all.filter(frame -> !ofJava(frame)).toList());
    int outside = 0;
    while (outside < frames.size() && ofLibrary(frames.get(outside))) {
      outside++;
    }
    // In a jar with everything in it, nothing is outside: then its own frames tell more.
    boolean told = outside > 0 && outside < frames.size();
    String opened = told ? called(frames.get(outside - 1)) + " at " : "opened at ";
    return frames.stream()
        .skip(told ? outside : 0)
        .filter(frame -> !frame.getDeclaringClass().equals(LeakAlarm.class))
        .limit(told ? FRAMES : 2L * FRAMES)
        .map(frame -> frame.toStackTraceElement().toString())
        .collect(Collectors.joining(", from ", opened, ""));
  }

  private static String called(StackFrame frame) {
    return frame.getDeclaringClass().getSimpleName() + "." + frame.getMethodName();
  }

  private static boolean ofJava(StackFrame frame) {
    return frame.getClassName().startsWith("java.") || frame.getClassName().startsWith("jdk.");
  }

  private static boolean ofLibrary(StackFrame frame) {
    return origin(frame.getDeclaringClass()).equals(origin(LeakAlarm.class));
  }

  private static Optional<String> origin(Class<?> type) {
    return Optional.ofNullable(type.getProtectionDomain().getCodeSource())
        .map(CodeSource::getLocation)
        .map(Object::toString);
  }
}
