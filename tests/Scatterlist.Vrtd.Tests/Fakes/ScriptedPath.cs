using System.Runtime.InteropServices;
using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Tests;

/// <summary>A path to memory whose single calls end as a test says: short, with an errno, or with nothing.</summary>
internal sealed class ScriptedPath(FileDescriptor descriptor, bool isRegularFile, byte[] device)
    : PositionalPath(descriptor, isRegularFile)
{
    /// <summary>Given a call's number from 0 and its bytes, tells how many bytes move, or a negative errno.</summary>
    public Func<int, nuint, nint>? Script { get; init; }

    /// <summary>The bytes that each call asked for.</summary>
    public List<nuint> Calls { get; } = [];

    protected override nint WriteOnce(nint from, nuint count, long offset)
    {
        nint moved = Decide(count);
        if (moved > 0)
            new Block(from, (nuint)moved).AsSpan().CopyTo(device.AsSpan((int)offset));
        return moved;
    }

    protected override nint ReadOnce(nint to, nuint count, long offset)
    {
        nint moved = Decide(count);
        if (moved > 0)
            device.AsSpan((int)offset, (int)moved).CopyTo(new Block(to, (nuint)moved).AsSpan());
        return moved;
    }

    private nint Decide(nuint count)
    {
        Calls.Add(count);
        nint moved = Script is null ? (nint)count : Script(Calls.Count - 1, count);
        if (moved >= 0)
            return moved;
        Marshal.SetLastSystemError((int)-moved);
        return -1;
    }
}
