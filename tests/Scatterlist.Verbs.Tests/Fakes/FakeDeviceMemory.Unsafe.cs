using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed unsafe class FakeDeviceMemory(FakeContext context, nuint length) : ProviderDeviceMemory(7, context)
{
    private readonly byte[] _bytes = new byte[length];
    private int _regions;

    internal override int Regions => _regions;

    internal void Count(int change) => Interlocked.Add(ref _regions, change);

    internal override Errno CopyTo(nuint offset, byte* source, nuint length)
    {
        if (length % 4 != 0)
            return Errno.EINVAL;
        new ReadOnlySpan<byte>(source, (int)length).CopyTo(_bytes.AsSpan((int)offset));
        return Errno.None;
    }

    internal override Errno CopyFrom(nuint offset, byte* destination, nuint length)
    {
        if (length % 4 != 0)
            return Errno.EINVAL;
        _bytes.AsSpan((int)offset, (int)length).CopyTo(new Span<byte>(destination, (int)length));
        return Errno.None;
    }

    protected override bool ReleaseNative()
    {
        context.NoteRelease("device memory");
        return true;
    }
}
