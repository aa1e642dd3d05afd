package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Fills batches: decodes, augments and normalises one picture after the other. One per thread. */
final class BatchMaker {
  private final Dataset data;
  private final Loader.Options options;
  private final PictureSize pictureSize;
  private final Normaliser normaliser;
  private byte[] picture;
  private byte[] spare;

  BatchMaker(Dataset data, Loader.Options options) {
    this.data = data;
    this.options = options;
    pictureSize = data.pictureSize();
    normaliser = new Normaliser(options.normalisation(), pictureSize);
    picture = new byte[pictureSize.samples()];
    spare = new byte[pictureSize.samples()];
  }

  /**
   * Fills {@code batch} with batch {@code index} of {@code epoch}, whose pictures come in {@code
   * order}; stops half-way where {@code wanted} turns false.
   */
  void fill(Batch batch, int epoch, int index, int[] order, BooleanSupplier wanted) {
    batch.begin(epoch, index);
    KeyedRandom epochDraws = KeyedRandom.of(options.seed(), "data/augment").child(epoch);
    KeyedRandom sampleDraws = KeyedRandom.of(options.seed(), "data/augment/sample");
    List<Augmentation> augmentations = options.augmentations();
    int first = index * options.batch();
    int end = Math.min(first + options.batch(), data.size());
    for (int i = first; i < end && wanted.getAsBoolean(); i++) {
      int sample = order[i];
      int copy = (i - first) / options.different();
      long copied = sample + (long) copy * data.size();
      KeyedRandom draws = epochDraws.child(copied);
      int a = 0;
      if (!augmentations.isEmpty() && augmentations.get(0) instanceof Framing framing) {
        framing.frame(data.whole(sample), picture, pictureSize, draws.child(a++));
      } else {
        data.picture(sample, picture);
      }
      for (; a < augmentations.size(); a++) {
        if (augmentations.get(a) instanceof Alternating alternating) {
          KeyedRandom ofSample = sampleDraws.child(copied).child(a);
          alternating.apply(picture, spare, pictureSize, ofSample, epoch);
        } else {
          augmentations.get(a).apply(picture, spare, pictureSize, draws.child(a));
        }
        byte[] swap = picture;
        picture = spare;
        spare = swap;
      }
      batch.add(sample, data.label(sample), picture, normaliser);
    }
    KeyedRandom mixDraws = KeyedRandom.of(options.seed(), "data/mix").child(epoch).child(index);
    batch.mix(options.mixing(), pictureSize, mixDraws);
  }
}
