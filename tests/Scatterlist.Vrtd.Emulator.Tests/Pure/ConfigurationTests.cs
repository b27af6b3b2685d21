namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

public sealed class ConfigurationTests
{
    private const string Board = "0000:65:00";
    private const string OtherBoard = "0000:66:00";
    private static readonly FakeAccounts Accounts = new();

    [Fact]
    public void Nobody_has_rights_under_an_empty_configuration()
    {
        Role rights = RightsOf("", FakeAccounts.Alice);
        Assert.False(rights.QueryDevices);
        Assert.Equal(DevicePermissions.None, rights.PermissionsFor(Board));
    }

    [Fact]
    public void Full_access_is_everything_for_everybody()
    {
        Role rights = VrtdConfiguration.FullAccess.RightsOf(Peer(FakeAccounts.Stranger));
        Assert.True(rights.QueryDevices);
        Assert.Equal(DevicePermissions.All, rights.PermissionsFor(Board));
    }

    [Fact]
    public void Every_key_grants_its_own_permission()
    {
        Role rights = RightsOf(
            """
            ; comments start with a semicolon
            # or a hash
            [role:all]
            query-devices = yes
            [role:all:any]
            bar-access = full
            qdma = yes
            buffer = yes
            design-write = yes
            clock = yes
            pcie-hotplug = yes
            raw-mem-access = yes
            cfgmem-program = yes
            [user:alice]
            role = all
            """,
            FakeAccounts.Alice);
        Assert.True(rights.QueryDevices);
        Assert.Equal(DevicePermissions.All, rights.PermissionsFor(Board));
    }

    [Fact]
    public void Rights_add_up_over_everybody_the_user_and_all_groups()
    {
        const string text =
            """
            [role:see]
            query-devices = yes
            [role:buffers:any]
            buffer = yes
            [role:clocks:any]
            clock = yes
            [role:raw:any]
            raw-mem-access = yes
            [user:*]
            role = see
            [user:alice]
            role = clocks
            role = raw
            [group:fpga]
            role = buffers
            """;
        Role alice = RightsOf(text, FakeAccounts.Alice);
        Assert.Equal(
            DevicePermissions.Buffer | DevicePermissions.Clock | DevicePermissions.RawMemoryAccess,
            alice.PermissionsFor(Board));
        Role bob = RightsOf(text, FakeAccounts.Bob);
        Assert.True(bob.QueryDevices);
        Assert.Equal(DevicePermissions.None, bob.PermissionsFor(Board));
    }

    [Fact]
    public void An_exact_policy_replaces_the_one_for_any_board()
    {
        Role rights = RightsOf(
            """
            [role:r:any]
            buffer = yes
            clock = yes
            [role:r:65:00.1]
            qdma = yes
            [user:*]
            role = r
            """,
            FakeAccounts.Bob);
        Assert.Equal(DevicePermissions.Qdma, rights.PermissionsFor(Board));
        Assert.Equal(DevicePermissions.Buffer | DevicePermissions.Clock, rights.PermissionsFor(OtherBoard));
    }

    [Fact]
    public void Policies_of_several_roles_are_added_field_by_field_before_the_exact_one_wins()
    {
        Role rights = RightsOf(
            """
            [role:a:any]
            buffer = yes
            [role:b:0000:65:00]
            qdma = yes
            [role:c:0000:65:00]
            clock = yes
            [role:d:0000:67:00]
            clock = yes
            [user:*]
            role = a
            role = b
            role = c
            role = d
            """,
            FakeAccounts.Bob);
        Assert.Equal(DevicePermissions.Qdma | DevicePermissions.Clock, rights.PermissionsFor(Board));
        Assert.Equal(DevicePermissions.Buffer, rights.PermissionsFor(OtherBoard));
        Assert.Equal(DevicePermissions.Clock, rights.PermissionsFor("0000:67:00"));
    }

