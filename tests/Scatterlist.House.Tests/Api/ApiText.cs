using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Scatterlist.House.Tests.Api;

/// <summary>What users of an assembly can see, as a text that reads like C# and changes only when that does.</summary>
internal static class ApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly) => Of(assembly.GetExportedTypes());

    internal static string Of(IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var group in types.GroupBy(type => type.Namespace).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append("namespace ").Append(group.Key).Append('\n');
            foreach (Type type in group.OrderBy(TypeNames.Declared, StringComparer.Ordinal))
            {
                text.Append('\n').Append(Header(type)).Append('\n');
                foreach (string line in Lines(type))
                    text.Append("    ").Append(line).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>The lines that only one of the texts has, marked with - and +, with the type they belong to.</summary>
    internal static string Difference(string before, string after)
    {
        HashSet<string> old = [.. Qualified(before)];
        HashSet<string> now = [.. Qualified(after)];
        IEnumerable<string> gone = old.Except(now).Select(line => "- " + line);
        IEnumerable<string> come = now.Except(old).Select(line => "+ " + line);
        return string.Join("\n", gone.Concat(come).OrderBy(line => line[2..], StringComparer.Ordinal));
    }

    private static IEnumerable<string> Qualified(string text)
    {
        string type = "";
        foreach (string line in text.Split('\n').Where(line => line.Length != 0))
        {
            if (line[0] != ' ')
                type = line;
            yield return line[0] != ' ' ? line : $"{type} | {line.Trim()}";
        }
    }

    private static IEnumerable<string> Lines(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return [MemberText.Of(type.GetMethod("Invoke")!)!];
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => $"{field.Name} = {field.GetRawConstantValue()}");
        }

        return type.GetMembers(Declared).Select(MemberText.Of).OfType<string>().Order(StringComparer.Ordinal);
    }

    private static string Header(Type type)
    {
        string access = type.IsNestedFamily || type.IsNestedFamORAssem ? "protected " : "public ";
        string[] bases = [.. Bases(type).Select(b => TypeNames.Of(b))];
        string marks = (type.IsDefined(typeof(FlagsAttribute)) ? "[Flags] " : "")
            + (type.GetCustomAttribute<ObsoleteAttribute>() is { Message: var message } && !type.IsByRefLike
                ? $"[Obsolete(\"{message}\")] " : "");
        return $"{marks}{access}{Kind(type)} {TypeNames.Declared(type)}"
            + (bases.Length == 0 ? "" : " : " + string.Join(", ", bases));
    }

    private static string Kind(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return "delegate";
        if (type.IsEnum)
            return "enum";
        if (type.IsInterface)
            return "interface";
        bool isRecord = type.GetMethods(Declared).Any(method => method.Name == "PrintMembers"
            && method.IsDefined(typeof(CompilerGeneratedAttribute)));
        if (type.IsValueType)
        {
            return (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "")
                + (isRecord ? "record struct" : "struct");
        }

        string sealing = type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return sealing + (isRecord ? "record" : "class");
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        if (type.IsEnum)
        {
            Type underlying = Enum.GetUnderlyingType(type);
            return underlying == typeof(int) ? [] : [underlying];
        }

        if (typeof(Delegate).IsAssignableFrom(type))
            return [];
        Type[] inherited = type.BaseType?.GetInterfaces() ?? [];
        IEnumerable<Type> interfaces = type.GetInterfaces().Where(i => i.IsVisible && !inherited.Contains(i))
            .OrderBy(i => TypeNames.Of(i), StringComparer.Ordinal);
        return type.BaseType is null || type.BaseType == typeof(object) || type.IsValueType
            ? interfaces
            : interfaces.Prepend(type.BaseType);
    }
}
