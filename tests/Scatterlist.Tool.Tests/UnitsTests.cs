using Scatterlist.Tool.Report;

namespace Scatterlist.Tool.Tests;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("0x1000", 4096)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("64KB", 64000)]
    [InlineData("1 MiB", 1 << 20)]
    [InlineData("2G", 2ul << 30)]
    [InlineData("3GB", 3_000_000_000ul)]
    [InlineData("15E", 15ul << 60)]
    [InlineData("7B", 7)]
    public void Sizes_are_read_as_people_write_them(string text, ulong bytes)
    {
        Assert.True(Units.TryParseSize(text, out ulong parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1.5G")]
    [InlineData("16E")]
    [InlineData("0x")]
    [InlineData("1 parsec")]
    [InlineData("99999999999999999999")]
    public void What_is_no_size_is_refused(string text) => Assert.False(Units.TryParseSize(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(64ul << 20, "64 MiB")]
    [InlineData(ulong.MaxValue, "16384 PiB")]
    public void Sizes_are_printed_with_the_largest_unit(ulong bytes, string text) =>
        Assert.Equal(text, Units.Size(bytes));

    [Theory]
    [InlineData(3.21e9, "3.21 GB/s")]
    [InlineData(512e6, "512.0 MB/s")]
    [InlineData(0, "0.0 MB/s")]
    public void Speeds_are_decimal(double speed, string text) => Assert.Equal(text, Units.Speed(speed));
}
