package io.resnet4j.train;

import io.resnet4j.backend.Session;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import java.nio.file.Path;

/**
 * Reads a run between its steps, on the thread that called {@link Trainer#fit}; what it takes is
 * taken from training. It may prepare plans and keep state of its own in namespaces of its own, and
 * must leave the network's as it is: a run gives the same bits with and without it.
 */
public interface StepProbe {
  /**
   * What there is to read.
   *
   * @param session that trains; the network is its namespace {@code model}
   * @param spec of the network
   * @param precision that it is trained in
   * @param training the pictures that it is trained on
   * @param normalisation of the pictures
   * @param folder of the run
   * @param seed of the run
   * @param done updates done so far; more than 0 in a resumed run
   * @param events where TensorBoard finds what is added
   */
  record Subject(
      Session session,
      ModelSpec spec,
      Precision precision,
      Dataset training,
      Normalisation normalisation,
      Path folder,
      long seed,
      long done,
      RunEvents events) {}

  /**
   * Makes what plans it needs; called once, before the first step.
   *
   * @throws io.resnet4j.InvalidInputException if the network lacks what it is to read
   */
  void attach(Subject subject);

  /**
   * Gradients of a batch are there, and the weights that gave them.
   *
   * @param done updates before this one
   */
  void beforeUpdate(long done);

  /**
   * The update is done.
   *
   * @param done updates before it
   */
  void afterUpdate(long done);
}
