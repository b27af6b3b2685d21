using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

/// <summary>A device that does nothing by itself: tests say what completes, and see what was posted.</summary>
internal sealed class FakeContext : ProviderContext
{
    private readonly FileDescriptor _events = HostFd.EventDescriptor.Create();
    private readonly Queue<(AsyncEventType Type, NativeHandle? Element, byte Port)> _queue = new();
    private uint _nextNumber = 16;

    internal FakeContext()
        : base(1)
    {
    }

    /// <summary>Releases of native objects, in their order.</summary>
    internal List<string> Released { get; } = [];

    internal DeviceAttributes Attributes { get; set; } = new()
    {
        MaxRegionSize = 1ul << 40,
        MaxQueuePairs = 100,
        MaxWorkRequests = 1000,
        MaxElements = 8,
        MaxInlineBytes = 256,
        MaxCompletionQueues = 100,
        MaxCompletionQueueEntries = 10000,
        MaxRegions = 100,
        MaxDomains = 10,
        MaxReadAtomic = 16,
        MaxInitiatorReadAtomic = 12,
        AtomicCapability = AtomicCapability.Device,
        MaxSharedReceiveQueues = 10,
        MaxSharedReceiveWorkRequests = 100,
        MaxSharedReceiveElements = 4,
        MaxPartitionKeys = 1,
        MaxDeviceMemory = 4096,
    };

    internal PortAttributes Port { get; set; } = new()
    {
        State = PortState.Active,
        MaxMtu = Mtu.Bytes4096,
        ActiveMtu = Mtu.Bytes1024,
        GidTableLength = 4,
        MaxMessageSize = 1u << 30,
        LinkLayer = LinkLayer.Ethernet,
    };

    internal List<GidEntry> Gids { get; } =
    [
        new(Gid.Parse("fe80::1"), 0, 1, GidType.RoceV1),
        new(Gid.Parse("fe80::1"), 1, 1, GidType.RoceV2),
        new(Gid.Parse("10.0.0.1"), 2, 1, GidType.RoceV1),
        new(Gid.Parse("10.0.0.1"), 3, 1, GidType.RoceV2),
    ];

    internal List<FakeQueuePair> QueuePairs { get; } = [];

    /// <summary>Whether posted sends complete at once.</summary>
    internal bool CompletesAtOnce { get; set; }

    internal override int AsyncEventDescriptor
    {
        get
        {
            During?.Invoke("async_fd");
            return _events.Value;
        }
    }

    /// <summary>What a queue pair takes inline, whatever the attributes tell.</summary>
    internal int MostInline { get; set; } = int.MaxValue;

    internal bool FailsQuerySrq { get; set; }

    /// <summary>What channels give instead of their descriptor: one that nobody can watch.</summary>
    internal int? BadDescriptor { get; set; }

    internal Errno FailsNextInit { get; set; }

    /// <summary>Is called in the middle of every verb that is not on the data path, with its name.</summary>
    internal Action<string>? During { get; set; }

    internal static (FakeContext Fake, Context Context) Open()
    {
        var fake = new FakeContext();
        return (fake, new Context(fake, "fake0", "fake"));
    }

    /// <summary>Another handle of a device with the same attributes.</summary>
    internal FakeContext Reopen() => new() { Attributes = Attributes };

    internal uint NextNumber() => Interlocked.Increment(ref _nextNumber);

    internal void NoteRelease(string what)
    {
        lock (Released)
            Released.Add(what);
    }

    internal void Raise(AsyncEventType type, NativeHandle? element, byte port)
    {
        lock (_queue)
            _queue.Enqueue((type, element, port));
        HostFd.EventDescriptor.Signal(_events);
    }

    internal override DeviceAttributes QueryDevice() => Attributes;

    internal override PortAttributes QueryPort(byte port)
    {
        During?.Invoke("query_port");
        return Port;
    }

    internal override IReadOnlyList<GidEntry> QueryGids()
    {
        During?.Invoke("query_gids");
        return Gids;
    }

    internal override ushort QueryPartitionKey(byte port, int index)
    {
        During?.Invoke("query_pkey");
        return 0xffff;
    }

    internal override ProviderDomain AllocateDomain()
    {
        During?.Invoke("alloc_pd");
        return new FakeDomain(this);
    }

    internal override ProviderCompletionChannel CreateCompletionChannel()
    {
        During?.Invoke("create_channel");
        return new FakeChannel(this);
    }

    internal override ProviderCompletionQueue CreateCompletionQueue(
        int entries, ProviderCompletionChannel? channel, int vector)
    {
        During?.Invoke("create_cq");
        return new FakeCompletionQueue(this, entries, (FakeChannel?)channel);
    }

    internal override ProviderDeviceMemory AllocateDeviceMemory(nuint length, uint logAlignment)
    {
        During?.Invoke("alloc_dm");
        return length <= Attributes.MaxDeviceMemory
            ? new FakeDeviceMemory(this, length)
            : throw new VerbsException($"ibv_alloc_dm(length {length})", Errno.ENOMEM);
    }

    internal override bool TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out byte port)
    {
        During?.Invoke("async_event");
        lock (_queue)
        {
            HostFd.EventDescriptor.Take(_events);
            bool any = _queue.TryDequeue(out (AsyncEventType Type, NativeHandle? Element, byte Port) next);
            (type, element, port) = next;
            if (_queue.Count != 0)
                HostFd.EventDescriptor.Signal(_events);
            return any;
        }
    }

    protected override bool ReleaseNative()
    {
        NoteRelease("context");
        _events.Dispose();
        return true;
    }
}
