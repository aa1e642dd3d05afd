package io.resnet4j.model;

/** What a load may leave undone, where the caller says so; without it the load fails. */
public enum Tolerance {
  /** The head stays fresh where any part of it is missing or of another shape. */
  NEW_HEAD("--new-head"),
  /** What the weights lack stays fresh. */
  MISSING("--ignore-missing"),
  /** What the network lacks is left out. */
  UNEXPECTED("--ignore-unexpected"),
  /** What has another shape stays fresh. */
  MISMATCHED("--ignore-mismatched");

  private final String option;

  Tolerance(String option) {
    this.option = option;
  }

  /** The command line's option, which messages name. */
  public String option() {
    return option;
  }
}
