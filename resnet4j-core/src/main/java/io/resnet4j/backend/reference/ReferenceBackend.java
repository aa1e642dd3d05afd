package io.resnet4j.backend.reference;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.plan.Precision;
import java.util.EnumSet;
import java.util.Set;

/** Plain Java in any precision: slow, exact, needs nothing of the machine. */
public final class ReferenceBackend implements Backend {
  /** The name it is chosen by. */
  public static final String NAME = "reference";

  /** The backend. */
  public ReferenceBackend() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.allOf(Precision.class);
  }

  @Override
  public Session open(Choices choices) {
    return new ReferenceSession();
  }
}
