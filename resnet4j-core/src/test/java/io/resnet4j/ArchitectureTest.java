package io.resnet4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the package rules of ARCHITECTURE.md: who may know whom, and what nobody may call. */
class ArchitectureTest {
  private static final String ROOT = "io.resnet4j";

  /** Package below {@link #ROOT} to the packages it may use; each may use all that those may. */
  private static final Map<String, Set<String>> MAY_USE = new TreeMap<>();

  static {
    allow("", "");
    allow("random", "");
    allow("tensor", "");
    allow("graph", "tensor");
    allow("autodiff", "graph");
    allow("plan", "autodiff");
    allow("backend", "plan", "random");
    allow("backend.reference", "backend");
    allow("backend.onednn", "backend");
    allow("nn", "graph", "random");
    allow("interop.onnx", "");
    allow("interop.events", "");
    allow("interop", "graph", "interop.onnx", "interop.events");
    allow("model", "nn", "interop");
    allow("data", "tensor", "random");
    allow("fetch", "data", "model");
    allow("data.augment", "data");
    allow("infer", "data", "model", "backend");
    allow("quantise", "infer");
    allow("train", "infer", "data.augment");
    allow("lab", "train");
  }

  private static final JavaClasses LIBRARY =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Uses come before their users in the table, so a cycle cannot be written into it. */
  private static void allow(String name, String... uses) {
    Set<String> all = new TreeSet<>(List.of("", name));
    for (String use : uses) {
      all.add(use);
      all.addAll(MAY_USE.getOrDefault(use, Set.of()));
    }
    MAY_USE.put(name, all);
  }

  private static String full(String name) {
    return name.isEmpty() ? ROOT : ROOT + "." + name;
  }

  static Stream<String> packages() {
    return MAY_USE.keySet().stream();
  }

  @ParameterizedTest(name = "[{0}]")
  @MethodSource("packages")
  void aPackageUsesOnlyWhatLiesBelowIt(String name) {
    packageRule(name).check(LIBRARY);
  }

  private static ArchRule packageRule(String name) {
    Set<String> allowed = new TreeSet<>();
    MAY_USE.get(name).forEach(use -> allowed.add(full(use)));
    return noClasses()
        .that()
        .resideInAPackage(full(name))
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(not(resideInAPackageOf(allowed)))
                .as("reside elsewhere than in %s", allowed))
        .allowEmptyShould(true);
  }

  private static DescribedPredicate<JavaClass> resideInAPackageOf(Set<String> names) {
    return describe("reside in " + names, type -> names.contains(type.getPackageName()));
  }

  @Test
  void everyPackageStandsInTheTable() {
    Set<String> unknown = new TreeSet<>();
    for (JavaClass type : LIBRARY) {
      unknown.add(type.getPackageName());
    }
    packages().forEach(name -> unknown.remove(full(name)));
    assertEquals(Set.of(), unknown, "add the package to MAY_USE and to ARCHITECTURE.md");
  }

  @Test
  void packagesFormNoCycles() {
    SlicesRuleDefinition.slices()
        .matching(ROOT + ".(**)")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(LIBRARY);
  }

  @Test
  void onlyTheOneDnnBackendKnowsNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackage(full("backend.onednn"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .because("all native calls live in one package")
        .check(LIBRARY);
  }

  @Test
  void nobodyCallsWhatIsBanned() {
    for (ArchRule ban : BANS) {
      ban.check(LIBRARY);
    }
  }

  @Test
  void everyBanBites() {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);
    for (ArchRule ban : BANS) {
      assertTrue(ban.evaluate(offender).hasViolation(), ban.getDescription());
    }
  }

  private static final String KEYED =
      "every draw comes from a KeyedRandom that was passed in, whatever the order or thread";
  private static final String SILENT = "the library prints nothing and leaves the process alone";

  private static final List<ArchRule> BANS =
      List.of(
          noClasses().should().callConstructor(Random.class).because(KEYED),
          noClasses().should().callConstructor(Random.class, long.class).because(KEYED),
          noClasses().should().callConstructor(SplittableRandom.class).because(KEYED),
          noClasses().should().callMethod(ThreadLocalRandom.class, "current").because(KEYED),
          noClasses().should().callMethod(Math.class, "random").because(KEYED),
          noClasses().should().callMethod(Collections.class, "shuffle", List.class).because(KEYED),
          noClasses().should().accessField(System.class, "out").because(SILENT),
          noClasses().should().accessField(System.class, "err").because(SILENT),
          noClasses()
              .should()
              .callMethodWhere(
                  target(name("printStackTrace")).and(target(owner(assignableTo(Throwable.class)))))
              .because(SILENT),
          noClasses().should().callMethod(System.class, "exit", int.class).because(SILENT),
          noClasses().should().callMethod(Runtime.class, "halt", int.class).because(SILENT));

  /** Does everything that is banned; never run. */
  private static final class Offender {
    static void offend(Exception e) {
      List<Object> list =
          new ArrayList<>(
              Arrays.asList(new Random(), new Random(1), new SplittableRandom(), Math.random()));
      list.add(ThreadLocalRandom.current());
      Collections.shuffle(list);
      System.out.println(list);
      System.err.println(list);
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
      System.exit(1);
    }
  }
}
