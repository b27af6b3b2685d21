using Scatterlist.Testing;

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
        DescriptorLimit.WithoutDescriptors(() =>
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
}
