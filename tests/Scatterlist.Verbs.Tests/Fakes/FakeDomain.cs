using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed class FakeDomain(FakeContext context) : ProviderDomain(4, context)
{
    internal FakeContext Context => context;

    internal List<(Block Memory, ulong Iova, AccessFlags Access, NativeHandle? Owner, ulong SharedOffset)> Registered
    {
        get;
    } = [];

    internal override ProviderRegion RegisterMemory(
        Block memory, ulong iova, AccessFlags access, NativeHandle? owner, FileDescriptor? shared, ulong sharedOffset)
    {
        context.During?.Invoke("reg_mr");
        Registered.Add((memory, iova, access, owner, sharedOffset));
        return new FakeRegion(this, owner, null);
    }

    internal override ProviderRegion RegisterDeviceMemory(
        ProviderDeviceMemory memory, nuint offset, nuint length, AccessFlags access)
    {
        context.During?.Invoke("reg_dm");
        Registered.Add((default, 0, access, memory, offset));
        return new FakeRegion(this, memory, (FakeDeviceMemory)memory);
    }

    internal override ProviderRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, ulong iova, AccessFlags access)
    {
        context.During?.Invoke("reg_dmabuf");
        throw new VerbsException("ibv_reg_dmabuf_mr", Errno.EOPNOTSUPP);
    }

    internal override ProviderSharedReceiveQueue CreateSharedReceiveQueue(SharedReceiveQueueAttributes attributes)
    {
        context.During?.Invoke("create_srq");
        return new FakeSharedReceiveQueue(this, attributes);
    }

    internal override ProviderQueuePair CreateQueuePair(QueuePairRequest request)
    {
        context.During?.Invoke("create_qp");
        if (request.Capabilities.MaxInlineBytes > context.MostInline)
            throw new VerbsException("ibv_create_qp", Errno.EINVAL);
        var queuePair = new FakeQueuePair(this, request) { NextModify = context.FailsNextInit };
        context.FailsNextInit = Errno.None;
        context.QueuePairs.Add(queuePair);
        return queuePair;
    }

    internal override ProviderAddressHandle CreateAddressHandle(in AddressHandleAttributes attributes)
    {
        context.During?.Invoke("create_ah");
        return new FakeAddressHandle(this);
    }

    protected override bool ReleaseNative()
    {
        context.NoteRelease("domain");
        return true;
    }
}
