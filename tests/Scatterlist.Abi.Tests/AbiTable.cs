using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Scatterlist.Testing;

namespace Scatterlist.Abi.Tests;

/// <summary>
/// What one room mirrors of C: a class of this project with a static property of this type adds a room. Types are
/// named, not referenced, because most are internal to their assembly.
/// </summary>
internal sealed class AbiTable
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly Func<string, Type> _find;
    private readonly string[] _headers;
    private readonly List<AbiRow> _rows = [];
    private readonly Lazy<IReadOnlyDictionary<string, long>> _values;

    /// <param name="assembly">The assembly whose types are named.</param>
    /// <param name="headers">
    /// What the C program includes, as <c>sys/mman.h</c>; <c>?linux/iommufd.h</c> may be missing, and then the rows that
    /// name a macro of it are skipped.
    /// </param>
    internal AbiTable(string assembly, params string[] headers)
        : this(name => Assembly.Load(assembly).GetType(name, throwOnError: true)!, headers)
    {
        AssemblyName = assembly;
    }

    internal AbiTable(Func<string, Type> find, params string[] headers)
    {
        _find = find;
        _headers = headers;
        _values = new(() => AskC([.. _rows]));
        AssemblyName = "";
    }

    internal string AssemblyName { get; }

    internal IReadOnlyList<AbiRow> Rows => _rows;

    /// <summary><c>Type.Member</c> of each constant that has a row or is ours alone.</summary>
    internal HashSet<string> ProvedConstants { get; } = [];

    /// <summary>The full names of the structs that have rows.</summary>
    internal HashSet<string> ProvedStructs { get; } = [];

    /// <summary>The rooms' tables.</summary>
    internal static IReadOnlyDictionary<string, AbiTable> All { get; } = typeof(AbiTable).Assembly.GetTypes()
        .SelectMany(type => type.GetProperties(Static), (type, property) => (type, property))
        .Where(pair => pair.property.PropertyType == typeof(AbiTable))
        .ToDictionary(pair => pair.type.Name, pair => (AbiTable)pair.property.GetValue(null)!);

    /// <summary>Constants, enum members or static read-only values, each with its C expression.</summary>
    internal AbiTable Constants(string type, params (string Ours, string C)[] pairs)
    {
        foreach ((string ours, string c) in pairs)
        {
            ProvedConstants.Add($"{type}.{ours}");
            _rows.Add(new AbiRow($"{Short(type)}.{ours} as {c}", c, WidthOf(type, ours), () => ValueOf(type, ours)));
        }

        return this;
    }

    /// <summary>All members of an enum that has the C names itself.</summary>
    internal AbiTable SameNames(string type, params string[] except) => Constants(
        type, [.. Enum.GetNames(_find(type)).Except(except).Select(name => (name, name))]);

    /// <summary>Constants that mirror nothing.</summary>
    internal AbiTable OurOwn(string type, params string[] names)
    {
        ProvedConstants.UnionWith(names.Select(name => $"{type}.{name}"));
        return this;
    }

    /// <summary>A static method of ours that turns an enum's members into the numbers of C.</summary>
    internal AbiTable Mapped(string type, string method, params (string Ours, string C)[] pairs)
    {
        foreach ((string ours, string c) in pairs)
        {
            _rows.Add(new AbiRow($"{Short(type)}.{method}({ours})", c, 4, () =>
            {
                MethodInfo found = _find(type).GetMethod(method, Static)
                    ?? throw new InvalidOperationException($"{type} has no method {method}: correct its row.");
                object argument = Enum.Parse(found.GetParameters()[0].ParameterType, ours);
                return Convert.ToInt64(found.Invoke(null, [argument]), CultureInfo.InvariantCulture);
            }));
        }

        return this;
    }

    /// <summary>
    /// A struct's size, and the place and size of each field. An empty C name is padding of ours; <c>field@MACRO</c> is a
    /// field that came with that macro, <c>struct name@MACRO</c> a struct that did.
    /// </summary>
    internal AbiTable Struct(string type, string c, params (string Ours, string C)[] fields) =>
        Struct(type, c, "sizeof({0})", fields);

    /// <summary>Like <see cref="Struct(string, string, (string, string)[])"/>, for one that newer headers append to: ours
    /// ends with the last field of the list.</summary>
    internal AbiTable StructStart(string type, string c, params (string Ours, string C)[] fields)
    {
        string last = fields[^1].C;
        return Struct(type, c, $"offsetof({{0}}, {last}) + sizeof((({{0}} *)0)->{last})", fields);
    }

    private AbiTable Struct(string type, string c, string size, (string Ours, string C)[] fields)
    {
        ProvedStructs.Add(type);
        string since = c.Contains('@', StringComparison.Ordinal) ? c[c.IndexOf('@', StringComparison.Ordinal)..] : "";
        c = c[..^since.Length];
        _rows.Add(new AbiRow($"sizeof {Short(type)} as {c}", $"({string.Format(CultureInfo.InvariantCulture, size, c)}){since}", 0, () => SizeOf(_find(type))));
        foreach ((string ours, string theirs) in fields)
        {
            if (theirs.Length == 0)
                continue;
            string field = theirs.Split('@')[0];
            string guard = theirs.Length > field.Length ? theirs[field.Length..] : since;
            _rows.Add(new AbiRow(
                $"{Short(type)}.{ours} offset as {c}", $"offsetof({c}, {field}){guard}", 0,
                () => Marshal.OffsetOf(FieldOf(type, ours).DeclaringType!, ours)));
            _rows.Add(new AbiRow(
                $"{Short(type)}.{ours} size as {c}", $"sizeof((({c} *)0)->{field}){guard}", 0,
                () => SizeOf(FieldOf(type, ours).FieldType)));
        }

        _rows.Add(new AbiRow($"{Short(type)} fields without a row as {c}", "(0)", 0, () =>
        {
            string[] missing =
                [.. _find(type).GetFields(Instance).Select(f => f.Name).Except(fields.Select(f => f.Ours))];
            return missing.Length == 0
                ? 0
                : throw new InvalidOperationException($"{type} has fields without a row: {string.Join(", ", missing)}");
        }));
        return this;
    }

    // Reports cut long arguments short: without its namespace a name is still told from its neighbours.
    private static string Short(string type) => type[(type.LastIndexOf('.') + 1)..];

    /// <summary>What is wrong with a row, or null. Skips the test when the headers lack its name.</summary>
    internal string? Check(AbiRow row)
    {
        if (!_values.Value.TryGetValue(row.Name, out long theirs))
            Assert.Skip($"{row.Guard} is not in this system's headers: a newer linux-libc-dev has it");
        return row.Compare(theirs);
    }

    private Dictionary<string, long> AskC(IReadOnlyList<AbiRow> rows)
    {
        var source = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n");
        foreach (string header in _headers)
        {
            if (header.StartsWith('?'))
            {
                source.Append(
                    CultureInfo.InvariantCulture,
                    $"#if __has_include(<{header[1..]}>)\n#include <{header[1..]}>\n#endif\n");
            }
            else
            {
                source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
            }
        }

        source.Append("int main(void) {\n");
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Guard is { } guard)
                source.Append(CultureInfo.InvariantCulture, $"#ifdef {guard}\n");
            source.Append(CultureInfo.InvariantCulture, $"printf(\"{i} %lld\\n\", (long long)({rows[i].Expression}));\n");
            if (rows[i].Guard is not null)
                source.Append("#endif\n");
        }

        source.Append("return 0; }\n");
        var values = new Dictionary<string, long>();
        string output = CProgram.Compile(source.ToString()).RunChecked();
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            values[rows[int.Parse(parts[0], CultureInfo.InvariantCulture)].Name] =
                long.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        return values;
    }

    private static int SizeOf(Type type)
    {
        if (type.IsPointer || type.IsFunctionPointer)
            return nint.Size;
        return (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
    }

    private FieldInfo FieldOf(string type, string name) => _find(type).GetField(name, Instance)
        ?? throw new InvalidOperationException($"{type} has no field {name}: correct its row.");

    private (Type Type, object Value) MemberOf(string type, string name)
    {
        Type owner = _find(type);
        if (owner.GetField(name, Static) is { } field)
            return (field.FieldType, field.GetValue(null)!);
        if (owner.GetProperty(name, Static) is { } property)
            return (property.PropertyType, property.GetValue(null)!);
        throw new InvalidOperationException($"{type} has no static {name}: correct its row.");
    }

    private int WidthOf(string type, string name)
    {
        try
        {
            return SizeOf(MemberOf(type, name).Type);
        }
        catch (Exception e) when (e is InvalidOperationException or TypeLoadException or FileNotFoundException)
        {
            return 0; // the row fails by itself when it is checked
        }
    }

    private long ValueOf(string type, string name) => MemberOf(type, name).Value switch
    {
        Enum member when Enum.GetUnderlyingType(member.GetType()) == typeof(ulong) =>
            unchecked((long)Convert.ToUInt64(member, CultureInfo.InvariantCulture)),
        ulong number => unchecked((long)number),
        nint number => number,
        nuint number => unchecked((long)number),
        { } number => Convert.ToInt64(number, CultureInfo.InvariantCulture),
    };
}
