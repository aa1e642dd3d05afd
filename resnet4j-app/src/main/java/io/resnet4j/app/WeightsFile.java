package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.ShippedWeights;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option that names weights: a file, or {@code resnet4j:NAME} for shipped ones. */
final class WeightsFile implements ITypeConverter<Path> {
  @Override
  public Path convert(String value) {
    try {
      return ShippedWeights.resolve(value);
    } catch (InvalidInputException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
