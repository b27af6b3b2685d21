using System.CommandLine;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl completion SHELL</c>: prints the script that makes a shell complete our words.</summary>
internal static class CompletionCommand
{
    internal static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes sgl's words in a shell.") { shell };
        command.SetAction(parsed =>
        {
            Console.Out.Write(Script(parsed.GetRequiredValue(shell)));
            return ExitCodes.Success;
        });
        return command;
    }

    // Each asks sgl itself through the [suggest] directive, so a script never grows old.
    private static string Script(string shell) => shell switch
    {
        "bash" => """
            # To use it: source <(sgl completion bash)
            _sgl() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(sgl "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _sgl sgl

            """,
        "zsh" => """
            # To use it: source <(sgl completion zsh)
            _sgl() {
                local -a words_found
                words_found=(${(f)"$(sgl "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"}) # none when nothing fits
                compadd -a words_found || _files
            }
            compdef _sgl sgl

            """,
        _ => """
            # To use it: sgl completion fish | source
            complete -c sgl -a "(sgl '[suggest:'(commandline -C)']' (commandline -p) 2>/dev/null)"

            """,
    };
}
