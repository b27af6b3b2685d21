using Scatterlist.Verbs.Contract.Tests.Peers;
using Xunit.Runner.InProc.SystemConsole;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Runs the tests; or, started by one of them, is the other process of a test.</summary>
internal static class Program
{
    /// <summary>The argument that makes this process the other side.</summary>
    internal const string PeerArgument = "--verbs-peer";

    public static async Task<int> Main(string[] args)
    {
        if (args is [PeerArgument])
            return PeerProcess.Serve(Console.OpenStandardInput(), Console.OpenStandardOutput());
        if (args.Any(argument => argument is "--server" or "--internal-msbuild-node"))
        {
            return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
                args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
        }

        return await ConsoleRunner.Run(args);
    }
}
