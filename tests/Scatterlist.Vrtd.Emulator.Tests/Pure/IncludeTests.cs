using Scatterlist.Testing;

namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

public sealed class IncludeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_relative_glob_counts_from_the_including_file_and_matches_in_order()
    {
        Write("roles.d/20-b.conf", "[role:r:any]\nqdma = no\nclock = yes\n");
        Write("roles.d/10-a.conf", "[role:r:any]\nqdma = yes\n");
        Write("roles.d/.hidden.conf", "[role:r:any]\nbuffer = yes\n");
        Write("roles.d/readme.txt", "not a configuration");
        string main = Write("vrtd.conf", "include-glob = roles.d/*.conf\n[user:*]\nrole = r\n");
        Assert.Equal(DevicePermissions.Clock, Permissions(main));
    }

    [Fact]
    public void A_glob_without_a_match_is_fine()
    {
        string main = Write("vrtd.conf", "include-glob = nothing.d/*.conf\n");
        Assert.Empty(VrtdConfiguration.Load(main, new FakeAccounts()).Warnings);
    }

    [Fact]
    public void Loops_end_because_a_file_is_read_once()
    {
        string second = Path.Combine(_directory.Path, "second.conf");
        string main = Write("vrtd.conf", $"include = {second}\n[role:r:any]\nqdma = yes\n[user:*]\nrole = r\n");
        Write("second.conf", $"include = {main}\ninclude = {second}\n[role:r:any]\nclock = yes\n");
        Assert.Equal(DevicePermissions.Qdma | DevicePermissions.Clock, Permissions(main));
    }

    [Fact]
    public void Sections_do_not_reach_into_or_out_of_an_included_file()
    {
        string inner = Write("inner.conf", "[role:r:any]\nqdma = yes\n");
        string main = Write("vrtd.conf", $"include = {inner}\nqdma = no\n[user:*]\nrole = r\n");
        Assert.Equal(DevicePermissions.Qdma, Permissions(main));
        Assert.Single(VrtdConfiguration.Load(main, new FakeAccounts()).Warnings);
    }

    [Fact]
    public void A_glob_after_a_nested_include_counts_from_the_nested_files_directory()
    {
        Write("inner/parts/x.conf", "[role:r:any]\nqdma = yes\n");
        Write("parts/x.conf", "[role:r:any]\nclock = yes\n");
        string inner = Write("inner/inner.conf", "");
        string main = Write("vrtd.conf", $"include = {inner}\ninclude-glob = parts/*.conf\n[user:*]\nrole = r\n");
        Assert.Equal(DevicePermissions.Qdma, Permissions(main));
    }

    [Theory]
    [InlineData("10-a.conf", "*.conf", true)]
    [InlineData("10-a.conf", "??-[a-c].conf", true)]
    [InlineData("10-d.conf", "??-[a-c].conf", false)]
    [InlineData("10-d.conf", "??-[!a-c].conf", true)]
    [InlineData(".hidden", "*", false)]
    [InlineData(".hidden", ".*", true)]
    [InlineData("abcabcabd", "*abd", true)]
    [InlineData("abc", "abc*", true)]
    [InlineData("ab[c", "ab[c", true)]
    [InlineData("x", "", false)]
    public void Patterns_match_as_in_a_shell(string name, string pattern, bool matches) =>
        Assert.Equal(matches, Glob.Matches(name, pattern));

    private static DevicePermissions Permissions(string path)
    {
        var accounts = new FakeAccounts();
        PeerIdentity peer = PeerIdentity.FromCredentials(1, FakeAccounts.Bob, FakeAccounts.Users, accounts);
        return VrtdConfiguration.Load(path, accounts).RightsOf(peer).PermissionsFor("0000:65:00");
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
