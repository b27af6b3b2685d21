namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Who may do what: the roles, users and groups of a <c>vrtd.conf</c>. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The rights of a connection are those of all roles of <c>[user:*]</c>, of its user and of its groups, added up.
/// Source: vrtd wire specification, section 10.
/// </remarks>
public sealed class VrtdConfiguration
{
    private readonly ConfigurationReader? _source;

    internal VrtdConfiguration(ConfigurationReader source) => _source = source;

    private VrtdConfiguration()
    {
    }

    /// <summary>
    /// Everybody who can connect may do everything: the default, since only its user can reach the emulator's socket.
    /// </summary>
    public static VrtdConfiguration FullAccess { get; } = new();

    /// <summary>What looked odd but was read all the same: unknown sections and keys, undefined roles.</summary>
    public IReadOnlyList<string> Warnings => _source?.Warnings ?? [];

    /// <summary>Reads a file and what it includes.</summary>
    /// <exception cref="ConfigurationException">
    /// The file, or one it includes, cannot be read or has a fatal error: a bad value, a bad board address, an unknown
    /// role key, user or group.
    /// </exception>
    public static VrtdConfiguration Load(string path) => Load(path, SystemAccounts.Instance);

    /// <summary>Reads a configuration from text. Its relative globs start at the working directory.</summary>
    /// <exception cref="ConfigurationException">As <see cref="Load(string)"/>.</exception>
    public static VrtdConfiguration Parse(string text) => Parse(text, SystemAccounts.Instance);

    internal static VrtdConfiguration Load(string path, IAccountDatabase accounts)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var reader = new ConfigurationReader(accounts);
        reader.ReadFile(path, fromFile: null, fromLine: 0);
        return reader.Finish();
    }

    internal static VrtdConfiguration Parse(string text, IAccountDatabase accounts)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reader = new ConfigurationReader(accounts);
        reader.ReadText(text, "(text)", Directory.GetCurrentDirectory());
        return reader.Finish();
    }

    /// <summary>The rights of a peer: nothing for one that no section names.</summary>
    internal Role RightsOf(PeerIdentity peer)
    {
        if (_source is null)
            return Role.Everything();
        var rights = new Role();
        Grant(rights, _source.EverybodysRoles);
        Grant(rights, _source.RolesOfUsers.GetValueOrDefault(peer.UserId));
        foreach (uint group in peer.GroupIds)
            Grant(rights, _source.RolesOfGroups.GetValueOrDefault(group));
        return rights;
    }

    private void Grant(Role rights, List<string>? names)
    {
        foreach (string name in names ?? [])
        {
            if (_source!.Roles.TryGetValue(name, out Role? role))
                rights.Merge(role);
        }
    }
}
