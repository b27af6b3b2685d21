using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>One reply, with the descriptors that came along.</summary>
internal sealed record WireReply(VrtdReturnCode Code, uint Sequence, byte[] Body, FileDescriptor[] Descriptors)
    : IDisposable
{
    internal FileDescriptor Descriptor => Assert.Single(Descriptors);

    internal int Fd => Descriptor.Value;

    internal BufferOpenResponse Buffer
    {
        get
        {
            Assert.Equal(VrtdReturnCode.Ok, Code);
            Assert.True(BufferOpenResponse.TryParse(Body, out BufferOpenResponse response));
            return response;
        }
    }

    public void Dispose()
    {
        foreach (FileDescriptor descriptor in Descriptors)
            descriptor.Dispose();
    }
}
