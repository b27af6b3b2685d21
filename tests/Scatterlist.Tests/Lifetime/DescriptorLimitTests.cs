namespace Scatterlist.Tests.Lifetime;

/// <summary>The limit on descriptors is the process's, so nothing else runs beside these tests.</summary>
[CollectionDefinition(nameof(DescriptorLimitTests), DisableParallelization = true)]
[Collection(nameof(DescriptorLimitTests))]
public sealed class DescriptorLimitTests
{
    [Fact]
    public void Without_a_descriptor_left_the_remedy_names_the_limit()
    {
        using FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd("limit"));
        ScatterlistException? duplicate = null, handle = null, buffer = null;
        WithoutDescriptors(() =>
        {
            duplicate = Catch(() => descriptor.Duplicate());
            handle = Catch(() => descriptor.ToSafeFileHandle());
            buffer = Catch(() => HostBuffer.Allocate(1, new() { IsShareable = true }));
        });
        foreach (ScatterlistException? e in new[] { duplicate, handle, buffer })
        {
            Assert.NotNull(e);
            Assert.Equal(Errno.EMFILE, e.Errno);
            Assert.Equal(Remedies.OpenFiles, e.Remedy);
        }

        Assert.StartsWith("fcntl(", duplicate!.Operation, StringComparison.Ordinal);
        Assert.StartsWith("memfd_create(", buffer!.Operation, StringComparison.Ordinal);
    }

    private static ScatterlistException? Catch(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (ScatterlistException e)
        {
            return e;
        }
    }

    private static unsafe void WithoutDescriptors(Action action)
    {
        const int NoFile = 7;
        ulong* limits = stackalloc ulong[2];
        Assert.Equal(0, Libc.GetRLimit(NoFile, limits));
        ulong soft = limits[0];
        limits[0] = 1; // open descriptors stay open; 0 is the only number below the limit, and taken
        Assert.Equal(0, Libc.SetRLimit(NoFile, limits));
        try
        {
            action();
        }
        finally
        {
            limits[0] = soft;
            _ = Libc.SetRLimit(NoFile, limits);
        }
    }
}
