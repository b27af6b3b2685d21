namespace Scatterlist.Opae.Tests;

public sealed class ResultTests
{
    [Theory]
    [InlineData(0, FpgaResult.Ok, "success")]
    [InlineData(1, FpgaResult.InvalidParam, "invalid parameter")]
    [InlineData(2, FpgaResult.Busy, "resource busy")]
    [InlineData(3, FpgaResult.Exception, "exception")]
    [InlineData(4, FpgaResult.NotFound, "not found")]
    [InlineData(5, FpgaResult.NoMemory, "no memory")]
    [InlineData(6, FpgaResult.NotSupported, "not supported")]
    [InlineData(7, FpgaResult.NoDriver, "no driver available")]
    [InlineData(8, FpgaResult.NoDaemon, "no fpga daemon running")]
    [InlineData(9, FpgaResult.NoAccess, "insufficient privileges")]
    [InlineData(10, FpgaResult.ReconfigurationError, "reconfiguration error")]
    [InlineData(11, (FpgaResult)11, "unknown error")]
    [InlineData(-1, (FpgaResult)(-1), "unknown error")]
    public void Codes_have_opaes_numbers_and_words(int number, FpgaResult result, string text)
    {
        Assert.Equal(number, (int)result);
        Assert.Equal(text, result.Description());
    }

    [Fact]
    public void A_failure_names_operation_code_cause_errno_and_remedy()
    {
        var failure = new FpgaException(
            "PrepareBuffer(4096 bytes)", FpgaResult.NoMemory, Errno.ENOMEM, "the limit is reached", "Raise it.");
        Assert.Equal(
            "PrepareBuffer(4096 bytes) failed: ENOMEM (Cannot allocate memory): no memory (5): the limit is reached. "
            + "Raise it.",
            failure.Message);
        Assert.Equal((FpgaResult.NoMemory, Errno.ENOMEM, "Raise it."), (failure.Result, failure.Errno, failure.Remedy));
        Assert.Equal(FpgaResult.Exception, new FpgaException().Result);
    }
}
