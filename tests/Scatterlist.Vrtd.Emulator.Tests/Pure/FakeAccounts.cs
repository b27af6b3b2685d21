namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

/// <summary>A system with alice (1000: users, fpga) and bob (1001: users), and without anybody else.</summary>
internal sealed class FakeAccounts : IAccountDatabase
{
    internal const uint Alice = 1000;
    internal const uint Bob = 1001;
    internal const uint Stranger = 424_242;
    internal const uint Users = 100;
    internal const uint Fpga = 200;

    public uint? FindUser(string name) => name switch
    {
        "alice" => Alice,
        "bob" => Bob,
        _ => null,
    };

    public uint? FindGroup(string name) => name switch
    {
        "users" => Users,
        "fpga" => Fpga,
        _ => null,
    };

    public IReadOnlyCollection<uint>? GroupsOf(uint userId) => userId switch
    {
        Alice => [Users, Fpga],
        Bob => [Users],
        _ => null,
    };
}
