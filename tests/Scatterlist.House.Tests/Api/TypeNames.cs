using System.Reflection;

namespace Scatterlist.House.Tests.Api;

/// <summary>Types as C# writes them: keywords, generic arguments, nullable marks, no namespaces.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint",
        [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
        [typeof(char)] = "char", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
        [typeof(string)] = "string", [typeof(object)] = "object",
    };

    internal static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!, nullability);
        string mark = nullability is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "";
        if (type.IsPointer)
            return Of(type.GetElementType()!) + "*";
        if (type.IsArray)
        {
            string commas = new(',', type.GetArrayRank() - 1);
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{commas}]{mark}";
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Of(inner) + "?";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword + mark;
        return Named(type, nullability) + mark;
    }

    /// <summary>A type's own name, with those of the types around it.</summary>
    internal static string Declared(Type type) => Named(type, null);

    private static string Named(Type type, NullabilityInfo? nullability)
    {
        string outer = type.IsNested && !type.IsGenericParameter ? Declared(type.DeclaringType!) + "." : "";
        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        if (tick < 0)
            return outer + type.Name;
        Type[] arguments = type.GetGenericArguments();
        NullabilityInfo[] inner = nullability?.GenericTypeArguments ?? [];
        IEnumerable<string> names = arguments.Select(
            (argument, i) => Of(argument, inner.Length == arguments.Length ? inner[i] : null));
        return type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
            ? $"({string.Join(", ", names)})"
            : $"{outer}{type.Name[..tick]}<{string.Join(", ", names)}>";
    }
}
