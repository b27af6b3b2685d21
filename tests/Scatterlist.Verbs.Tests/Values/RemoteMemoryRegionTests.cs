using System.Globalization;
using System.Text;

namespace Scatterlist.Verbs.Tests.Values;

/// <summary>What a peer needs to reach a region travels in both forms, and its key shows nowhere else.</summary>
public sealed class RemoteMemoryRegionTests
{
    private static readonly RemoteMemoryRegion Sample =
        new(new RemoteAddress(0x7f0012345000), 8192, new RemoteKey(0xcafe1234));

    [Fact]
    public void Both_forms_bring_every_region_back() => SeededRandom.Run(500, random =>
    {
        RemoteMemoryRegion region = Make(random);
        Span<byte> bytes = stackalloc byte[RemoteMemoryRegion.Size];
        region.Write(bytes);
        Assert.True(RemoteMemoryRegion.TryRead(bytes, out RemoteMemoryRegion read));
        Assert.Equal(region, read);
        Assert.Equal(region, RemoteMemoryRegion.Parse(region.ToText()));
    });

    [Fact]
    public void The_forms_are_what_their_documentation_says()
    {
        byte[] bytes = new byte[RemoteMemoryRegion.Size];
        Sample.Write(bytes);
        Assert.Equal("01000000cafe123400007f00123450000000000000002000", Convert.ToHexStringLower(bytes));
        Assert.Equal("v1,mr,address=0x7f0012345000,length=8192,key=0xcafe1234", Sample.ToText());
    }

    [Fact]
    public void The_key_is_in_no_text_but_the_one_for_the_peer()
    {
        string digits = Sample.Key.Value.ToString("x8", CultureInfo.InvariantCulture);
        Assert.DoesNotContain(digits, Sample.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(digits, $"{Sample}", StringComparison.OrdinalIgnoreCase);
        FormatException refused = Assert.Throws<FormatException>(
            () => RemoteMemoryRegion.Parse(Sample.ToText() + "x"));
        Assert.DoesNotContain(digits, refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    [InlineData(3, 128)]
    public void Other_versions_and_bytes_that_should_be_zero_are_refused(int place, byte value)
    {
        byte[] bytes = new byte[RemoteMemoryRegion.Size];
        Sample.Write(bytes);
        bytes[place] = value;
        Assert.False(RemoteMemoryRegion.TryRead(bytes, out _));
    }

    [Fact]
    public void A_region_past_the_end_of_the_address_space_is_refused_in_every_form()
    {
        byte[] bytes = new byte[RemoteMemoryRegion.Size];
        new RemoteMemoryRegion(new RemoteAddress(ulong.MaxValue - 10), 10, default).Write(bytes);
        Assert.True(RemoteMemoryRegion.TryRead(bytes, out _));
        bytes[^1] = 11;
        Assert.False(RemoteMemoryRegion.TryRead(bytes, out _));
        Assert.False(RemoteMemoryRegion.TryParse("v1,mr,address=0xffffffffffffffff,length=1,key=0x0", out _));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new RemoteMemoryRegion(new RemoteAddress(ulong.MaxValue), 1, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1,mr")]
    [InlineData("v1,mr,address=0x1,length=1")]
    [InlineData("v1,mr,address=0x1,length=1,key=0x100000000")]
    [InlineData("v1,mr,address=0x1,length=1,key=0x1,")]
    [InlineData("v1,mr,length=1,address=0x1,key=0x1")]
    [InlineData("v1,mraddress=0x1,length=1,key=0x1")]
    public void Other_text_is_no_region(string text) => Assert.False(RemoteMemoryRegion.TryParse(text, out _));

    [Fact]
    public void Parts_lie_inside_or_are_refused()
    {
        Assert.Equal(new RemoteMemoryRegion(Sample.Address + 100, 8092, Sample.Key), Sample.Slice(100));
        Assert.Equal(new RemoteMemoryRegion(Sample.Address + 100, 50, Sample.Key), Sample.Slice(100, 50));
        Assert.Equal(0ul, Sample.Slice(8192).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Slice(8193));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Slice(8192, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Slice(1, 8192));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sample.Slice(1, ulong.MaxValue));
    }

    [Fact]
    public void Any_bytes_and_any_text_are_refused_or_read_to_what_writes_them_again() => SeededRandom.Run(200, random =>
    {
        byte[] bytes = new byte[RemoteMemoryRegion.Size];
        byte[] again = new byte[RemoteMemoryRegion.Size];
        for (int i = 0; i < 50; i++)
        {
            RemoteMemoryRegion region = Make(random);
            region.Write(bytes);
            var text = new StringBuilder(region.ToText());
            for (int changes = random.Next(3); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            }

            if (RemoteMemoryRegion.TryRead(bytes, out RemoteMemoryRegion read))
            {
                read.Write(again);
                Assert.Equal(bytes, again);
            }

            if (RemoteMemoryRegion.TryParse(text.ToString(), out RemoteMemoryRegion parsed))
                Assert.Equal(parsed, RemoteMemoryRegion.Parse(parsed.ToText()));
        }
    });

    private static RemoteMemoryRegion Make(Random random)
    {
        ulong address = (ulong)random.NextInt64(long.MaxValue) * 2;
        return new RemoteMemoryRegion(
            new RemoteAddress(address), (ulong)random.NextInt64(long.MaxValue) % (ulong.MaxValue - address),
            new RemoteKey((uint)random.NextInt64(uint.MaxValue)));
    }
}
