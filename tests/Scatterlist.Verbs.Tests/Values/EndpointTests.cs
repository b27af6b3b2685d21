using System.Text;

namespace Scatterlist.Verbs.Tests.Values;

/// <summary>An endpoint travels in both forms, and nothing but an endpoint is taken for one.</summary>
public sealed class EndpointTests
{
    [Fact]
    public void Both_forms_bring_every_endpoint_back() => SeededRandom.Run(500, random =>
    {
        QueuePairEndpoint endpoint = Make(random);
        Span<byte> bytes = stackalloc byte[QueuePairEndpoint.Size];
        endpoint.Write(bytes);
        Assert.True(QueuePairEndpoint.TryRead(bytes, out QueuePairEndpoint read));
        Assert.Equal(endpoint, read);
        Assert.Equal(endpoint, QueuePairEndpoint.Parse(endpoint.ToString()));
    });

    [Fact]
    public void The_forms_are_what_their_documentation_says()
    {
        var endpoint = new QueuePairEndpoint(Gid.Parse("10.0.0.1"), 0x11, 0xabcdef, Mtu.Bytes1024, 7)
        {
            ReadAtomicDepth = 16, QueueKey = 0x11111111,
        };
        Assert.Equal(
            "v1,qp,rc,qpn=0x000011,psn=0xabcdef,mtu=1024,depth=16,qkey=0x11111111,lid=7,"
            + "gid=0000:0000:0000:0000:0000:ffff:0a00:0001",
            endpoint.ToString());
        byte[] bytes = new byte[QueuePairEndpoint.Size];
        endpoint.Write(bytes);
        Assert.Equal(
            "010203100000001100abcdef111111110007000000000000000000000000ffff0a000001", Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Text_of_other_programs_may_be_decimal_and_name_an_ip_address()
    {
        QueuePairEndpoint endpoint = QueuePairEndpoint.Parse(
            "v1,qp,ud,qpn=17,psn=5,mtu=4096,depth=0,qkey=1,lid=0,gid=::ffff:10.0.0.1");
        Assert.Equal(17u, endpoint.Number);
        Assert.Equal(QueuePairType.UnreliableDatagram, endpoint.Type);
        Assert.True(endpoint.Gid.IsIPv4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1,qp")]
    [InlineData("v2,qp,rc,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,xx,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=0,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=0x1000000,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=1,psn=16777216,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1000,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1024,depth=256,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=65536,gid=::1")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1,")]
    [InlineData("v1,qp,rc,qpn=1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1,x=1")]
    [InlineData("v1,qp,rc,psn=0,qpn=1,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=-1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=+1,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=0x,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    [InlineData("v1,qp,rc,qpn=99999999999999999999999,psn=0,mtu=1024,depth=1,qkey=0,lid=0,gid=::1")]
    public void Other_text_is_no_endpoint(string text)
    {
        Assert.False(QueuePairEndpoint.TryParse(text, out _));
        Assert.Throws<FormatException>(() => QueuePairEndpoint.Parse(text));
    }

    [Theory]
    [InlineData(0, 2)] // another version
    [InlineData(1, 0)] // no such type
    [InlineData(1, 5)]
    [InlineData(2, 0)] // no such MTU
    [InlineData(2, 6)]
    [InlineData(4, 1)] // a number of more than 24 bits
    [InlineData(8, 1)] // a PSN of more than 24 bits
    [InlineData(18, 1)] // a byte that is zero
    [InlineData(19, 255)]
    public void Other_bytes_are_no_endpoint(int place, byte value)
    {
        byte[] bytes = new byte[QueuePairEndpoint.Size];
        new QueuePairEndpoint(Gid.Parse("::1"), 17, 0, Mtu.Bytes256).Write(bytes);
        Assert.True(QueuePairEndpoint.TryRead(bytes, out _));
        bytes[place] = value;
        Assert.False(QueuePairEndpoint.TryRead(bytes, out _));
    }

    [Fact]
    public void Bytes_that_are_too_short_or_too_long_are_no_endpoint()
    {
        byte[] bytes = new byte[QueuePairEndpoint.Size + 1];
        new QueuePairEndpoint(Gid.Parse("::1"), 17, 0, Mtu.Bytes256).Write(bytes);
        Assert.False(QueuePairEndpoint.TryRead(bytes, out _));
        Assert.False(QueuePairEndpoint.TryRead(bytes.AsSpan(0, QueuePairEndpoint.Size - 1), out _));
        Assert.False(QueuePairEndpoint.TryRead([], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QueuePairEndpoint(default, 1, 0, Mtu.Bytes256).Write(new byte[35]));
    }

    [Fact]
    public void Any_bytes_are_refused_or_read_to_what_writes_them_again() => SeededRandom.Run(200, random =>
    {
        byte[] bytes = new byte[QueuePairEndpoint.Size];
        byte[] again = new byte[QueuePairEndpoint.Size];
        for (int i = 0; i < 100; i++)
        {
            Make(random).Write(bytes);
            for (int changes = random.Next(4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (!QueuePairEndpoint.TryRead(bytes, out QueuePairEndpoint endpoint))
                continue;
            endpoint.Write(again);
            Assert.Equal(bytes, again);
        }
    });

    [Fact]
    public void Any_text_is_refused_or_read_to_an_endpoint_that_can_be_written() => SeededRandom.Run(200, random =>
    {
        for (int i = 0; i < 50; i++)
        {
            var text = new StringBuilder(Make(random).ToString());
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                int place = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0: text[place] = (char)random.Next(32, 127); break;
                    case 1: text.Remove(place, 1); break;
                    default: text.Insert(place, ",=x0:\0é9"[random.Next(8)]); break;
                }
            }

            if (QueuePairEndpoint.TryParse(text.ToString(), out QueuePairEndpoint endpoint))
                Assert.Equal(endpoint, QueuePairEndpoint.Parse(endpoint.ToString()));
        }
    });

    [Theory]
    [InlineData(0x1000000u, 0u, Mtu.Bytes256)]
    [InlineData(1u, 0x1000000u, Mtu.Bytes256)]
    [InlineData(1u, 0u, (Mtu)0)]
    [InlineData(1u, 0u, (Mtu)6)]
    public void An_endpoint_of_impossible_numbers_cannot_be_made(uint number, uint psn, Mtu mtu) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new QueuePairEndpoint(Gid.Parse("::1"), number, psn, mtu));

    private static QueuePairEndpoint Make(Random random)
    {
        byte[] gid = new byte[Gid.Size];
        random.NextBytes(gid);
        return new QueuePairEndpoint(
            new Gid(gid), (uint)random.Next(1, 0x1000000), (uint)random.Next(0x1000000), (Mtu)random.Next(1, 6),
            (ushort)random.Next(65536))
        {
            Type = (QueuePairType)random.Next(2, 5),
            ReadAtomicDepth = (byte)random.Next(256),
            QueueKey = (uint)random.NextInt64(uint.MaxValue),
        };
    }
}
