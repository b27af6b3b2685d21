using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Scatterlist.Abi.Tests;

/// <summary>No proof, no struct: whatever an Interop room mirrors has a row.</summary>
public sealed class ProofTests
{
    /// <summary>The assemblies with an Interop room. Every one of them is listed here.</summary>
    public static TheoryData<string> Assemblies =>
    [
        "Scatterlist", "Scatterlist.HostFd", "Scatterlist.Vrtd", "Scatterlist.Vrtd.Emulator", "Scatterlist.Vfio",
        "Scatterlist.Verbs", "Scatterlist.Verbs.SoftRoce",
    ];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_mirrored_struct_has_rows(string assembly)
    {
        var proved = new HashSet<string>(AbiTable.All.Values.SelectMany(table => table.ProvedStructs));
        Assert.Empty(FindMirrored(Assembly.Load(assembly).GetTypes()).Select(type => type.FullName!).Except(proved));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_constant_of_an_Interop_room_has_a_row(string assembly)
    {
        var proved = new HashSet<string>(AbiTable.All.Values.SelectMany(table => table.ProvedConstants));
        Assert.Empty(FindConstants(Assembly.Load(assembly).GetTypes()).Except(proved));
    }

    [Fact]
    public void A_struct_without_a_row_is_found()
    {
        Type[] types = [typeof(Interop.Mirrored), typeof(Sized), typeof(Ordinary), typeof(ProofTests)];
        Assert.Equal([typeof(Interop.Mirrored), typeof(Sized)], FindMirrored(types));
        Assert.Equal(["Scatterlist.Abi.Tests.Interop.Mirrored.Flag"], FindConstants(types));
    }

    [Fact]
    public void A_wrong_number_size_or_place_is_found()
    {
        AbiTable table = new AbiTable(_ => typeof(Interop.Mirrored), "sys/uio.h", "sys/mman.h")
            .Struct("M", "struct iovec", ("Length", "iov_base"), ("Narrow", "iov_len"))
            .Constants("M", ("Flag", "PROT_WRITE"), ("Gone", "PROT_READ"));
        AbiRow[] wrong =
            [.. table.Rows.Where(row => row.Name.Split(" as ")[0] is "M.Flag" or "M.Narrow size" or "M.Narrow offset")];
        Assert.Equal(3, wrong.Length);
        Assert.Null(table.Check(table.Rows.Single(row => row.Name == "M.Length size as struct iovec")));
        Assert.All(wrong, row => Assert.NotNull(table.Check(row)));
        Assert.Throws<InvalidOperationException>(
            () => table.Check(table.Rows.Single(row => row.Name == "M.Gone as PROT_READ")));
        Assert.Throws<InvalidOperationException>(
            () => table.Check(table.Rows.Single(row => row.Name.StartsWith("M fields", StringComparison.Ordinal))));
    }

    /// <summary>The structs of Interop rooms, and those anywhere with a stated size or stated places.</summary>
    private static IEnumerable<Type> FindMirrored(IEnumerable<Type> types) => types.Where(type =>
        type is { IsValueType: true, IsEnum: false, IsPrimitive: false }
        && !IsGenerated(type)
        && (IsInterop(type) || type.IsExplicitLayout || type.StructLayoutAttribute is { Size: > 1 })
        && type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length != 0);

    private static IEnumerable<string> FindConstants(IEnumerable<Type> types) => types
        .Where(type => IsInterop(type) && !IsGenerated(type))
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(field => field.IsLiteral && field.FieldType != typeof(string))
        .Select(field => $"{field.DeclaringType!.FullName}.{field.Name}");

    private static bool IsInterop(Type type) => type.Namespace?.EndsWith(".Interop", StringComparison.Ordinal) == true;

    private static bool IsGenerated(Type type) =>
        type.FullName!.Contains('<') || type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private struct Sized(int value)
    {
        internal int Value = value;
    }

    private struct Ordinary(int value)
    {
        internal const int Constant = 1;
        internal int Value = value;
    }
}
