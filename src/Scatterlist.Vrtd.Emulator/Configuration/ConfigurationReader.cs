using System.Diagnostics.CodeAnalysis;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>Reads a vrtd.conf (an INI file with includes) into roles. Used once, by one thread.</summary>
internal sealed class ConfigurationReader(IAccountDatabase accounts)
{
    private const int MaxFiles = 256;

    private static readonly Dictionary<string, DevicePermissions> Booleans = new(StringComparer.Ordinal)
    {
        ["qdma"] = DevicePermissions.Qdma,
        ["buffer"] = DevicePermissions.Buffer,
        ["design-write"] = DevicePermissions.DesignWrite,
        ["clock"] = DevicePermissions.Clock,
        ["pcie-hotplug"] = DevicePermissions.PcieHotplug,
        ["raw-mem-access"] = DevicePermissions.RawMemoryAccess,
        ["cfgmem-program"] = DevicePermissions.CfgmemProgram,
    };

    private readonly HashSet<string> _entered = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];
    private string _directory = "";

    internal Dictionary<string, Role> Roles { get; } = new(StringComparer.Ordinal);

    internal List<string> EverybodysRoles { get; } = [];

    internal Dictionary<uint, List<string>> RolesOfUsers { get; } = [];

    internal Dictionary<uint, List<string>> RolesOfGroups { get; } = [];

    internal IReadOnlyList<string> Warnings => _warnings;

    internal VrtdConfiguration Finish()
    {
        IEnumerable<string> named = EverybodysRoles
            .Concat(RolesOfUsers.Values.SelectMany(names => names))
            .Concat(RolesOfGroups.Values.SelectMany(names => names));
        foreach (string name in named.Distinct(StringComparer.Ordinal).Where(name => !Roles.ContainsKey(name)))
            _warnings.Add($"Role '{name}' is given to somebody but defined nowhere.");
        return new VrtdConfiguration(this);
    }

    internal void ReadFile(string path, string? fromFile, int fromLine)
    {
        string full = Path.GetFullPath(path);
        if (!_entered.Add(full))
            return; // Read once already: that is what ends include loops.
        if (_entered.Count > MaxFiles)
            throw new ConfigurationException(fromFile ?? path, fromLine, $"more than {MaxFiles} files are included");

        string text;
        try
        {
            text = File.ReadAllText(full);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                fromFile ?? path,
                fromLine,
                $"cannot read {full}: {problem.Message}",
                "Create the file or name another.");
        }

        ReadText(text, path, Path.GetDirectoryName(full) ?? "/");
    }

    internal void ReadText(string text, string file, string directory)
    {
        // A relative glob counts from the file that was entered last, even after that one has ended.
        _directory = directory;
        Section section = new(SectionKind.TopLevel, null, null, null);
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.Trim();
            if (line.IsEmpty || line[0] is ';' or '#')
                continue;
            if (line[0] == '[')
            {
                if (line[^1] != ']')
                    Reject(file, number, $"the section header '{line}' has no ']'");
                section = EnterSection(line[1..^1].Trim().ToString(), file, number);
                continue;
            }

            int equals = line.IndexOf('=');
            if (equals <= 0)
                Reject(file, number, $"'{line}' is not of the form key = value");
            Take(section, line[..equals].Trim().ToString(), line[(equals + 1)..].Trim().ToString(), file, number);
        }
    }

    private Section EnterSection(string name, string file, int line)
    {
        string[] parts = name.Split(':', 3);
        switch (parts)
        {
            case ["role", { Length: > 0 } role]:
                return new Section(SectionKind.Role, RoleNamed(role), null, null);
            case ["role", { Length: > 0 } role, var selector]:
                string? board = null;
                if (selector != "any" && !PciAddress.TryParse(selector, out board))
                    Reject(file, line, $"'{selector}' is no board address: 'any', DDDD:BB:DD[.F] or BB:DD[.F]");
                Role owner = RoleNamed(role);
                owner.Declare(board);
                return new Section(SectionKind.Policy, owner, board, null);
            case ["user", "*"]:
                return new Section(SectionKind.Members, null, null, EverybodysRoles);
            case ["user", { Length: > 0 } user]:
                uint userId = accounts.FindUser(user) ?? Reject<uint>(file, line, $"there is no user '{user}'");
                return new Section(SectionKind.Members, null, null, ListOf(RolesOfUsers, userId));
            case ["group", { Length: > 0 } group]:
                uint groupId = accounts.FindGroup(group) ?? Reject<uint>(file, line, $"there is no group '{group}'");
                return new Section(SectionKind.Members, null, null, ListOf(RolesOfGroups, groupId));
            default:
                Warn(file, line, $"unknown section [{name}]");
                return new Section(SectionKind.Unknown, null, null, null);
        }
    }

    private void Take(Section section, string key, string value, string file, int line)
    {
        switch (section.Kind)
        {
            case SectionKind.TopLevel when key == "include":
                ReadFile(value, file, line);
                break;
            case SectionKind.TopLevel when key == "include-glob":
                string pattern = Path.Combine(_directory, value);
                foreach (string path in Glob.Expand(pattern, problem => Warn(file, line, problem)))
                    ReadFile(path, file, line);
                break;
            case SectionKind.TopLevel when key == "enable-mock-device":
                _ = LenientBoolean.Parse(value); // Read and without effect, as in the daemon.
                break;
            case SectionKind.TopLevel:
                Warn(file, line, $"unknown key '{key}' before the first section");
                break;
            case SectionKind.Role when key == "query-devices":
                section.Role!.QueryDevices = StrictBoolean(value, file, line);
                break;
            case SectionKind.Policy when key == "bar-access":
                if (value != "full")
                    Reject(file, line, $"bar-access is '{value}', but only 'full' is known");
                section.Role!.Set(section.Board, DevicePermissions.BarAccess, granted: true);
                break;
            case SectionKind.Policy when Booleans.TryGetValue(key, out DevicePermissions permission):
                section.Role!.Set(section.Board, permission, StrictBoolean(value, file, line));
                break;
            case SectionKind.Role or SectionKind.Policy:
                Reject(file, line, $"unknown role key '{key}'");
                break;
            case SectionKind.Members when key == "role":
                section.Members!.Add(value);
                break;
            case SectionKind.Members:
                Warn(file, line, $"unknown key '{key}'");
                break;
        }
    }

    private Role RoleNamed(string name)
    {
        if (!Roles.TryGetValue(name, out Role? role))
            Roles[name] = role = new Role();
        return role;
    }

    private static List<string> ListOf(Dictionary<uint, List<string>> lists, uint id)
    {
        if (!lists.TryGetValue(id, out List<string>? list))
            lists[id] = list = [];
        return list;
    }

    private static bool StrictBoolean(string value, string file, int line) => value switch
    {
        "yes" => true,
        "no" => false,
        _ => Reject<bool>(file, line, $"'{value}' is neither 'yes' nor 'no'"),
    };

    private void Warn(string file, int line, string problem) => _warnings.Add($"{file}:{line}: {problem}");

    [DoesNotReturn]
    private static void Reject(string file, int line, string problem) =>
        throw new ConfigurationException(file, line, problem);

    [DoesNotReturn]
    private static T Reject<T>(string file, int line, string problem) =>
        throw new ConfigurationException(file, line, problem);

    private enum SectionKind
    {
        TopLevel,
        Role,
        Policy,
        Members,
        Unknown,
    }

    private readonly record struct Section(SectionKind Kind, Role? Role, string? Board, List<string>? Members);
}
