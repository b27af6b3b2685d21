using System.CommandLine;
using System.Runtime.InteropServices;
using Scatterlist.Opae;
using Scatterlist.Tool.Report;
using Scatterlist.Transfer;
using Scatterlist.Verbs;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Commands;

/// <summary>
/// What every command has in common: Ctrl-C and SIGTERM cancel it cleanly, and a failure becomes a line on stderr with
/// its remedy and the documented exit code.
/// </summary>
internal static class CommandRunner
{
    internal static void SetRunner(this Command command, Func<ParseResult, Terminal, CancellationToken, int> run) =>
        command.SetAction(parsed => Run(parsed, run));

    private static int Run(ParseResult parsed, Func<ParseResult, Terminal, CancellationToken, int> run)
    {
        Terminal terminal = Terminal.Create(parsed.GetValue(Program.Json));
        using var stop = new CancellationTokenSource();
        int signalled = ExitCodes.Interrupted;
        void Stop(PosixSignalContext context)
        {
            // A second signal ends the process the hard way, should something not listen.
            if (stop.IsCancellationRequested)
                return;
            context.Cancel = true;
            signalled = context.Signal == PosixSignal.SIGTERM ? ExitCodes.Terminated : ExitCodes.Interrupted;
            stop.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return run(parsed, terminal, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            terminal.Complain("interrupted");
            return signalled;
        }
        catch (UsageException exception)
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Usage;
        }
        catch (VerificationException exception)
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Different;
        }
        catch (VrtdException exception) when (IsMissing(exception))
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Unavailable;
        }
        catch (FpgaException exception) when (exception.Result
            is FpgaResult.NotFound or FpgaResult.NoDriver or FpgaResult.NoAccess)
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Unavailable;
        }
        catch (VerbsException exception) when (
            exception.Kind is VerbsErrorKind.NotFound or VerbsErrorKind.Permission or VerbsErrorKind.DeviceLost)
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Unavailable;
        }
        catch (ArgumentException exception)
        {
            // What the libraries refuse before they do anything was an argument of ours first.
            terminal.Complain(WithoutParameter(exception.Message));
            return ExitCodes.Usage;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or PlatformNotSupportedException)
        {
            terminal.Complain(exception.Message);
            return ExitCodes.Failed;
        }
    }

    // .NET appends the name of its own parameter, which no user knows.
    private static string WithoutParameter(string message)
    {
        int end = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private static bool IsMissing(VrtdException exception) =>
        exception.ReturnCode is VrtdReturnCode.AuthError or VrtdReturnCode.NotExist
        || exception.Errno is Errno.ENOENT or Errno.ENODEV or Errno.EACCES or Errno.EPERM or Errno.ECONNREFUSED;
}
