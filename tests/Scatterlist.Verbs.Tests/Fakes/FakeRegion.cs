using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed class FakeRegion : ProviderRegion
{
    private static int _keys = 0x100;

    private readonly FakeDomain _domain;
    private readonly NativeHandle? _owner;
    private readonly FakeDeviceMemory? _memory;
    private readonly uint _key = (uint)Interlocked.Increment(ref _keys);

    internal FakeRegion(FakeDomain domain, NativeHandle? owner, FakeDeviceMemory? memory)
        : base(5, domain)
    {
        _domain = domain;
        bool held = false;
        owner?.DangerousAddRef(ref held);
        _owner = owner;
        _memory = memory;
        memory?.Count(1);
    }

    internal override LocalKey LocalKey => new(_key);

    internal override RemoteKey RemoteKey => new(_key + 0x10000);

    protected override bool ReleaseNative()
    {
        _domain.Context.NoteRelease("region");
        _memory?.Count(-1);
        _owner?.DangerousRelease();
        return true;
    }
}
