namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

public sealed class PciAddressTests
{
    [Theory]
    [InlineData("0000:65:00.2", "0000:65:00")]
    [InlineData("0000:65:00", "0000:65:00")]
    [InlineData("", "")]
    [InlineData(".3", "")]
    public void The_function_is_stripped(string bdf, string board) =>
        Assert.Equal(board, PciAddress.WithoutFunction(bdf));

    [Theory]
    [InlineData("0000:65:00.2", 1, "0000:65:00.1")]
    [InlineData("0000:65:00", 0, "0000:65:00.0")]
    [InlineData("0000:65:00", 7, "0000:65:00.7")]
    [InlineData("0000:65:00", 8, null)]
    [InlineData("0000:65:00", -1, null)]
    [InlineData("", 0, null)]
    public void The_function_is_replaced(string bdf, int function, string? expected) =>
        Assert.Equal(expected, PciAddress.WithFunction(bdf, function));

    [Theory]
    [InlineData("65:00", "0000:65:00")]
    [InlineData("65:00.1", "0000:65:00")]
    [InlineData("0001:65:00.1", "0001:65:00")]
    [InlineData("nonsense", "nonsense")]
    public void One_colon_means_domain_zero(string bdf, string board) =>
        Assert.Equal(board, PciAddress.ToBoardLevel(bdf));

    [Theory]
    [InlineData("0000:6A:00.7", "0000:6a:00")]
    [InlineData("6a:00", "0000:6a:00")]
    [InlineData("0000:65:00.8", null)]
    [InlineData("0000:65:00.", null)]
    [InlineData("0000:65", null)]
    [InlineData("0000:65:0g", null)]
    [InlineData("0000:65:000", null)]
    [InlineData("65", null)]
    [InlineData("", null)]
    [InlineData("any", null)]
    public void A_selector_has_one_of_four_shapes(string text, string? board)
    {
        Assert.Equal(board is not null, PciAddress.TryParse(text, out string parsed));
        Assert.Equal(board ?? "", parsed);
    }

    [Theory]
    [InlineData(Errno.EINVAL, VrtdReturnCode.InvalidArgument)]
    [InlineData(Errno.ENODEV, VrtdReturnCode.NotExist)]
    [InlineData(Errno.EBUSY, VrtdReturnCode.Busy)]
    [InlineData(Errno.EPERM, VrtdReturnCode.AuthError)]
    [InlineData(Errno.EACCES, VrtdReturnCode.AuthError)]
    [InlineData(Errno.EIO, VrtdReturnCode.InternalError)]
    public void Hotplug_errors_become_codes(Errno errno, VrtdReturnCode code) =>
        Assert.Equal(code, HotplugErrno.ToReturnCode(errno));
}
