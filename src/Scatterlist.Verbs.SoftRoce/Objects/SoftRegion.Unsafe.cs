using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A memory region of the soft NIC.</summary>
internal sealed unsafe class SoftRegion : ProviderRegion
{
    private readonly NativeHandle? _owner;
    private readonly SoftDeviceMemory? _deviceMemory;
    private readonly byte* _memory;

    internal SoftRegion(
        SoftDomain domain,
        Block memory,
        ulong iova,
        AccessFlags access,
        NativeHandle? owner,
        FileDescriptor? shared,
        ulong sharedOffset,
        SoftDeviceMemory? deviceMemory = null)
        : base(1, domain)
    {
        Domain = domain;
        Iova = iova;
        Length = memory.Length;
        Access = access;
        Shared = shared;
        SharedOffset = sharedOffset;
        _memory = (byte*)memory.Address;
        try
        {
            bool held = false;
            owner?.DangerousAddRef(ref held);
            _owner = owner;
            NicEngine engine = domain.Engine;
            engine.Enter();
            try
            {
                engine.Regions.Add(this);
                if (deviceMemory is not null)
                {
                    deviceMemory.RegionCount++;
                    _deviceMemory = deviceMemory;
                }
            }
            finally
            {
                engine.Exit();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal override LocalKey LocalKey => new(LocalKeyValue);

    internal override RemoteKey RemoteKey => new(RemoteKeyValue);

    internal SoftDomain Domain { get; }

    /// <summary>The address by which the first byte is named.</summary>
    internal ulong Iova { get; }

    internal nuint Length { get; }

    internal AccessFlags Access { get; }

    /// <summary>The memfd behind the memory, or null where another process cannot map it.</summary>
    internal FileDescriptor? Shared { get; }

    internal ulong SharedOffset { get; }

    internal uint LocalKeyValue { get; set; }

    internal uint RemoteKeyValue { get; set; }

    /// <summary>Whether a same-host peer may hold a grant for the region, which the deregistration must take back.</summary>
    internal bool IsGranted { get; set; }

    internal byte* TryResolve(SoftDomain domain, ulong address, ulong length, AccessFlags rights)
    {
        ulong offset = address - Iova;
        bool covered = address >= Iova && length <= Length && offset <= Length - length;
        return covered && domain == Domain && (Access & rights) == rights ? _memory + offset : null;
    }

    protected override bool ReleaseNative()
    {
        NicEngine engine = Domain.Engine;
        engine.Enter(); // nobody is inside the memory while the lock is ours
        try
        {
            engine.Regions.Remove(this);
            engine.RevokeRegion(this);
            if (_deviceMemory is not null)
                _deviceMemory.RegionCount--;
        }
        finally
        {
            engine.Exit();
        }

        _owner?.DangerousRelease();
        return true;
    }
}
