package io.fluxwire.node;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Prints what has a shell complete the command line. */
@Command(
    name = "completion",
    description = {
      "Print a script with which bash or zsh completes commands, options, values and files.",
      "",
      "The Debian package brings the scripts to where both shells look for them, and the tar.gz has "
          + "them in its folder share. Without a package, put the line of the example into ~/.bashrc "
          + "or, with zsh in the place of bash, into ~/.zshrc behind compinit. It completes "
          + "./fluxwire as well."
    },
    footerHeading = "%nExample:%n",
    footer = "  source <(fluxwire completion bash)")
final class CompletionCommand implements Callable<Integer> {

  /** The shells, in the words of the command line. */
  enum Shell {
    bash,
    zsh
  }

  /** An option that is counted, such as -vv, which picocli takes for one with a value. */
  private static final Pattern COUNTED =
      Pattern.compile("(?<=local flag_opts=\")(.*\\R\\s*local arg_opts=\".*?)('-v' '--verbose') ?");

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "The shell: ${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Override
  public Integer call() {
    String script =
        COUNTED
            .matcher(AutoComplete.bash("fluxwire", spec.root().commandLine()))
            .replaceAll("$2 $1");
    PrintWriter out = main.out().writer();
    out.print(shell == Shell.zsh ? forZsh(script) : script);
    out.flush();
    return 0;
  }

  /**
   * The script has zsh complete as bash does; zsh knows by the first line whose it is. It is either
   * sourced, or lies in a folder of zsh's, which runs it as the function that has to answer and
   * knows no aliases there; without that of compopt, the script does not call it.
   */
  private static String forZsh(String script) {
    return """
        #compdef fluxwire
        %s
        if [[ ${funcstack[1]} == _fluxwire ]]; then
          _bash_complete -o default -F _complete_fluxwire
        fi
        """
        .formatted(script.replace("  alias compopt=complete\n", ""));
  }
}
