package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;

/** A visitor of the operations that a network for inference is made of; refuses the others. */
abstract class InferenceOps<R> implements Op.Visitor<R> {
  private static <R> R refuse(Op op, Node node) {
    throw new InvalidInputException(
        node.path()
            + ": "
            + op.getClass().getSimpleName()
            + " belongs to training or to a plan; give the graph of a network for inference");
  }

  @Override
  public R visit(Op.Loss op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.Conv2dInputGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.Conv2dWeightGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.BatchNormGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.SumTo op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.GroupNormGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.ReflectPadGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.ActivateGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.PadShortcutGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.MaxPoolGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.AveragePoolGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.GlobalAveragePoolGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.LinearInputGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.LinearWeightGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.DropoutGradient op, Node node) {
    return refuse(op, node);
  }

  @Override
  public R visit(Op.LossGradient op, Node node) {
    return refuse(op, node);
  }
}
