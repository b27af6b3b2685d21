using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Scatterlist.Testing;

/// <summary>
/// A C program or library that gcc makes while the tests run: proofs against the system's own headers, and peers in
/// another language. What is built stays beside the test program and is found again by its content.
/// </summary>
public sealed class CProgram
{
    private const string Missing = "gcc or its headers are missing: apt-get install gcc libc6-dev";

    private CProgram(string path) => Path = path;

    /// <summary>The executable or the .so.</summary>
    public string Path { get; }

    /// <summary>Whether gcc can be started and has the C library's headers.</summary>
    public static bool IsCompilerPresent { get; } = File.Exists("/usr/include/stdio.h")
        && (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Any(folder => folder.Length != 0 && File.Exists(System.IO.Path.Combine(folder, "gcc")));

    /// <summary>Compiles an executable. Skips the test without gcc, and fails it when the source is bad.</summary>
    /// <param name="source">The C source.</param>
    /// <param name="options">More options for gcc, as <c>-lpthread</c>; they come after the source.</param>
    public static CProgram Compile(string source, params string[] options) => Build(source, "", options);

    /// <summary>Compiles a shared object. Skips the test when there is no gcc.</summary>
    /// <param name="source">The C source.</param>
    /// <param name="options">More options for gcc; they come after the source.</param>
    public static CProgram CompileLibrary(string source, params string[] options) =>
        Build(source, ".so", ["-shared", "-fPIC", .. options]);

    /// <summary>Compiles, and gives the compiler's own words when it refuses; null when it does not.</summary>
    /// <param name="source">The C source.</param>
    /// <param name="program">The program, or null.</param>
    /// <param name="options">More options for gcc; they come after the source.</param>
    public static string? TryCompile(string source, out CProgram? program, params string[] options) =>
        TryBuild(source, "", options, out program);

    /// <summary>Runs the program to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    public CProgramResult Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CProgramResult(process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    /// <summary>Runs the program, fails the test unless it exits with 0, and gives what it printed.</summary>
    /// <param name="arguments">Its arguments.</param>
    public string RunChecked(params string[] arguments)
    {
        CProgramResult result = Run(arguments);
        Assert.True(result.ExitCode == 0, $"{Path} exited with {result.ExitCode}: {result.Output}{result.Error}");
        return result.Output;
    }

    /// <summary>Starts the program with its standard streams redirected. The caller waits for it and disposes it.</summary>
    /// <param name="arguments">Its arguments.</param>
    public Process Start(params string[] arguments) => StartProcess(Path, arguments);

    private static CProgram Build(string source, string suffix, string[] options)
    {
        string? refusal = TryBuild(source, suffix, options, out CProgram? program);
        if (refusal is not null)
            Assert.Fail($"gcc refused the source:\n{refusal}");
        return program!;
    }

    private static string? TryBuild(string source, string suffix, string[] options, out CProgram? program)
    {
        Assert.SkipUnless(IsCompilerPresent, Missing);
        byte[] hash = SHA256.HashData(
            Encoding.UTF8.GetBytes($"{RuntimeInformation.OSArchitecture}\0{string.Join('\0', options)}\0{source}"));
        string folder = System.IO.Path.Combine(AppContext.BaseDirectory, "c");
        string stem = System.IO.Path.Combine(folder, Convert.ToHexStringLower(hash.AsSpan(0, 10)));
        program = new CProgram(stem + suffix + (suffix.Length == 0 ? ".out" : ""));
        if (File.Exists(program.Path))
            return null;

        // Made under a name of its own and then renamed, so that parallel tests never see half a program.
        Directory.CreateDirectory(folder);
        string unique = $"{stem}-{Guid.NewGuid():N}";
        string sourceFile = unique + ".c";
        File.WriteAllText(sourceFile, source);
        using Process gcc = StartProcess("gcc", ["-O2", "-Wall", "-o", unique, sourceFile, .. options]);
        Task<string> output = gcc.StandardOutput.ReadToEndAsync();
        string errors = gcc.StandardError.ReadToEnd() + output.GetAwaiter().GetResult();
        gcc.WaitForExit();
        File.Delete(sourceFile);
        if (gcc.ExitCode != 0)
        {
            program = null;
            return errors;
        }

        File.Move(unique, program.Path, overwrite: true);
        return null;
    }

    private static Process StartProcess(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
    }
}
