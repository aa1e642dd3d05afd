package io.resnet4j.infer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a network's answers say about it, class by class and mistake by mistake.
 *
 * @param evaluation shares and loss over all pictures
 * @param top1 the interval of {@code evaluation.top1}
 * @param classes each class's numbers, in the order of the logits
 * @param macroF1 mean F1 of the classes that have pictures
 * @param confusion pictures by true class and by the class that was named
 */
public record Assessment(
    Evaluation evaluation,
    Interval top1,
    List<ClassScore> classes,
    double macroF1,
    List<List<Integer>> confusion) {
  /** Copies the lists. */
  public Assessment {
    classes = List.copyOf(classes);
    confusion = confusion.stream().map(List::copyOf).toList();
  }

  /**
   * A class.
   *
   * @param name of it
   * @param pictures of it
   * @param named how often it was named
   * @param precision share of those named that were right; 0 if it was never named
   * @param recall share of its pictures that were named so; 0 without pictures
   * @param f1 harmonic mean of the two; 0 where both are
   * @param recallInterval of the recall
   */
  public record ClassScore(
      String name,
      int pictures,
      int named,
      double precision,
      double recall,
      double f1,
      Interval recallInterval) {}

  /**
   * A class taken for another.
   *
   * @param truth index of the true class
   * @param named index of the class that was named
   * @param count how often
   */
  public record Confusion(int truth, int named, int count) {}

  /**
   * A picture classified wrongly.
   *
   * @param index in the data set
   * @param truth index of its class
   * @param named index of the class that was named
   * @param confidence the probability of that class
   * @param loss -log of the probability of its class
   */
  public record Mistake(int index, int truth, int named, double confidence, double loss) {}

  /** Counts. */
  public static Assessment of(Answers answers, List<String> names) {
    int k = answers.classes();
    int[][] confusion = new int[k][k];
    int first = 0;
    int firstFive = 0;
    double loss = 0;
    for (int i = 0; i < answers.size(); i++) {
      confusion[answers.label(i)][answers.predicted(i)]++;
      int rank = answers.rank(i);
      first += rank < 1 ? 1 : 0;
      firstFive += rank < 5 ? 1 : 0;
      loss += answers.loss(i);
    }
    double n = answers.size();
    List<ClassScore> classes = new ArrayList<>();
    for (int c = 0; c < k; c++) {
      int at = c;
      int pictures = IntStream.of(confusion[c]).sum();
      int named = IntStream.range(0, k).map(t -> confusion[t][at]).sum();
      int right = confusion[c][c];
      double precision = named == 0 ? 0 : (double) right / named;
      double recall = pictures == 0 ? 0 : (double) right / pictures;
      double f1 = right == 0 ? 0 : 2.0 * right / (pictures + named);
      classes.add(
          new ClassScore(
              names.get(c),
              pictures,
              named,
              precision,
              recall,
              f1,
              Interval.wilson(right, pictures)));
    }
    double macro =
        classes.stream()
            .filter(c -> c.pictures() > 0)
            .mapToDouble(ClassScore::f1)
            .average()
            .orElse(0);
    return new Assessment(
        new Evaluation(answers.size(), first / n, firstFive / n, loss / n),
        Interval.wilson(first, answers.size()),
        classes,
        macro,
        IntStream.range(0, k).mapToObj(t -> IntStream.of(confusion[t]).boxed().toList()).toList());
  }

  /** Share of the pictures whose class is among the {@code k} largest logits. */
  public static double top(Answers answers, int k) {
    return (double) IntStream.range(0, answers.size()).filter(i -> answers.rank(i) < k).count()
        / answers.size();
  }

  /** The pairs that are taken for each other most often, at most {@code most}. */
  public List<Confusion> mostConfused(int most) {
    List<Confusion> pairs = new ArrayList<>();
    for (int t = 0; t < confusion.size(); t++) {
      for (int p = 0; p < confusion.size(); p++) {
        int count = confusion.get(t).get(p);
        if (t != p && count > 0) {
          pairs.add(new Confusion(t, p, count));
        }
      }
    }
    pairs.sort(Comparator.comparingInt(Confusion::count).reversed());
    return List.copyOf(pairs.subList(0, Math.min(most, pairs.size())));
  }

  /** The mistakes of the highest loss, the highest first, at most {@code most}. */
  public static List<Mistake> mistakes(Answers answers, int most) {
    List<Mistake> all = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      int named = answers.predicted(i);
      if (named != answers.label(i)) {
        double confidence = answers.probabilities(i, 1)[named];
        all.add(new Mistake(i, answers.label(i), named, confidence, answers.loss(i)));
      }
    }
    all.sort(Comparator.comparingDouble(Mistake::loss).reversed());
    return List.copyOf(all.subList(0, Math.min(most, all.size())));
  }
}
