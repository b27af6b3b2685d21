using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Scatterlist.House.Tests.Api;

/// <summary>One visible member of a type as one line.</summary>
internal static class MemberText
{
    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly Lock Gate = new(); // the context is not thread-safe

    /// <summary>The line, or null for what users do not see.</summary>
    internal static string? Of(MemberInfo member)
    {
        lock (Gate)
        {
            return member switch
            {
                FieldInfo field when Access(field) is { } access => Field(field, access),
                ConstructorInfo { IsStatic: false } constructor when Access(constructor) is { } access =>
                    $"{access}{Bare(constructor.DeclaringType!)}({Parameters(constructor)})",
                PropertyInfo property => Property(property),
                EventInfo { AddMethod: { } add } evt when Access(add) is { } access =>
                    $"{access}{Modifiers(add)}event {TypeNames.Of(evt.EventHandlerType!)} {evt.Name}",
                MethodInfo method when IsWritten(method) && Access(method) is { } access => Method(method, access),
                _ => null,
            };
        }
    }

    private static string Field(FieldInfo field, string access)
    {
        string type = TypeNames.Of(field.FieldType, Nullability.Create(field));
        if (field.IsLiteral)
            return $"{access}const {type} {field.Name} = {Literal(field.GetRawConstantValue(), field.FieldType)}";
        string modifiers = (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        return $"{access}{modifiers}{type} {field.Name}";
    }

    private static string? Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(a => Access(a) is not null)];
        if (accessors.Length == 0 || property.Name == "EqualityContract")
            return null;
        string access = accessors.Select(a => Access(a)!).Min(StringComparer.Ordinal)!;
        string each = string.Concat(accessors.OrderBy(a => a.Name, StringComparer.Ordinal).Select(
            a => (Access(a) == access ? "" : Access(a))
                + (a == property.GetMethod ? "get; " : IsInit(a) ? "init; " : "set; ")));
        // The accessor's own parameters: the property's carry no nullability.
        ParameterInfo[] index = accessors[0].GetParameters()[..property.GetIndexParameters().Length];
        string name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{access}{Modifiers(accessors[0])}{required}{ByRef(property.PropertyType)}"
            + $"{TypeNames.Of(property.PropertyType, Nullability.Create(property))} {name} {{ {each}}}";
    }

    private static string Method(MethodInfo method, string access)
    {
        string generic = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>"
            : "";
        string result = ByRef(method.ReturnType)
            + TypeNames.Of(method.ReturnType, Nullability.Create(method.ReturnParameter));
        return $"{access}{Modifiers(method)}{result} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method)
    {
        string self = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return self + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string prefix = parameter.IsDefined(typeof(ParamArrayAttribute))
            || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params "
            : parameter.IsOut ? "out "
            : parameter.IsIn && parameter.ParameterType.IsByRef ? "in "
            : parameter.ParameterType.IsByRef ? "ref "
            : "";
        string value = parameter.HasDefaultValue
            ? $" = {Literal(parameter.RawDefaultValue, parameter.ParameterType)}"
            : "";
        string type = TypeNames.Of(parameter.ParameterType, Nullability.Create(parameter));
        return $"{prefix}{type} {parameter.Name}{value}";
    }

    private static string Modifiers(MethodInfo method)
    {
        if (method.IsStatic)
            return "static ";
        if (method.DeclaringType!.IsInterface)
            return "";
        if (method.GetBaseDefinition().DeclaringType != method.DeclaringType)
            return method.IsFinal ? "sealed override " : "override ";
        return method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";
    }

    /// <summary>Neither an accessor, a finalizer, nor one of the methods that a record gets by itself.</summary>
    private static bool IsWritten(MethodInfo method) =>
        !method.IsDefined(typeof(CompilerGeneratedAttribute))
        && method.Name != "Finalize"
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string? Access(MethodBase method) => method.IsPublic ? ""
        : method.IsFamily || method.IsFamilyOrAssembly ? "protected " : null;

    private static string? Access(FieldInfo field) => field.IsPublic ? ""
        : field.IsFamily || field.IsFamilyOrAssembly ? "protected " : null;

    private static string ByRef(Type type) => type.IsByRef ? "ref " : "";

    private static string Bare(Type type) => type.Name.Split('`')[0];

    private static string Literal(object? value, Type type)
    {
        type = type.IsByRef ? type.GetElementType()! : type;
        if (value is null)
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null";
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            IEnumerable<string> names = Enum.ToObject(type, value).ToString()!.Split(", ");
            return string.Join(" | ", names.Select(name => $"{TypeNames.Of(type)}.{name}"));
        }

        return value switch
        {
            string text => $"\"{text}\"",
            bool truth => truth ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
    }
}
