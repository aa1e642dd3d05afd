package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The table of commands; none is loaded before it is asked for. */
final class Commands {
  private static final Map<String, String> ALL = new LinkedHashMap<>();

  static {
    ALL.put("quickstart", "train a residual and a plain network on drawn pictures; no data needed");
    ALL.put("models", "list the networks");
    ALL.put("summary", "show a network layer by layer");
    ALL.put("recipes", "list the training recipes and their settings");
    ALL.put("train", "train a network");
    ALL.put("finetune", "teach a trained network other classes");
    ALL.put("lr-find", "suggest a learning rate");
    ALL.put("preview", "write a contact sheet of augmented pictures");
    ALL.put("lab", "run an experiment on depth, gradients and shortcuts");
    ALL.put("diagnose", "say what a training run suffers from");
    ALL.put("report", "make the report of a run, or lay several runs over each other");
    ALL.put("eval", "evaluate trained weights on a data set");
    ALL.put("predict", "say what pictures show");
    ALL.put("explain", "draw where in a picture the answer comes from");
    ALL.put("inspect", "draw what a layer makes of a picture, or a network's filters");
    ALL.put("similar", "find the pictures that look most like one to a network");
    ALL.put("serve", "answer over HTTP: Open Inference Protocol, pictures, a web page");
    ALL.put("import", "read weights of PyTorch, or an ONNX file, and write them as a model");
    ALL.put("export", "write trained weights as an ONNX file");
    ALL.put("quantize", "make trained weights compute with 8-bit numbers, and say what that costs");
    ALL.put("download", "fetch data sets and trained weights from where they are published");
    ALL.put("bench", "measure the speed of a network on this machine");
    ALL.put("doctor", "say what this machine can do and what is wrong");
    ALL.put("help", "show the options of a command: resnet4j help COMMAND");
  }

  private Commands() {}

  /** Every command with what it does, in the order of the help. */
  static Map<String, String> all() {
    return Collections.unmodifiableMap(ALL);
  }

  /** A new command called {@code name}. */
  static Command make(String name) {
    return switch (name) {
      case "quickstart" -> new QuickstartCommand();
      case "diagnose" -> new DiagnoseCommand();
      case "lab" -> new LabCommand();
      case "report" -> new ReportCommand();
      case "eval" -> new EvalCommand();
      case "download" -> new DownloadCommand();
      case "predict" -> new PredictCommand();
      case "explain" -> new ExplainCommand();
      case "inspect" -> new InspectCommand();
      case "similar" -> new SimilarCommand();
      case "serve" -> new ServeCommand();
      case "export" -> new ExportCommand();
      case "quantize" -> new QuantizeCommand();
      case "doctor" -> new DoctorCommand();
      case "import" -> new ImportCommand();
      case "models" -> new ModelsCommand();
      case "summary" -> new SummaryCommand();
      case "recipes" -> new RecipesCommand();
      case "train" -> new TrainCommand();
      case "finetune" -> new FinetuneCommand();
      case "lr-find" -> new LrFindCommand();
      case "preview" -> new PreviewCommand();
      case "bench" -> new BenchCommand();
      default ->
          throw new InvalidInputException(
              "unknown command '"
                  + name
                  + "'"
                  + Nearest.suggestion(name, ALL.keySet())
                  + " ('resnet4j --help' lists the commands)");
    };
  }

  /** What {@code --help} without a command shows. */
  static String help() {
    StringBuilder text = new StringBuilder();
    text.append("Usage: resnet4j [OPTIONS] COMMAND ...\n");
    text.append("Residual networks on the JVM.\n\nCommands:\n");
    ALL.forEach(
        (name, what) ->
            text.append("  ")
                .append(name)
                .append(" ".repeat(12 - name.length()))
                .append(what)
                .append('\n'));
    text.append(
        """

        Options of every command:
          -h, --help    show the options of a command
          --version     show the version
          -v            say more
          -q            say less: results, warnings and errors only
          --debug       show where in the program an error came from

        Results go to standard output, progress to standard error. Exit status: 0 done, 1 failed
        while running, 2 wrong usage or input, 130 stopped by Ctrl-C.""");
    return text.toString();
  }
}
