package io.resnet4j.train;

/**
 * What {@link Schedule.OnPlateau} has seen; part of a run's progress.
 *
 * @param best accuracy so far
 * @param waited epochs since it rose
 * @param met plateaus so far
 */
record Plateau(double best, int waited, int met) {
  static final Plateau NONE = new Plateau(-1, 0, 0);
}
