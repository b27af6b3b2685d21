using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Scatterlist.Testing;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Abi.Tests;

/// <summary>
/// What is mirrored of libibverbs on arm64, whatever processor the tests run on: our values against a table that is
/// checked in, and that table against the cross compiler where there is one. Set SCATTERLIST_UPDATE_ABI=1 to write the
/// table anew.
/// </summary>
public sealed class Arm64Tests
{
    private const string Compiler = "aarch64-linux-gnu-gcc";
    private static readonly string TablePath =
        Path.Combine(Repository.Root, "tests/Scatterlist.Abi.Tests/Tables/libibverbs-arm64.txt");

    [Fact]
    public void Ours_is_the_table()
    {
        Dictionary<string, long> table = ReadTable();
        string[] wrong =
        [
            .. VerbsAbi.Table.Rows.Select(row => table.TryGetValue(row.Name, out long theirs)
                ? OnArm64(row).Compare(theirs)
                : $"{row.Name} is not in {TablePath}").OfType<string>(),
        ];
        Assert.Empty(wrong);
        Assert.Empty(table.Keys.Except(VerbsAbi.Table.Rows.Select(row => row.Name)));
    }

    [Fact]
    public void Only_the_lengths_that_end_in_a_mutex_differ_between_processors()
    {
        Assert.Equal(
            (336, 168, 328, 160),
            (IbvContext.SizeOn(Architecture.Arm64), IbvQpEx.BaseSizeOn(Architecture.Arm64),
                IbvContext.SizeOn(Architecture.X64), IbvQpEx.BaseSizeOn(Architecture.X64)));
        Dictionary<string, long> table = ReadTable();
        string[] differ =
        [
            .. VerbsAbi.Table.Rows.Where(row => row.Compare(table[row.Name]) is not null).Select(row => row.Name),
        ];
        Assert.Equal(
            RuntimeInformation.ProcessArchitecture == Architecture.Arm64
                ? []
                : ["IbvContext.Size as ", "IbvQpEx.BaseSize as "],
            differ.Select(name => name[..(name.IndexOf(" as ", StringComparison.Ordinal) + 4)]));
    }

    [Fact]
    public void The_table_is_what_the_cross_compiler_says()
    {
        AbiRow[] rows = [.. VerbsAbi.Table.Rows];
        long[] values = Ask(rows);
        if (Environment.GetEnvironmentVariable("SCATTERLIST_UPDATE_ABI") == "1")
        {
            File.WriteAllLines(TablePath, rows.Zip(values, (row, value) =>
                string.Create(CultureInfo.InvariantCulture, $"{value}\t{row.Name}")));
        }

        Dictionary<string, long> table = ReadTable();
        Assert.All(rows.Zip(values), pair => Assert.Equal(
            (pair.First.Name, pair.Second), (pair.First.Name, table.GetValueOrDefault(pair.First.Name, long.MinValue))));
    }

    // Two values are worked out for the processor that runs.
    private static AbiRow OnArm64(AbiRow row) =>
        row.Name.StartsWith("IbvContext.Size ", StringComparison.Ordinal)
            ? row with { Ours = () => IbvContext.SizeOn(Architecture.Arm64) }
            : row.Name.StartsWith("IbvQpEx.BaseSize ", StringComparison.Ordinal)
                ? row with { Ours = () => IbvQpEx.BaseSizeOn(Architecture.Arm64) }
                : row;

    private static Dictionary<string, long> ReadTable() => File.ReadLines(TablePath)
        .Select(line => line.Split('\t'))
        .ToDictionary(parts => parts[1], parts => long.Parse(parts[0], CultureInfo.InvariantCulture));

    /// <summary>The values of C, read from the assembler text: nothing of it can run here.</summary>
    private static long[] Ask(AbiRow[] rows)
    {
        const string Header = "/usr/include/infiniband/verbs.h";
        Assert.SkipUnless(File.Exists(Header), "libibverbs' headers are not installed: apt-get install libibverbs-dev");
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Any(folder => File.Exists(Path.Combine(folder, Compiler))),
            $"{Compiler} is not installed: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross");
        using var folder = new TempDirectory();
        Directory.CreateSymbolicLink(folder["infiniband"], Path.GetDirectoryName(Header)!);
        var source = new StringBuilder("#include <stddef.h>\n#include <infiniband/verbs.h>\nconst long long rows[] = {\n");
        foreach (AbiRow row in rows)
            source.Append(CultureInfo.InvariantCulture, $"(long long)({row.Expression}) + 1000000,\n"); // none is 0
        source.Append("};\n");
        File.WriteAllText(folder["rows.c"], source.ToString());
        using Process gcc = Process.Start(new ProcessStartInfo(
            Compiler, ["-S", "-O0", "-I", folder.Path, "-o", folder["rows.s"], folder["rows.c"]])
        {
            RedirectStandardError = true,
        })!;
        string complaints = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        Assert.True(gcc.ExitCode == 0, complaints);
        return
        [
            .. File.ReadLines(folder["rows.s"]).Select(line => line.Trim().Split('\t'))
                .Where(parts => parts[0] == ".xword")
                .Select(parts => long.Parse(parts[1], CultureInfo.InvariantCulture) - 1000000),
        ];
    }
}
