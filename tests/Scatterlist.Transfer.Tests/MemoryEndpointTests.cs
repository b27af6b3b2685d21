using Scatterlist.Transfer;

namespace Scatterlist.Transfer.Tests;

public sealed class MemoryEndpointTests
{
    [Fact]
    public void Memory_is_copied_into_memory()
    {
        using HostBuffer from = HostBuffer.Allocate(100_000);
        using HostBuffer to = HostBuffer.Allocate(100_000);
        new Random(1).NextBytes(from.AsSpan());
        using var source = new MemoryEndpoint(from, 1000, 50_000);
        using var destination = new MemoryEndpoint(to, 7, 50_000);

        CopyEngine.Copy(source, destination, new CopyOptions { ChunkSize = 4096, IsVerified = true });

        Assert.True(from.AsSpan(1000, 50_000).SequenceEqual(to.AsSpan(7, 50_000)));
        Assert.Equal(0, to.AsSpan()[6]);
        Assert.Equal(0, to.AsSpan()[50_007]);
    }

    [Fact]
    public void An_endpoint_holds_the_pages_of_a_buffer_that_was_disposed()
    {
        HostBuffer buffer = HostBuffer.Allocate(4096);
        buffer.AsSpan().Fill(9);
        using var endpoint = new MemoryEndpoint(buffer);
        buffer.Dispose();
        byte[] read = new byte[4096];

        IoResult result = endpoint.Read(0, read, TestContext.Current.CancellationToken);

        Assert.Equal(IoResult.Success(4096), result);
        Assert.All(read, value => Assert.Equal(9, value));
    }

    [Fact]
    public void Its_end_is_an_end()
    {
        using HostBuffer buffer = HostBuffer.Allocate(10);
        using var endpoint = new MemoryEndpoint(buffer);

        Assert.True(endpoint.Read(10, new byte[1], TestContext.Current.CancellationToken).IsEndOfFile);
        Assert.Equal(
            IoResult.Failure(Errno.ENOSPC, 2), endpoint.Write(8, new byte[3], TestContext.Current.CancellationToken));
    }
}
