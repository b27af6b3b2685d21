using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class AuthorisationTests
{
    private const string QueryOnly = "[role:see]\nquery-devices = yes\n[user:*]\nrole = see\n";

    private static readonly (Opcode Opcode, string Key)[] Guarded =
    [
        (Opcode.GetBarFd, "bar-access = full"),
        (Opcode.QdmaQueuePairAdd, "qdma = yes"),
        (Opcode.QdmaQueuePairOperation, "qdma = yes"),
        (Opcode.QdmaQueuePairGetFd, "qdma = yes"),
        (Opcode.DesignWrite, "design-write = yes"),
        (Opcode.ClockOperation, "clock = yes"),
        (Opcode.BufferOpen, "buffer = yes"),
        (Opcode.BufferClose, "buffer = yes"),
        (Opcode.DeviceHotplug, "pcie-hotplug = yes"),
        (Opcode.BufferOpenRaw, "raw-mem-access = yes"),
        (Opcode.CfgmemProgram, "cfgmem-program = yes"),
        (Opcode.CfgmemProgramStart, "cfgmem-program = yes"),
        (Opcode.SetShellState, "pcie-hotplug = yes"),
    ];

    private static readonly Opcode[] Queries =
    [
        Opcode.GetNumDevices,
        Opcode.GetDeviceInfo,
        Opcode.GetBarInfo,
        Opcode.QdmaGetInfo,
        Opcode.GetDeviceByBdf,
        Opcode.GetSensorInfo,
    ];

    [Fact]
    public void Queries_need_the_right_to_query_and_nothing_else()
    {
        using (EmulatedDaemon daemon = Start(QueryOnly))
        using (var client = new WireClient(daemon))
        {
            foreach (Opcode opcode in Queries)
                Assert.Equal(VrtdReturnCode.Ok, Ask(client, opcode));
        }

        using (EmulatedDaemon daemon = Start(""))
        using (var client = new WireClient(daemon))
        {
            foreach (Opcode opcode in Queries)
                Assert.Equal(VrtdReturnCode.AuthError, Ask(client, opcode));
        }
    }

    [Fact]
    public void Who_may_only_query_may_do_nothing_else()
    {
        using EmulatedDaemon daemon = Start(QueryOnly);
        using var client = new WireClient(daemon);
        foreach ((Opcode opcode, string _) in Guarded)
            Assert.True(Ask(client, opcode) == VrtdReturnCode.AuthError, opcode.ToString());
    }

    [Fact]
    public void Each_key_opens_its_own_requests_and_no_others()
    {
        foreach (string key in Guarded.Select(pair => pair.Key).Distinct())
        {
            using EmulatedDaemon daemon = Start(QueryOnly + $"role = more\n[role:more:any]\n{key}\n");
            using var client = new WireClient(daemon);
            foreach ((Opcode opcode, string needed) in Guarded)
            {
                bool isAllowed = Ask(client, opcode) != VrtdReturnCode.AuthError;
                Assert.True(isAllowed == (needed == key), $"{key}: {opcode} was {(isAllowed ? "allowed" : "denied")}");
            }
        }
    }

    [Fact]
    public void The_rights_to_a_card_do_not_help_without_the_right_to_query()
    {
        using EmulatedDaemon daemon = Start("[role:r:any]\nbuffer = yes\n[user:*]\nrole = r\n");
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.AuthError, Ask(client, Opcode.BufferOpen));
    }

    [Fact]
    public void An_exact_policy_is_asked_before_the_one_for_any_card()
    {
        using EmulatedDaemon daemon = Start(
            QueryOnly + "role = r\n[role:r:any]\nbuffer = yes\n[role:r:0000:66:00]\nclock = yes\n");
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.Ok, Ask(client, Opcode.BufferOpen, device: 0));
        Assert.Equal(VrtdReturnCode.AuthError, Ask(client, Opcode.BufferOpen, device: 1));
        Assert.Equal(VrtdReturnCode.AuthError, Ask(client, Opcode.ClockOperation, device: 0));
        Assert.Equal(VrtdReturnCode.Ok, Ask(client, Opcode.ClockOperation, device: 1));
    }

    [Fact]
    public void A_card_that_does_not_exist_fails_authorisation_where_a_right_to_it_is_needed()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = WireProfile.Version2 });
        using var client = new WireClient(daemon);
        foreach ((Opcode opcode, string _) in Guarded)
            Assert.True(Ask(client, opcode, device: 7) == VrtdReturnCode.AuthError, opcode.ToString());
        foreach (Opcode opcode in Queries.Except([Opcode.GetNumDevices, Opcode.GetDeviceByBdf]))
            Assert.True(Ask(client, opcode, device: 7) == VrtdReturnCode.NotExist, opcode.ToString());
    }

    [Fact]
    public void Authorisation_comes_before_the_length()
    {
        using EmulatedDaemon daemon = Start(QueryOnly);
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.AuthError, client.CodeOf(Opcode.BufferOpen, new byte[5]));
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.CfgmemProgram, new byte[5]));
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.SetShellState, new byte[5]));
    }

    [Fact]
    public void A_reload_takes_effect_for_clients_that_are_connected()
    {
        using var directory = new TempDirectory();
        string path = directory["vrtd.conf"];
        File.WriteAllText(path, QueryOnly);
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { ConfigurationPath = path });
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.AuthError, Ask(client, Opcode.BufferOpen));
        File.WriteAllText(path, QueryOnly + "role = r\n[role:r:any]\nbuffer = yes\n");
        daemon.ReloadConfiguration();
        Assert.Equal(VrtdReturnCode.Ok, Ask(client, Opcode.BufferOpen));
    }

    [Fact]
    public void A_reload_that_fails_keeps_the_configuration_in_force()
    {
        using var directory = new TempDirectory();
        string path = directory["vrtd.conf"];
        File.WriteAllText(path, QueryOnly);
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { ConfigurationPath = path });
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.Ok, Ask(client, Opcode.GetNumDevices));
        File.WriteAllText(path, "[user:there-is-no-such-user]\nrole = see\n");
        Assert.Throws<ConfigurationException>(daemon.ReloadConfiguration);
        File.Delete(path);
        Assert.Throws<ConfigurationException>(daemon.ReloadConfiguration);
        Assert.Equal(VrtdReturnCode.Ok, Ask(client, Opcode.GetNumDevices));
        using var newcomer = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.Ok, Ask(newcomer, Opcode.GetNumDevices));
    }

    [Fact]
    public void A_configuration_that_cannot_be_used_keeps_the_daemon_from_starting() =>
        Assert.Throws<ConfigurationException>(
            () => EmulatedDaemon.Start(new EmulatorOptions { ConfigurationPath = "/nonexistent/vrtd.conf" }));

    private static EmulatedDaemon Start(string configuration) => EmulatedDaemon.Start(new EmulatorOptions
    {
        Profile = WireProfile.Version2,
        DeviceCount = 2,
        Configuration = VrtdConfiguration.Parse(configuration),
    });

    private static VrtdReturnCode Ask(WireClient client, Opcode opcode, uint device = 0) =>
        client.CodeOf(opcode, Requests.Of(opcode, WireShape.V2, device));
}
