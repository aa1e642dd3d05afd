package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.tensor.DType;

/** Sends each operation to the class that lowers its family. */
final class NodeLowering implements Op.Visitor<Void> {
  private final Lowering lowering;
  private final Convolutions convolutions;
  private final Quantised quantised;
  private final ConvolutionGradients convolutionGradients;
  private final PadShortcuts padShortcuts;
  private final Normalisations normalisations;
  private final GroupNormalisations groupNorms;
  private final Pointwise pointwise;
  private final Broadcasts broadcasts;
  private final Sums sums;
  private final Masks masks;
  private final Channels channels;
  private final Reflections reflections;
  private final Pools pools;
  private final Linears linears;
  private final Losses losses;

  NodeLowering(Lowering lowering) {
    this.lowering = lowering;
    this.convolutions = new Convolutions(lowering);
    this.quantised = new Quantised(lowering);
    this.convolutionGradients = new ConvolutionGradients(lowering);
    this.padShortcuts = new PadShortcuts(lowering, convolutions, convolutionGradients);
    this.normalisations = new Normalisations(lowering);
    this.pointwise = new Pointwise(lowering);
    this.groupNorms = new GroupNormalisations(lowering, pointwise);
    this.broadcasts = new Broadcasts(lowering, pointwise);
    this.sums = new Sums(lowering);
    this.masks = new Masks(lowering, pointwise, broadcasts);
    this.channels = new Channels(lowering);
    this.reflections = new Reflections(lowering);
    this.pools = new Pools(lowering);
    this.linears = new Linears(lowering);
    this.losses = new Losses(lowering);
  }

  @Override
  public Void visit(Op.Input op, Node node) {
    lowering.input(node.path(), node.output());
    return null;
  }

  @Override
  public Void visit(Op.Parameter op, Node node) {
    return null;
  }

  @Override
  public Void visit(Op.Buffer op, Node node) {
    return null;
  }

  @Override
  public Void visit(Op.Conv2d op, Node node) {
    convolutions.forward(op, node);
    return null;
  }

  @Override
  public Void visit(Op.FusedConv2d op, Node node) {
    convolutions.fused(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Quantise op, Node node) {
    quantised.quantise(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Dequantise op, Node node) {
    quantised.dequantise(op, node);
    return null;
  }

  @Override
  public Void visit(Op.QuantisedConv2d op, Node node) {
    quantised.convolution(op, node);
    return null;
  }

  @Override
  public Void visit(Op.QuantisedLinear op, Node node) {
    quantised.linear(op, node);
    return null;
  }

  @Override
  public Void visit(Op.BatchNorm op, Node node) {
    normalisations.forward(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Activate op, Node node) {
    pointwise.activate(op.activation(), node);
    return null;
  }

  @Override
  public Void visit(Op.Add op, Node node) {
    pointwise.add(op.activation(), node);
    return null;
  }

  @Override
  public Void visit(Op.Couple op, Node node) {
    throw new IllegalStateException(node.path() + ": a plan has no couplings, only sums");
  }

  @Override
  public Void visit(Op.Shift op, Node node) {
    broadcasts.shift(node);
    return null;
  }

  @Override
  public Void visit(Op.Multiply op, Node node) {
    broadcasts.multiply(node);
    return null;
  }

  @Override
  public Void visit(Op.SumTo op, Node node) {
    sums.sumTo(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Affine op, Node node) {
    broadcasts.affine(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Concat op, Node node) {
    channels.concat(node);
    return null;
  }

  @Override
  public Void visit(Op.Slice op, Node node) {
    channels.slice(op, node);
    return null;
  }

  @Override
  public Void visit(Op.ReflectPad op, Node node) {
    reflections.forward(op.pad(), node);
    return null;
  }

  @Override
  public Void visit(Op.ReflectPadGradient op, Node node) {
    reflections.gradient(op.pad().pad(), node);
    return null;
  }

  @Override
  public Void visit(Op.GroupNorm op, Node node) {
    groupNorms.forward(op, node);
    return null;
  }

  @Override
  public Void visit(Op.GroupNormGradient op, Node node) {
    groupNorms.gradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.DropBlock op, Node node) {
    masks.dropBlock(op, node);
    return null;
  }

  @Override
  public Void visit(Op.PadShortcut op, Node node) {
    padShortcuts.forward(op, node);
    return null;
  }

  @Override
  public Void visit(Op.MaxPool op, Node node) {
    pools.max(op, node);
    return null;
  }

  @Override
  public Void visit(Op.AveragePool op, Node node) {
    pools.average(op.window(), op.countPadding(), node);
    return null;
  }

  @Override
  public Void visit(Op.GlobalAveragePool op, Node node) {
    pools.average(Pools.whole(node.input(0).shape()), false, node);
    return null;
  }

  @Override
  public Void visit(Op.Reshape op, Node node) {
    DType type = lowering.plan.type(node.output());
    Layout rows = lowering.plain(node.input(0).shape(), type);
    Lowering.Placed from = lowering.bring(node.input(0), rows);
    from.region().share();
    lowering.place(node.output(), lowering.plain(op.shape(), type), from.region());
    return null;
  }

  @Override
  public Void visit(Op.Linear op, Node node) {
    linears.forward(node);
    return null;
  }

  @Override
  public Void visit(Op.Dropout op, Node node) {
    masks.dropout(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Loss op, Node node) {
    losses.forward(op.criterion(), node);
    return null;
  }

  @Override
  public Void visit(Op.Conv2dInputGradient op, Node node) {
    convolutionGradients.inputGradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Conv2dWeightGradient op, Node node) {
    convolutionGradients.weightGradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.BatchNormGradient op, Node node) {
    normalisations.gradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.ActivateGradient op, Node node) {
    pointwise.activateGradient(op.activation(), node);
    return null;
  }

  @Override
  public Void visit(Op.PadShortcutGradient op, Node node) {
    padShortcuts.gradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.MaxPoolGradient op, Node node) {
    pools.maxGradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.AveragePoolGradient op, Node node) {
    pools.averageGradient(op.pool().window(), op.pool().countPadding(), node);
    return null;
  }

  @Override
  public Void visit(Op.GlobalAveragePoolGradient op, Node node) {
    pools.averageGradient(Pools.whole(op.input()), false, node);
    return null;
  }

  @Override
  public Void visit(Op.LinearInputGradient op, Node node) {
    linears.inputGradient(node);
    return null;
  }

  @Override
  public Void visit(Op.LinearWeightGradient op, Node node) {
    linears.weightGradient(op, node);
    return null;
  }

  @Override
  public Void visit(Op.DropoutGradient op, Node node) {
    masks.gradient(node);
    return null;
  }

  @Override
  public Void visit(Op.LossGradient op, Node node) {
    losses.gradient(node);
    return null;
  }
}
