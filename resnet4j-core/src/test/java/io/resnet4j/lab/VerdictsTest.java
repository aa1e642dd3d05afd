package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What findings make of numbers that are made up. */
class VerdictsTest {
  private static Row row(Object... namesAndValues) {
    JsonNode tree = Json.MAPPER.valueToTree(Rows.row(namesAndValues));
    return Row.of(tree);
  }

  private static Findings findings(String name, List<Row> rows, String... changes) {
    return Experiments.named(name).findings(SmallRuns.settings(name, changes), rows);
  }

  private static Claim claim(Findings findings, String part) {
    return findings.claims().stream()
        .filter(claim -> claim.claim().contains(part))
        .findFirst()
        .orElseThrow(() -> new AssertionError(part + ": " + findings.claims()));
  }

  private static void is(Verdict verdict, Claim claim) {
    assertEquals(verdict, claim.verdict(), claim.claim() + ": " + claim.measured());
  }

  @Test
  void noDifferenceIsNoEvidence() {
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", 0, 0));
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", Double.NaN, 0));
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", Double.POSITIVE_INFINITY, 0));
    is(Verdict.AGREES, Claim.between("", "", "", 1, 0));
    is(Verdict.DIFFERS, Claim.between("", "", "", -1, 0.5));
  }
}
