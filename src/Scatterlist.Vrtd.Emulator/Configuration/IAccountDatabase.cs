namespace Scatterlist.Vrtd.Emulator;

/// <summary>The users and groups that the system knows.</summary>
internal interface IAccountDatabase
{
    /// <summary>A user's number, or null for an unknown name.</summary>
    uint? FindUser(string name);

    /// <summary>A group's number, or null for an unknown name.</summary>
    uint? FindGroup(string name);

    /// <summary>The primary and supplementary groups of a user, or null for a user without an entry.</summary>
    IReadOnlyCollection<uint>? GroupsOf(uint userId);
}
