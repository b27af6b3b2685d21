namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// A set of rights: of one role of the configuration, or, merged, of one connection. A policy for a board's own
/// address replaces the one for any board; the two are never added up.
/// </summary>
internal sealed class Role
{
    private readonly Dictionary<string, DevicePermissions> _boards = new(StringComparer.OrdinalIgnoreCase);
    private DevicePermissions? _anyBoard;

    internal bool QueryDevices { get; set; }

    /// <summary>Everything on every board.</summary>
    internal static Role Everything()
    {
        var role = new Role { QueryDevices = true };
        role.SetAny(DevicePermissions.All, granted: true);
        return role;
    }

    /// <summary>Makes sure that a policy exists, granting nothing yet: an empty section is a policy too.</summary>
    internal void Declare(string? board)
    {
        if (board is null)
            _anyBoard ??= DevicePermissions.None;
        else
            _boards.TryAdd(board, DevicePermissions.None);
    }

    internal void Set(string? board, DevicePermissions permissions, bool granted)
    {
        if (board is null)
        {
            SetAny(permissions, granted);
            return;
        }

        DevicePermissions old = _boards.GetValueOrDefault(board);
        _boards[board] = granted ? old | permissions : old & ~permissions;
    }

    /// <summary>Adds the rights of another role, field by field and policy by policy.</summary>
    internal void Merge(Role other)
    {
        QueryDevices |= other.QueryDevices;
        if (other._anyBoard is { } any)
            SetAny(any, granted: true);
        foreach ((string board, DevicePermissions permissions) in other._boards)
            Set(board, permissions, granted: true);
    }

    internal DevicePermissions PermissionsFor(string board) =>
        _boards.TryGetValue(board, out DevicePermissions permissions) ? permissions : _anyBoard ?? default;

    private void SetAny(DevicePermissions permissions, bool granted)
    {
        DevicePermissions old = _anyBoard ?? default;
        _anyBoard = granted ? old | permissions : old & ~permissions;
    }
}
