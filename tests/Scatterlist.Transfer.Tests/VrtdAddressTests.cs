using Scatterlist.Transfer;

namespace Scatterlist.Transfer.Tests;

public sealed class VrtdAddressTests
{
    [Theory]
    [InlineData("vrtd:0@0x4000000000", "0", 0x40_0000_0000ul, null)]
    [InlineData("vrtd:1@4096+512", "1", 4096ul, 512ul)]
    [InlineData("vrtd:0000:03:00@0x60000000000+0x100000", "0000:03:00", 0x600_0000_0000ul, 0x10_0000ul)]
    [InlineData("vrtd:03:00.1@0", "03:00.1", 0ul, null)]
    public void Addresses_are_read_as_users_write_them(string text, string device, ulong address, ulong? length)
    {
        Assert.True(VrtdAddress.TryParse(text, out VrtdAddress? parsed, out _));
        Assert.Equal(new VrtdAddress(device, new DeviceAddress(address), length), parsed);
        Assert.True(VrtdAddress.TryParse(parsed.ToString(), out VrtdAddress? again, out _));
        Assert.Equal(parsed, again);
    }

    [Theory]
    [InlineData("vrtd:")]
    [InlineData("vrtd:0")]
    [InlineData("vrtd:@0x0")]
    [InlineData("vrtd:zero@0")]
    [InlineData("vrtd:-1@0")]
    [InlineData("vrtd:0@")]
    [InlineData("vrtd:0@-1")]
    [InlineData("vrtd:0@0x")]
    [InlineData("vrtd:0@1+")]
    [InlineData("vrtd:0@1+0")]
    [InlineData("vrtd:0@1+2+3")]
    [InlineData("vrtd:0@0x10000000000000000")]
    [InlineData("vrtd:0@0xffffffffffffffff+1")]
    [InlineData("vrtd:0@0xffffffffffffffff+2")]
    [InlineData("file")]
    public void Anything_else_is_refused_with_what_is_wrong(string text)
    {
        Assert.False(VrtdAddress.TryParse(text, out VrtdAddress? parsed, out string? error));
        Assert.Null(parsed);
        Assert.Contains(text.Length > 5 && text.StartsWith("vrtd", StringComparison.Ordinal) ? "vrtd:" : "vrtd", error,
            StringComparison.Ordinal);
    }
}
