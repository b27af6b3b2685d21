using System.Text;
using Scatterlist.Vrtd.Emulator.Interop;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>The accounts of this system through its name service: files, LDAP or whatever it is set up with.</summary>
internal sealed unsafe class SystemAccounts : IAccountDatabase
{
    private const int FirstBuffer = 4096;
    private const int LargestBuffer = 1 << 20;

    private SystemAccounts()
    {
    }

    internal static SystemAccounts Instance { get; } = new();

    public uint? FindUser(string name)
    {
        fixed (byte* text = NullTerminated(name))
        {
            for (int size = FirstBuffer; size <= LargestBuffer; size *= 4)
            {
                Passwd entry;
                Passwd* found = null;
                fixed (byte* buffer = new byte[size])
                {
                    if (LibC.GetPwNam(text, &entry, buffer, (nuint)size, &found) != (int)Errno.ERANGE)
                        return found == null ? null : found->UserId;
                }
            }
        }

        return null;
    }

    public uint? FindGroup(string name)
    {
        fixed (byte* text = NullTerminated(name))
        {
            for (int size = FirstBuffer; size <= LargestBuffer; size *= 4)
            {
                Group entry;
                Group* found = null;
                fixed (byte* buffer = new byte[size])
                {
                    if (LibC.GetGrNam(text, &entry, buffer, (nuint)size, &found) != (int)Errno.ERANGE)
                        return found == null ? null : found->GroupId;
                }
            }
        }

        return null;
    }

    public IReadOnlyCollection<uint>? GroupsOf(uint userId)
    {
        for (int size = FirstBuffer; size <= LargestBuffer; size *= 4)
        {
            Passwd entry;
            Passwd* found = null;
            fixed (byte* buffer = new byte[size])
            {
                if (LibC.GetPwUid(userId, &entry, buffer, (nuint)size, &found) != (int)Errno.ERANGE)
                    return found == null ? null : GroupsOf(found->Name, found->GroupId);
            }
        }

        return null;
    }

    private static uint[] GroupsOf(byte* name, uint primary)
    {
        int capacity = 64;
        while (true)
        {
            var groups = new uint[capacity];
            int count = capacity;
            fixed (uint* list = groups)
            {
                if (LibC.GetGroupList(name, primary, list, &count) >= 0)
                    return groups[..count];
            }

            if (capacity > 1 << 16)
                return [primary];
            capacity = Math.Max(count, capacity * 2);
        }
    }

    private static byte[] NullTerminated(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
