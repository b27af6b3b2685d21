using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Devices;

/// <summary>Which provider is used, and the reason that is given. Providers are the process's: one test at a time.</summary>
public sealed class ProviderChoiceTests
{
    [Fact]
    public void The_first_provider_with_a_device_is_used_and_the_reason_says_why()
    {
        var soft = new FakeProvider("softroce", "soft0");
        VerbsProviders.Register(soft);
        var hard = new FakeProvider("libibverbs");
        VerbsProviders.Register(hard);
        Assert.Equal(["libibverbs", "softroce"], VerbsProviders.Names);

        ProviderChoice choice = VerbsProviders.Choose("auto");
        Assert.Equal("softroce", choice.Name);
        Assert.Contains("libibverbs: no device", choice.Reason, StringComparison.Ordinal);
        hard.Failure = new VerbsException("ibv_get_device_list", Errno.ENOSYS, "no library");
        Assert.Contains("no library", VerbsProviders.Choose("auto").Reason, StringComparison.Ordinal);
        Assert.Equal("soft0", Assert.Single(Device.GetList("auto")).Name);

        VerbsProviders.Register(new FakeProvider("libibverbs", "mlx5_0", "mlx5_1"));
        Assert.Equal("libibverbs", VerbsProviders.Choose("auto").Name);
        Assert.Equal(["mlx5_0", "mlx5_1"], Device.GetList().Select(device => device.Name));
        Device listed = Device.GetList("softroce").Single();
        Assert.Equal(
            ("soft0", "softroce", 42ul, NodeType.ChannelAdapter, TransportType.InfiniBand),
            (listed.Name, listed.ProviderName, listed.Guid, listed.NodeType, listed.TransportType));

        using (Context opened = Device.Open("soft0")) // auto asks all of them for a name
            Assert.Equal(("soft0", "softroce"), (opened.DeviceName, opened.ProviderName));
        VerbsException unknown = Assert.Throws<VerbsException>(() => Device.Open("soft0", "libibverbs"));
        Assert.Equal(VerbsErrorKind.NotFound, unknown.Kind);
        Assert.Contains("mlx5_0, mlx5_1", unknown.Message, StringComparison.Ordinal);

        unknown = Assert.Throws<VerbsException>(() => Device.GetList("other"));
        Assert.Equal(VerbsErrorKind.NotFound, unknown.Kind);
        Assert.Contains("softroce", unknown.Message, StringComparison.Ordinal);

        Environment.SetEnvironmentVariable(VerbsProviders.EnvironmentVariable, "softroce");
        try
        {
            choice = VerbsProviders.Choose();
            Assert.Equal("softroce", choice.Name);
            Assert.Contains("SCATTERLIST_VERBS=softroce", choice.Reason, StringComparison.Ordinal);
            Assert.Equal("libibverbs", VerbsProviders.Choose("libibverbs").Name);
        }
        finally
        {
            Environment.SetEnvironmentVariable(VerbsProviders.EnvironmentVariable, null);
        }
    }

    private sealed class FakeProvider(string name, params string[] devices) : VerbsProvider
    {
        internal VerbsException? Failure { get; set; }

        internal override string Name => name;

        internal override IReadOnlyList<ProviderDevice> GetDevices() =>
            Failure is null ? [.. devices.Select(device => new FakeDevice(device))] : throw Failure;
    }

    private sealed class FakeDevice(string name) : ProviderDevice
    {
        internal override string Name => name;

        internal override NodeType NodeType => NodeType.ChannelAdapter;

        internal override TransportType TransportType => TransportType.InfiniBand;

        internal override ulong Guid => 42;

        internal override ProviderContext Open() => new FakeContext();
    }
}
