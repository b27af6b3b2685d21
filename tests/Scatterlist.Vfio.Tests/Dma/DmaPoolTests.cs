namespace Scatterlist.Vfio.Tests.Dma;

public sealed class DmaPoolTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pieces_are_memory_that_the_device_reaches(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using DmaPool pool = DmaPool.Create(setup.Device, 64 * 1024);
        using DmaPiece a = pool.TryRent(100)!;
        using DmaPiece b = pool.TryRent(5000)!;
        Assert.Equal(0ul, b.IoAddress.Value % 4096);
        Assert.Equal((nuint)100, a.Length);
        a.Memory.AsSpan().Fill(3);
        Assert.Equal(Errno.None, setup.Copy(b.IoAddress + 4900, a.IoAddress, 100));
        Assert.All(b.Memory.Slice(4900, 100).AsSpan().ToArray(), value => Assert.Equal(3, value));
        Assert.Equal(1, setup.Card.Dma.Count);
    }

    [Fact]
    public void Pieces_never_overlap_and_come_back() => SeededRandom.Run(10, random =>
    {
        using var setup = new DeviceSetup(overSocket: false);
        using DmaPool pool = DmaPool.Create(setup.Device, 256 * 1024);
        var live = new List<DmaPiece>();
        for (int step = 0; step < 300; step++)
        {
            if (random.Next(5) < 3)
            {
                if (pool.TryRent((nuint)random.Next(1, 9000)) is not { } piece)
                    continue;
                ulong end = piece.IoAddress.Value + piece.Length;
                Assert.DoesNotContain(live, other =>
                    piece.IoAddress.Value < other.IoAddress.Value + other.Length && other.IoAddress.Value < end);
                live.Add(piece);
            }
            else if (live.Count != 0)
            {
                int index = random.Next(live.Count);
                live[index].Dispose();
                live[index].Dispose();
                live.RemoveAt(index);
            }

            Assert.Equal(live.Count, pool.Count);
        }

        live.ForEach(piece => piece.Dispose());
        Assert.Equal(0, pool.Count);
        using DmaPiece all = pool.TryRent(256 * 1024)!;
        Assert.Null(pool.TryRent(1));
    });

    [Fact]
    public void A_piece_keeps_the_mapping_of_a_pool_that_was_disposed()
    {
        using var setup = new DeviceSetup(overSocket: false);
        DmaPool pool = DmaPool.Create(setup.Device, 4096);
        DmaPiece piece = pool.TryRent(64)!;
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.TryRent(64));
        Assert.Equal(1, setup.Card.Dma.Count);
        piece.Memory.AsSpan().Fill(1);
        piece.Dispose();
        Assert.Equal(0, setup.Card.Dma.Count);
        Assert.Throws<ObjectDisposedException>(() => piece.Memory);
    }

    [Fact]
    public void Lengths_and_granules_that_cannot_be_are_refused()
    {
        using var setup = new DeviceSetup(overSocket: false);
        Assert.Throws<ArgumentOutOfRangeException>(() => DmaPool.Create(setup.Device, 4096, granule: 32));
        Assert.Throws<ArgumentOutOfRangeException>(() => DmaPool.Create(setup.Device, 4096, granule: 96));
        using DmaPool pool = DmaPool.Create(setup.Device, 4096);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.TryRent(0));
        Assert.Null(pool.TryRent(nuint.MaxValue));
        Assert.Null(pool.TryRent(4097));
    }
}
