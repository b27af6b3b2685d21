namespace Scatterlist.Abi.Tests;

/// <summary>Each number and each layout that a room mirrors of C is the one in this system's headers.</summary>
public sealed class AbiTests
{
    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach ((string room, AbiTable table) in AbiTable.All)
            {
                foreach (AbiRow row in table.Rows)
                    rows.Add(room, row.Name);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void It_is_as_in_C(string room, string name)
    {
        AbiTable table = AbiTable.All[room];
        string? error = table.Check(table.Rows.Single(row => row.Name == name));
        Assert.True(error is null, error);
    }
}
