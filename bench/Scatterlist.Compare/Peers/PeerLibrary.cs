using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Scatterlist.Compare.Peers;

/// <summary>A C source of this program, compiled by gcc -O2 into a shared library and loaded.</summary>
internal sealed class PeerLibrary : IDisposable
{
    private readonly nint _library;

    private PeerLibrary(nint library) => _library = library;

    /// <summary>The compiler's command: the environment's CC, or gcc.</summary>
    public static string Compiler => Environment.GetEnvironmentVariable("CC") is { Length: > 0 } named ? named : "gcc";

    /// <summary>Compiles and loads one of the sources in Peers/.</summary>
    /// <param name="source">The file's name.</param>
    /// <param name="libraries">What it is linked with, as the compiler is told: -lNAME.</param>
    /// <exception cref="CannotMeasureException">There is no compiler, or it refused.</exception>
    public static PeerLibrary Compile(string source, params string[] libraries)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("scatterlist-compare-");
        try
        {
            string code = Path.Combine(directory.FullName, source);
            string library = Path.ChangeExtension(code, ".so");
            using (Stream text = Assembly.GetExecutingAssembly().GetManifestResourceStream(source)
                ?? throw new ArgumentException($"No source of that name: {source}.", nameof(source)))
            using (FileStream file = File.Create(code))
                text.CopyTo(file);
            RunCompiler(
                ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", "-o", library, code, .. libraries]);
            return new PeerLibrary(NativeLibrary.Load(library));
        }
        finally
        {
            directory.Delete(recursive: true); // the loaded library stays mapped
        }
    }

    /// <summary>The address of an exported function.</summary>
    public nint this[string function] => NativeLibrary.GetExport(_library, function);

    /// <summary>Throws when a peer's function returned a negative errno.</summary>
    public static int Check(int result, string function) => result >= 0
        ? result
        : throw new CannotMeasureException($"{function} failed: {((Errno)(-result)).Name()}.");

    /// <inheritdoc/>
    public void Dispose() => NativeLibrary.Free(_library);

    private static void RunCompiler(params string[] arguments)
    {
        try
        {
            using Process compiler = Process.Start(
                new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true })!;
            string complaints = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode != 0)
                throw new CannotMeasureException($"{Compiler} refused {arguments.First(word => word.EndsWith(".c", StringComparison.Ordinal))}:\n{complaints}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CannotMeasureException(
                $"The C side needs a compiler, and {Compiler} does not start ({e.Message}): apt-get install gcc libc6-dev.", e);
        }
    }
}