    [Fact]
    public void An_empty_exact_section_takes_everything_away()
    {
        Role rights = RightsOf("[role:r:any]\nqdma = yes\n[role:r:65:00]\n[user:*]\nrole = r\n", FakeAccounts.Bob);
        Assert.Equal(DevicePermissions.None, rights.PermissionsFor(Board));
        Assert.Equal(DevicePermissions.Qdma, rights.PermissionsFor(OtherBoard));
    }

    [Fact]
    public void Inside_one_role_the_last_value_wins()
    {
        Role rights = RightsOf(
            "[role:r:any]\nqdma = yes\n[role:r:any]\nqdma = no\nclock = no\nclock = yes\n[user:*]\nrole = r\n",
            FakeAccounts.Bob);
        Assert.Equal(DevicePermissions.Clock, rights.PermissionsFor(Board));
    }

    [Theory]
    [InlineData("[role:r]\nquery-devices = Yes")]
    [InlineData("[role:r]\nquery-devices = 1")]
    [InlineData("[role:r]\nqdma = yes")]
    [InlineData("[role:r]\ncolour = blue")]
    [InlineData("[role:r:any]\nbar-access = yes")]
    [InlineData("[role:r:any]\nqdma = true")]
    [InlineData("[role:r:any]\nquery-devices = yes")]
    [InlineData("[role:r:everywhere]")]
    [InlineData("[role:r:65:00.9]")]
    [InlineData("[user:nobody-of-that-name]")]
    [InlineData("[group:no-such-group]")]
    [InlineData("[role:r")]
    [InlineData("just words")]
    [InlineData("include = /nonexistent/vrtd.conf")]
    public void A_fatal_line_rejects_everything_and_is_named(string text)
    {
        var problem = Assert.Throws<ConfigurationException>(
            () => VrtdConfiguration.Parse("# first\n" + text, Accounts));
        Assert.InRange(problem.Line, 2, 3);
        Assert.Contains("line " + problem.Line, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[weather]\nsunny = yes")]
    [InlineData("colour = blue")]
    [InlineData("[user:alice]\nrole = undefined")]
    public void What_is_merely_odd_is_a_warning(string text) =>
        Assert.Single(VrtdConfiguration.Parse(text, Accounts).Warnings);

    [Fact]
    public void The_mock_key_is_read_and_has_no_effect() =>
        Assert.Empty(VrtdConfiguration.Parse("enable-mock-device = perhaps", Accounts).Warnings);

    [Theory]
    [InlineData("1", true)]
    [InlineData(" Yes ", true)]
    [InlineData("y", true)]
    [InlineData("TRUE", true)]
    [InlineData("on", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void The_lenient_boolean_knows_four_words(string? text, bool value) =>
        Assert.Equal(value, LenientBoolean.Parse(text));

    [Fact]
    public void A_user_without_a_passwd_entry_keeps_its_numbers()
    {
        PeerIdentity peer = PeerIdentity.FromCredentials(1, FakeAccounts.Stranger, 777, Accounts);
        Assert.Equal(FakeAccounts.Stranger, peer.UserId);
        Assert.Equal([777u], peer.GroupIds);
        VrtdConfiguration configuration = VrtdConfiguration.Parse(
            "[role:see]\nquery-devices = yes\n[user:*]\nrole = see\n", Accounts);
        Assert.True(configuration.RightsOf(peer).QueryDevices);
    }

    [Fact]
    public void The_systems_accounts_are_found()
    {
        Assert.Equal(0u, SystemAccounts.Instance.FindUser("root"));
        Assert.Equal(0u, SystemAccounts.Instance.FindGroup("root"));
        Assert.Contains(0u, SystemAccounts.Instance.GroupsOf(0)!);
        Assert.Null(SystemAccounts.Instance.FindUser("no-such-user-on-any-system"));
        Assert.Null(SystemAccounts.Instance.FindGroup("no-such-group-on-any-system"));
        Assert.Null(SystemAccounts.Instance.GroupsOf(3_999_999_999));
    }

    private static Role RightsOf(string text, uint user) =>
        VrtdConfiguration.Parse(text, Accounts).RightsOf(Peer(user));

    private static PeerIdentity Peer(uint user) => PeerIdentity.FromCredentials(1, user, FakeAccounts.Users, Accounts);
}
