using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>What a device tells about itself.</summary>
public sealed class DeviceTests
{
    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_device_of_the_list_opens_by_its_name(Medium medium)
    {
        string provider = OpenOne(medium).ProviderName;
        IReadOnlyList<Device> devices = Device.GetList(provider);

        Assert.NotEmpty(devices);
        using Context context = devices[0].Open();
        Assert.Equal(devices[0].Name, context.DeviceName);
        using Context again = Device.Open(devices[0].Name, provider);
        Assert.Equal(devices[0].Name, again.DeviceName);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_device_that_is_not_there_is_not_found(Medium medium)
    {
        string provider = OpenOne(medium).ProviderName;

        VerbsException e = Assert.Throws<VerbsException>(() => Device.Open("no such device", provider));

        Assert.Equal(VerbsErrorKind.NotFound, e.Kind);
        Assert.Contains("no such device", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_device_tells_limits_that_a_program_can_work_with(Medium medium)
    {
        using Context context = OpenOne(medium);
        DeviceAttributes attributes = context.Attributes;

        Assert.NotEqual(0ul, attributes.NodeGuid);
        Assert.True(attributes.MaxQueuePairs >= 64);
        Assert.True(attributes.MaxWorkRequests >= 128);
        Assert.True(attributes.MaxElements >= 1);
        Assert.True(attributes.MaxCompletionQueues >= 64);
        Assert.True(attributes.MaxCompletionQueueEntries >= 256);
        Assert.True(attributes.MaxRegions >= 64);
        Assert.True(attributes.MaxDomains >= 1);
        Assert.True(attributes.MaxReadAtomic >= 1);
        Assert.True(attributes.MaxInitiatorReadAtomic >= 1);
        Assert.True(attributes.MaxRegionSize >= 1 << 30);
        Assert.True(attributes.PortCount >= 1);
        Assert.NotEqual(0ul, attributes.PageSizes & 4096);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_port_is_active_and_carries_messages(Medium medium)
    {
        using Context context = OpenOne(medium);

        PortAttributes port = context.QueryPort();

        Assert.Equal(PortState.Active, port.State);
        Assert.InRange(port.ActiveMtu, Mtu.Bytes256, port.MaxMtu);
        Assert.True(port.MaxMessageSize >= 1 << 20);
        Assert.True(port.GidTableLength >= 1);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_port_that_is_not_there_is_refused(Medium medium)
    {
        using Context context = OpenOne(medium);
        byte missing = (byte)(context.Attributes.PortCount + 1);

        foreach (byte port in new byte[] { 0, missing })
        {
            VerbsException e = Assert.Throws<VerbsException>(() => context.QueryPort(port));
            Assert.Equal(VerbsErrorKind.InvalidInput, e.Kind);
            Assert.Contains($"{port}", e.Message, StringComparison.Ordinal);
            Assert.Throws<VerbsException>(() => context.GetDefaultGid(port));
            Assert.Throws<VerbsException>(() => context.QueryPartitionKey(0, port));
        }
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void The_gid_table_lists_addresses_with_index_and_type(Medium medium)
    {
        using Context context = OpenOne(medium);

        IReadOnlyList<GidEntry> gids = context.GetGids();

        Assert.NotEmpty(gids);
        Assert.All(gids, entry => Assert.False(entry.Gid.IsZero));
        Assert.Equal(gids.Count, gids.Select(entry => (entry.Port, entry.Index)).Distinct().Count());
        Assert.Contains(context.GetDefaultGid(), gids);
        Assert.All(gids, entry => Assert.InRange(entry.Index, 0, context.QueryPort(entry.Port).GidTableLength - 1));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void The_first_partition_key_is_the_default_one(Medium medium)
    {
        using Context context = OpenOne(medium);

        Assert.Equal(0x7fff, context.QueryPartitionKey() & 0x7fff);
        Assert.Throws<VerbsException>(() => context.QueryPartitionKey(int.MaxValue));
        Assert.Throws<VerbsException>(() => context.QueryPartitionKey(-1));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_closed_device_says_so(Medium medium)
    {
        Context context = OpenOne(medium);
        context.Dispose();
        context.Dispose();

        Assert.True(context.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => context.AllocateDomain());
        Assert.Throws<ObjectDisposedException>(() => context.QueryPort());
        Assert.Throws<ObjectDisposedException>(() => context.GetGids());
        Assert.Throws<ObjectDisposedException>(() => context.CreateCompletionQueue(16));
        Assert.Throws<ObjectDisposedException>(() => context.AllocateDeviceMemory(64));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_quiet_device_has_no_asynchronous_event(Medium medium)
    {
        using Context context = OpenOne(medium);

        Assert.True(context.AsyncEventDescriptor >= 0);
        Assert.False(context.TryGetAsyncEvent(out _));
    }

    private static Context OpenOne(Medium medium) => Rig.OpenContext(medium);
}
