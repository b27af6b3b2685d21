using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Tests;

public class OptionsTests
{
    [Theory]
    [InlineData("Name an area.")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("--rounds 8", "hostfd", "--rounds", "8")]
    [InlineData("--rounds needs a value", "hostfd", "--rounds")]
    [InlineData("not many", "hostfd", "--rounds", "many")]
    [InlineData("not -1", "hostfd", "--cpu", "-1")]
    [InlineData("processor 99999", "hostfd", "--cpu", "99999")]
    public void Bad_usage_is_explained_and_gives_exit_code_2(string reason, params string[] arguments)
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();

        Assert.Equal(CompareProgram.BadUsage, CompareProgram.Run(arguments, output, progress));

        Assert.Empty(output.ToString());
        Assert.Contains(reason, progress.ToString(), StringComparison.Ordinal);
        Assert.Contains("usage:", progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_no_error()
    {
        using var output = new StringWriter();

        Assert.Equal(CompareProgram.AllMet, CompareProgram.Run(["--help"], output, TextWriter.Null));

        Assert.Contains("--rounds N", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_run_has_at_least_nine_rounds_and_a_quick_one_may_have_fewer()
    {
        Assert.Equal(9, CompareOptions.Parse(["hostfd", "--rounds", "9"]).Pace.Rounds);
        Assert.Equal(1, CompareOptions.Parse(["hostfd", "--rounds", "1", "--quick"]).Pace.Rounds);
        Assert.Null(CompareOptions.Parse(["hostfd"]).Pace.Rounds);
        Assert.True(Pace.FewestRounds >= 9);
    }
}
