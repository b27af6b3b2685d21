namespace Scatterlist.Tests.Addressing;

/// <summary>The three kinds of address behave alike and cannot be mixed up.</summary>
public sealed class AddressTests
{
    [Fact]
    public void Adding_and_subtracting_count_bytes()
    {
        Assert.Equal(new DeviceAddress(0x1010), new DeviceAddress(0x1000) + 0x10);
        Assert.Equal(new IoAddress(0x1010), new IoAddress(0x1000).Add(0x10));
        Assert.Equal(new RemoteAddress(0x1010), new RemoteAddress(0x1000) + 0x10);
        Assert.Equal(0x10ul, new DeviceAddress(0x1010) - new DeviceAddress(0x1000));
        Assert.Equal(0x10ul, new IoAddress(0x1010).Subtract(new IoAddress(0x1000)));
        Assert.Equal(0x10ul, new RemoteAddress(0x1010) - new RemoteAddress(0x1000));
        Assert.Equal(ulong.MaxValue, (new DeviceAddress(0) + ulong.MaxValue).Value);
    }

    [Fact]
    public void An_overflow_is_an_error_and_never_wraps()
    {
        Assert.Throws<OverflowException>(() => new DeviceAddress(ulong.MaxValue) + 1);
        Assert.Throws<OverflowException>(() => new IoAddress(2) + (ulong.MaxValue - 1));
        Assert.Throws<OverflowException>(() => new RemoteAddress(ulong.MaxValue).Add(ulong.MaxValue));
        Assert.Throws<OverflowException>(() => new DeviceAddress(1) - new DeviceAddress(2));
        Assert.Throws<OverflowException>(() => new IoAddress(0) - new IoAddress(1));
        Assert.Throws<OverflowException>(() => new RemoteAddress(0).Subtract(new RemoteAddress(ulong.MaxValue)));
    }

    [Fact]
    public void They_compare_as_numbers()
    {
        ulong[] values = [ulong.MaxValue, 0, 1ul << 63, 5];
        ulong[] sorted = [0, 5, 1ul << 63, ulong.MaxValue];
        Assert.Equal(sorted, values.Select(v => new DeviceAddress(v)).Order().Select(a => a.Value));
        Assert.Equal(sorted, values.Select(v => new IoAddress(v)).Order().Select(a => a.Value));
        Assert.Equal(sorted, values.Select(v => new RemoteAddress(v)).Order().Select(a => a.Value));
        Assert.True(new DeviceAddress(1) < new DeviceAddress(1ul << 63));
        Assert.True(new IoAddress(1ul << 63) > new IoAddress(1));
        Assert.True(new RemoteAddress(1) <= new RemoteAddress(1) && new RemoteAddress(1) >= new RemoteAddress(1));
        Assert.False(new DeviceAddress(2) <= new DeviceAddress(1));
        Assert.False(new IoAddress(1) >= new IoAddress(2));
    }

    [Theory]
    [InlineData(0x1000, 0x1000, true)]
    [InlineData(0x1800, 0x1000, false)]
    [InlineData(0x1801, 1, true)]
    [InlineData(0, 0x8000, true)]
    public void Alignment_is_to_a_power_of_two(long address, long alignment, bool aligned)
    {
        Assert.Equal(aligned, new DeviceAddress((ulong)address).IsAligned((ulong)alignment));
        Assert.Equal(aligned, new IoAddress((ulong)address).IsAligned((ulong)alignment));
        Assert.Equal(aligned, new RemoteAddress((ulong)address).IsAligned((ulong)alignment));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4097)]
    public void Other_alignments_are_refused(int alignment)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceAddress(0).IsAligned((ulong)alignment));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IoAddress(0).IsAligned((ulong)alignment));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteAddress(0).IsAligned((ulong)alignment));
    }

    [Fact]
    public void Addresses_and_local_keys_print_in_hexadecimal()
    {
        Assert.Equal("0x4000000000", new DeviceAddress(0x40_0000_0000).ToString());
        Assert.Equal("0xffffffffffffffff", new IoAddress(ulong.MaxValue).ToString());
        Assert.Equal("0x0", default(RemoteAddress).ToString());
        Assert.Equal("0x0000002a", new LocalKey(42).ToString());
    }

    [Fact]
    public void A_remote_key_never_prints()
    {
        var key = new RemoteKey(0xdeadbeef);
        Assert.Equal("(hidden)", key.ToString());
        Assert.Equal("(hidden)", $"{key}");
        string shown = new { Key = key, Where = new RemoteAddress(16) }.ToString()!;
        Assert.DoesNotContain("deadbeef", shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("3735928559", shown, StringComparison.Ordinal);
        Assert.Equal(0xdeadbeef, key.Value);
    }
}
